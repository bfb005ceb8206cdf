import { readdirSync, readFileSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { join } from 'node:path'
import { decodeJwt, decodeProtectedHeader } from 'jose'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { startSession } from '../../server/accounts/sessions.ts'
import { makeKey } from '../../server/api-keys/key-format.ts'
import { startTestServer, type TestServer } from '../harness.ts'
import { portalClient } from '../portal-client.ts'
import { mutate } from '../portal-request.ts'
import { bearer, member, type Person, person, tenant } from '../seed.ts'
import { accessToken, apiToken, readTokens, sendJson } from '../token-requests.ts'

const PATH = '/api/v1/user/api-tokens'
const made = z.object({ token: z.string(), api_token: z.looseObject({ id: z.string() }) })

async function slugOf(server: TestServer, id: string): Promise<string> {
  const { slug } = await server.ctx.db
    .selectFrom('organizations')
    .select('slug')
    .where('id', '=', id)
    .executeTakeFirstOrThrow()
  return slug
}

/** A key that belongs to a person and to no organization. */
async function personalKey(server: TestServer, { caller }: Person, scopes: string): Promise<string> {
  const { key, id, hash } = makeKey()
  await server.ctx.db
    .insertInto('api_keys')
    .values({
      id,
      prefix: 'rbtk',
      account_id: caller.account_id,
      label: 'personal',
      secret_hash: hash,
      scopes,
      created_by: caller.account_id,
      created_at: server.ctx.now().toISOString(),
      use_count: 0,
    })
    .execute()
  return key
}

describe('an API token', () => {
  test('lives 24 hours unless asked otherwise, and is refused from that second on', async () => {
    await using server = await startTestServer()
    const who = await person(server)
    const portal = portalClient(server, who)
    const token = await portal.apiTokens.make.mutate({})
    expect(Date.parse(token.expires_at) - Date.parse(token.created_at)).toBe(86_400_000)
    const { token: text } = await portal.apiTokens.reveal.mutate({ id: token.id })
    server.clock.advance('86390s')
    expect((await readTokens(server, text)).status).toBe(200)
    server.clock.advance('10s')
    expect((await readTokens(server, text)).status).toBe(401)
  })

  test.each([
    ['1h', 3_600],
    ['7d', 604_800],
    ['30d', 2_592_000],
    ['90d', 7_776_000],
    [90, 90],
    [31_536_000, 31_536_000],
  ] as const)('may live %s', async (life, seconds) => {
    await using server = await startTestServer()
    const portal = portalClient(server, await person(server))
    const token = await portal.apiTokens.make.mutate({ life })
    expect((Date.parse(token.expires_at) - Date.parse(token.created_at)) / 1000).toBe(seconds)
  })

  test.each([31_536_001, 59, 3600.5, -1, '2h', '', 'toString', {}])(
    'does not live %j, and the refusal says what is possible',
    async (life) => {
      await using server = await startTestServer()
      const { cookie } = await person(server)
      const answer = await mutate(server, 'apiTokens.make', { life }, { Cookie: cookie })
      expect(answer.status).toBe(400)
      expect(await answer.text()).toContain(
        'life: must be 1h, 24h, 7d, 30d, 90d, or a whole number of seconds',
      )
    },
  )

  test('names its account, its id and its times, pinned to this server, and nothing else', async () => {
    await using server = await startTestServer()
    const who = await person(server)
    const { id, token } = await apiToken(server, who)
    const [key] = server.ctx.signing.tokens
    expect(decodeProtectedHeader(token)).toEqual({
      alg: 'HS256',
      typ: 'robotrace-api-token+jwt',
      kid: key?.id,
    })
    const { iat = 0, ...claims } = decodeJwt(token)
    expect(claims).toEqual({
      iss: server.ctx.config.public_url,
      aud: server.ctx.config.public_url,
      sub: who.caller.account_id,
      jti: id,
      exp: iat + 86_400,
    })
  })

  test('is shown again byte for byte, as long as it works', async () => {
    await using server = await startTestServer()
    const who = await person(server)
    const { id, token } = await apiToken(server, who)
    server.clock.advance('90m')
    const portal = portalClient(server, who)
    const again = await portal.apiTokens.reveal.mutate({ id })
    expect(Buffer.from(again.token).equals(Buffer.from(token))).toBe(true)
    expect((await readTokens(server, again.token)).status).toBe(200)
    server.clock.advance('23h')
    const late = portalClient(server, { cookie: await freshCookie(server, who) })
    await expect(late.apiTokens.reveal.mutate({ id })).rejects.toMatchObject({
      data: { problem: { code: 'conflict', detail: 'This API token has expired. Make a new one.' } },
    })
  })

  test('(1) is nowhere at rest: not in the database, its log, the data folder or the server’s log', async () => {
    await using server = await startTestServer({}, { file: true })
    const { token } = await apiToken(server, await person(server))
    await readTokens(server, token)
    await server.ctx.background.drain()
    const files = readdirSync(server.data, { recursive: true, withFileTypes: true }).filter((one) =>
      one.isFile(),
    )
    const bytes = files.map((one) => readFileSync(join(one.parentPath, one.name), 'latin1'))
    expect(bytes.join('')).toContain('api_token.revealed')
    for (const text of [...bytes, server.log()]) {
      expect(text).not.toContain('eyJ')
      expect(text).not.toContain(token.split('.')[2])
    }
  })

  test('(6) signed with the secret before the last change works until it expires, and without that secret not at all', async () => {
    const before = 'the secret before the change, 32 characters'
    await using first = await startTestServer({ ROBOTRACE_SECRET: before }, { file: true })
    const who = await person(first)
    const { id, token } = await apiToken(first, who)
    const { kid } = decodeProtectedHeader(token)
    await using server = await startTestServer({
      ROBOTRACE_SECRET: 'the secret after the change, 32 characters',
      ROBOTRACE_SECRET_PREVIOUS: before,
      PUBLIC_URL: first.ctx.config.public_url,
    })
    const old = await first.ctx.db.selectFrom('api_tokens').selectAll().executeTakeFirstOrThrow()
    const account = await first.ctx.db.selectFrom('accounts').selectAll().executeTakeFirstOrThrow()
    const also = await person(server)
    await server.ctx.db.insertInto('accounts').values(account).execute()
    await server.ctx.db.insertInto('api_tokens').values(old).execute()
    expect((await readTokens(server, token)).status).toBe(200)
    const owner = portalClient(server, { cookie: await freshCookie(server, who) })
    expect((await owner.apiTokens.reveal.mutate({ id })).token).toBe(token)
    expect(decodeProtectedHeader((await apiToken(server, also)).token).kid).not.toBe(kid)

    await using after = await startTestServer({ PUBLIC_URL: first.ctx.config.public_url })
    await after.ctx.db.insertInto('accounts').values(account).execute()
    await after.ctx.db.insertInto('api_tokens').values(old).execute()
    expect((await readTokens(after, token)).status).toBe(401)
    const late = portalClient(after, { cookie: await freshCookie(after, who) })
    await expect(late.apiTokens.reveal.mutate({ id })).rejects.toMatchObject({
      data: { problem: { code: 'conflict' } },
    })
  })

  test('acts as its user: ingests where the request names the organization, and reads', async () => {
    await using server = await startTestServer()
    const { organization_id, owner } = await tenant(server)
    const { token } = await apiToken(server, owner)
    const organization = { 'X-RoboTrace-Organization': await slugOf(server, organization_id) }
    const started = await sendJson(server, 'POST', '/api/ingest/episode', token, {}, organization)
    expect(started.status).toBe(201)
    const { episode_id } = z.object({ episode_id: z.string() }).parse(await started.json())
    expect((await server.fetch(`/api/episodes/${episode_id}`, { headers: bearer(token) })).status).toBe(200)
    const row = await server.ctx.db.selectFrom('episodes').selectAll().executeTakeFirstOrThrow()
    expect(row).toMatchObject({ api_key_id: null, account_id: owner.caller.account_id })

    const unnamed = await sendJson(server, 'POST', '/api/ingest/episode', token, {})
    expect(unnamed.status).toBe(400)
    expect(await unnamed.text()).toContain('X-RoboTrace-Organization')
  })

  test('(49) may only what its owner’s role allows now', async () => {
    await using server = await startTestServer()
    const { organization_id } = await tenant(server)
    const somebody = await member(server, organization_id, 'member')
    const { token } = await apiToken(server, somebody)
    const organization = { 'X-RoboTrace-Organization': organization_id }
    const ingest = async () =>
      (await sendJson(server, 'POST', '/api/ingest/episode', token, {}, organization)).status
    expect(await ingest()).toBe(201)
    const row = server.ctx.db.updateTable('members').where('account_id', '=', somebody.caller.account_id)
    await row.set({ role: 'viewer' }).execute()
    expect(await ingest()).toBe(403)
    await server.ctx.db.deleteFrom('members').where('account_id', '=', somebody.caller.account_id).execute()
    expect(await ingest()).toBe(404)
  })

  test('of a disabled account stops with the next request', async () => {
    await using server = await startTestServer()
    const who = await person(server)
    const { token } = await apiToken(server, who)
    await server.ctx.db.updateTable('accounts').set({ disabled_at: server.ctx.now().toISOString() }).execute()
    expect((await readTokens(server, token)).status).toBe(401)
  })

  test('notes its last use behind the requests', async () => {
    await using server = await startTestServer()
    const who = await person(server)
    const { token } = await apiToken(server, who)
    const last = async () => (await portalClient(server, who).apiTokens.list.query())[0]?.last_used_at
    await readTokens(server, token)
    expect(await last()).toBeNull()
    await server.ctx.background.drain()
    expect(await last()).toMatch(/^\d{4}-/)
  })
})

async function freshCookie(server: TestServer, who: Person): Promise<string> {
  const value = await startSession(server.ctx, who.caller.account_id, { ip: '127.0.0.1', user_agent: 'test' })
  return `robotrace_session=${value}`
}

describe('revoking', () => {
  test('(16) takes effect with the next request on the same connection', async () => {
    await using server = await startTestServer()
    const who = await person(server)
    const { id, token } = await apiToken(server, who)
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    const ask = () =>
      new Promise<{ status: number; reused: boolean }>((resolve, reject) => {
        const sent = request(new URL(PATH, server.url), { agent, headers: bearer(token) }, (answer) => {
          answer.resume()
          answer.on('end', () => resolve({ status: answer.statusCode ?? 0, reused: sent.reusedSocket }))
        })
        sent.on('error', reject)
        sent.end()
      })
    expect(await ask()).toEqual({ status: 200, reused: false })
    await portalClient(server, who).apiTokens.revoke.mutate({ id })
    expect(await ask()).toEqual({ status: 401, reused: true })
    agent.destroy()
  })

  test('somebody else’s token does not exist, for revealing as for revoking', async () => {
    await using server = await startTestServer()
    const { id, token } = await apiToken(server, await person(server))
    const other = await person(server)
    const portal = portalClient(server, other)
    const missing = { data: { problem: { code: 'not_found', detail: 'No such API token.' } } }
    await expect(portal.apiTokens.reveal.mutate({ id })).rejects.toMatchObject(missing)
    await expect(portal.apiTokens.revoke.mutate({ id })).rejects.toMatchObject(missing)
    await expect(portal.apiTokens.revoke.mutate({ id: 'tok_nothing' })).rejects.toMatchObject(missing)
    expect((await readTokens(server, token)).status).toBe(200)
  })

  test('all of them ends one’s own and nobody else’s', async () => {
    await using server = await startTestServer()
    const [me, other] = [await person(server), await person(server)]
    const mine = [await apiToken(server, me), await apiToken(server, me)]
    const theirs = await apiToken(server, other)
    expect(await portalClient(server, me).apiTokens.revokeAll.mutate()).toEqual({ revoked: 2 })
    for (const { token } of mine) expect((await readTokens(server, token)).status).toBe(401)
    expect((await readTokens(server, theirs.token)).status).toBe(200)
    expect(await portalClient(server, me).apiTokens.list.query()).toEqual([])
  })

  test('an expired token is listed as such, after those that work, for 30 days', async () => {
    await using server = await startTestServer()
    const who = await person(server)
    const short = await apiToken(server, who, '1h')
    const long = await apiToken(server, who, '365d')
    server.clock.advance('2h')
    const shown = async () => (await readTokens(server, long.token)).items
    expect(await shown()).toEqual([
      { id: long.id, expired: false },
      { id: short.id, expired: true },
    ])
    server.clock.advance('31d')
    expect(await shown()).toEqual([{ id: long.id, expired: false }])
  })
})

describe('who must be there', () => {
  test('showing a token and revoking all of them ask for the password after two hours', async () => {
    await using server = await startTestServer()
    const who = await person(server)
    const { id } = await apiToken(server, who)
    server.clock.advance('121m')
    const portal = portalClient(server, who)
    const ask = { data: { problem: { code: 'step_up_required' } } }
    await expect(portal.apiTokens.reveal.mutate({ id })).rejects.toMatchObject(ask)
    await expect(portal.apiTokens.revokeAll.mutate()).rejects.toMatchObject(ask)
    expect(await portal.apiTokens.list.query()).toHaveLength(1)
    expect((await portal.apiTokens.revoke.mutate({ id })).id).toBe(id)
  })

  test('nobody has more than 100 that work', async () => {
    await using server = await startTestServer()
    const portal = portalClient(server, await person(server))
    for (let made = 0; made < 100; made++) await portal.apiTokens.make.mutate({ life: '1h' })
    await expect(portal.apiTokens.make.mutate({ life: '1h' })).rejects.toMatchObject({
      data: { problem: { code: 'conflict' } },
    })
    server.clock.advance('1h')
    expect((await portal.apiTokens.make.mutate({ life: '1h' })).expired).toBe(false)
  })
})

describe('over REST', () => {
  test('an access token makes API tokens, and gets the text that the portal shows', async () => {
    await using server = await startTestServer()
    const who = await person(server)
    const answer = await sendJson(server, 'POST', PATH, await accessToken(server, who), { life: '7d' })
    expect(answer.status).toBe(201)
    expect(answer.headers.get('cache-control')).toBe('no-store')
    const { token, api_token } = made.parse(await answer.json())
    expect((await portalClient(server, who).apiTokens.reveal.mutate({ id: api_token.id })).token).toBe(token)
    const gone = await sendJson(server, 'DELETE', `${PATH}/${api_token.id}`, token)
    expect(gone.status).toBe(200)
    expect((await readTokens(server, token)).status).toBe(401)
  })

  test('(14) neither an API token nor an API key makes successors of itself', async () => {
    await using server = await startTestServer()
    const { owner, api_key } = await tenant(server)
    const { token } = await apiToken(server, owner, '1h')
    const everything = 'episodes:read keys:manage admin'
    for (const credential of [token, await personalKey(server, owner, everything), api_key]) {
      const answer = await sendJson(server, 'POST', PATH, credential, { life: '90d' })
      expect(answer.status).toBe(403)
    }
    expect(await server.ctx.db.selectFrom('api_tokens').selectAll().execute()).toHaveLength(1)
  })

  test('(14) a personal key without keys:manage neither lists nor revokes tokens', async () => {
    await using server = await startTestServer()
    const { owner } = await tenant(server)
    const { id } = await apiToken(server, owner)
    const key = await personalKey(server, owner, 'episodes:read')
    for (const [method, path] of [
      ['GET', PATH],
      ['DELETE', `${PATH}/${id}`],
    ] as const) {
      const answer = await sendJson(server, method, path, key)
      expect(answer.status).toBe(403)
      expect(await answer.json()).toMatchObject({ code: 'insufficient_scope', scope: 'keys:manage' })
    }
  })

  test('(36) a browser’s cookie does not get the text this way, whoever sends it', async () => {
    await using server = await startTestServer()
    const { cookie } = await person(server)
    const answer = await server.fetch(PATH, {
      method: 'POST',
      headers: { Cookie: cookie, 'Content-Type': 'application/json', 'Sec-Fetch-Site': 'same-origin' },
      body: '{}',
    })
    expect(answer.status).toBe(403)
  })
})

test('(74) making, revealing, revoking and revoking all stand in the audit trail, without the text', async () => {
  await using server = await startTestServer()
  const who = await person(server)
  const { id, token } = await apiToken(server, who)
  const portal = portalClient(server, who)
  await portal.apiTokens.revoke.mutate({ id })
  await portal.apiTokens.revoke.mutate({ id })
  await portal.apiTokens.make.mutate({})
  await portal.apiTokens.revokeAll.mutate()
  const events = await server.ctx.db.selectFrom('audit_events').selectAll().orderBy('seq').execute()
  expect(events.map(({ action }) => action)).toEqual([
    'api_token.made',
    'api_token.revealed',
    'api_token.revoked',
    'api_token.made',
    'api_token.all_revoked',
  ])
  for (const event of events)
    expect(event).toMatchObject({ actor_id: who.caller.account_id, ip: '127.0.0.1' })
  expect(JSON.stringify(events)).not.toContain(token.split('.')[1])
})
