import { describe, expect, test } from 'vitest'
import { newId } from '../../server/db/ids.ts'
import { startTestServer } from '../harness.ts'
import { portalClient } from '../portal-client.ts'
import { bearer, member, tenant } from '../seed.ts'
import { device, keysOf, listed, minted, problem, refusalOf, send } from './key-requests.ts'

const DAY = 86_400_000

describe('what a new key may be', () => {
  test('asked for nothing it gets ingest, evals and reads, belongs to the organization and never ends', async () => {
    await using server = await startTestServer()
    const { owner, organization_id } = await tenant(server)
    const { api_key } = await portalClient(server, owner).apiKeys.mint.mutate({
      organization_id,
      label: 'rig',
    })
    expect(api_key).toMatchObject({
      kind: 'service',
      owner: null,
      scopes: ['episodes:write', 'episodes:read', 'evals:write', 'evals:read', 'fleet:read'],
      project: null,
      device: null,
      expires_at: null,
    })
  })

  test('a pin to a device pins to its project; note, scopes and end are kept', async () => {
    await using server = await startTestServer()
    const lab = await tenant(server)
    const { id: device_id, project_id } = await device(server, lab)
    const { organization_id } = lab
    const expires_at = new Date(server.ctx.now().getTime() + 30 * DAY).toISOString()
    const { api_key } = await portalClient(server, lab.owner).apiKeys.mint.mutate({
      organization_id,
      label: 'arm 3',
      note: 'on the left bench',
      scopes: ['episodes:write', 'keys:manage'],
      device_id,
      expires_at,
    })
    expect(api_key).toMatchObject({
      note: 'on the left bench',
      scopes: ['episodes:write', 'keys:manage'],
      project: { id: project_id },
      device: { id: device_id, name: 'arm-3' },
      expires_at,
    })
  })

  test("another organization's project or device is as unknown as none", async () => {
    await using server = await startTestServer()
    const [mine, theirs] = [await tenant(server), await tenant(server)]
    const { id: device_id, project_id } = await device(server, theirs)
    const portal = portalClient(server, mine.owner)
    const { organization_id } = mine
    const pins = [{ device_id }, { device_id: newId('dev') }, { project_id }, { project_id: newId('prj') }]
    const details = await Promise.all(
      pins.map((pin) =>
        portal.apiKeys.mint
          .mutate({ organization_id, label: 'x', ...pin })
          .catch((e) => e.data.problem.detail),
      ),
    )
    expect(details).toEqual([
      'device_id: is no device of this organization',
      'device_id: is no device of this organization',
      'project_id: is no project of this organization',
      'project_id: is no project of this organization',
    ])
  })

  test('a member gives no more than their role has; keys:manage and admin take an admin', async () => {
    await using server = await startTestServer()
    const { organization_id } = await tenant(server)
    const somebody = portalClient(server, await member(server, organization_id, 'member'))
    const admin = portalClient(server, await member(server, organization_id, 'admin'))
    const label = 'x'
    const own = await somebody.apiKeys.mint.mutate({ organization_id, label, scopes: ['fleet:write'] })
    expect(own.api_key.scopes).toEqual(['fleet:write'])
    for (const scope of ['keys:manage', 'admin'] as const) {
      const wish = { organization_id, label, scopes: ['episodes:read' as const, scope] }
      await expect(somebody.apiKeys.mint.mutate(wish)).rejects.toMatchObject({
        data: { problem: { code: 'invalid_request', detail: expect.stringContaining(`include ${scope}`) } },
      })
      expect((await admin.apiKeys.mint.mutate(wish)).api_key.scopes).toContain(scope)
    }
  })

  test('no key outlives what the organization allows; left open, it gets the longest', async () => {
    await using server = await startTestServer()
    const { owner, organization_id } = await tenant(server)
    await server.ctx.db
      .updateTable('organizations')
      .set({ key_days_max: 30 })
      .where('id', '=', organization_id)
      .execute()
    const { mint } = portalClient(server, owner).apiKeys
    const inDays = (days: number) => new Date(Date.now() + days * DAY).toISOString()
    for (const expires_at of [null, inDays(31), new Date(Date.now() - 1000).toISOString()]) {
      await expect(mint.mutate({ organization_id, label: 'x', expires_at })).rejects.toMatchObject({
        data: { problem: { code: 'invalid_request', detail: expect.stringMatching(/^expires_at: must/) } },
      })
    }
    const kept = await mint.mutate({ organization_id, label: 'x', expires_at: inDays(7) })
    const open = await mint.mutate({ organization_id, label: 'x' })
    expect(kept.api_key.expires_at?.slice(0, 10)).toBe(inDays(7).slice(0, 10))
    expect(open.api_key.expires_at?.slice(0, 10)).toBe(inDays(30).slice(0, 10))
  })

  test('two hours after the last proof of being there, minting and rotating ask for it; looking and stopping a leak do not', async () => {
    await using server = await startTestServer()
    const { owner, organization_id, api_key_id: id } = await tenant(server)
    const { apiKeys } = portalClient(server, owner)
    server.clock.advance('3h')
    const again = { data: { problem: { code: 'step_up_required' } } }
    await expect(apiKeys.mint.mutate({ organization_id, label: 'x' })).rejects.toMatchObject(again)
    await expect(apiKeys.mintPersonal.mutate({ label: 'x' })).rejects.toMatchObject(again)
    await expect(apiKeys.rotate.mutate({ id, overlap: '1h' })).rejects.toMatchObject(again)
    expect(await apiKeys.list.query({ organization_id })).toHaveLength(1)
    expect((await apiKeys.revoke.mutate({ id })).revoked_at).not.toBeNull()
  })
})

describe('over REST', () => {
  /** A key of this organization with these scopes. */
  async function keyWith(
    server: Parameters<typeof tenant>[0],
    lab: Awaited<ReturnType<typeof tenant>>,
    wish: object,
  ) {
    return portalClient(server, lab.owner).apiKeys.mint.mutate({
      organization_id: lab.organization_id,
      label: 'machine',
      ...wish,
    })
  }

  test('(14) what an API token makes ends with the token: a day found in a file does not become for ever', async () => {
    await using server = await startTestServer()
    const lab = await tenant(server)
    const { apiTokens } = portalClient(server, lab.owner)
    const { id, expires_at } = await apiTokens.make.mutate({ life: '24h' })
    const { token } = await apiTokens.reveal.mutate({ id })
    for (const path of [keysOf(lab), '/api/v1/user/api-keys']) {
      const answer = await send(server, token, 'POST', path, { label: 'ci' })
      expect(minted.parse(await answer.json()).api_key.expires_at).toBe(expires_at)
      expect((await send(server, token, 'POST', path, { label: 'ci', expires_at: null })).status).toBe(400)
    }
    const rotated = await send(server, token, 'POST', `${keysOf(lab)}/${lab.api_key_id}/rotate`, {
      overlap: 'none',
    })
    expect(minted.parse(await rotated.json()).api_key.expires_at).toBe(expires_at)
  })

  test('(2) a key with keys:manage lists, mints, edits and revokes; the hash is all that is kept of what it mints', async () => {
    await using server = await startTestServer()
    const lab = await tenant(server)
    const { key } = await keyWith(server, lab, { scopes: ['episodes:read', 'keys:manage'] })
    const answer = await send(server, key, 'POST', keysOf(lab), { label: 'ci', scopes: ['episodes:read'] })
    expect(answer.status).toBe(201)
    expect(answer.headers.get('cache-control')).toBe('no-store')
    const made = minted.parse(await answer.json())
    expect((await server.fetch('/api/episodes', { headers: bearer(made.key) })).status).toBe(200)
    const one = `${keysOf(lab)}/${made.api_key.id}`
    const edited = await send(server, key, 'PATCH', one, { note: 'nightly' })
    expect(await edited.json()).toMatchObject({ label: 'ci', note: 'nightly' })
    const all = listed.parse(await (await send(server, key, 'GET', keysOf(lab))).json())
    expect(all.total).toBe(3)
    expect((await send(server, key, 'DELETE', one)).status).toBe(200)
    expect((await server.fetch('/api/episodes', { headers: bearer(made.key) })).status).toBe(401)
    const row = await server.ctx.db
      .selectFrom('api_keys')
      .selectAll()
      .where('id', '=', made.api_key.id)
      .executeTakeFirstOrThrow()
    expect(row.secret_hash).toMatch(/^[0-9a-f]{64}$/)
    expect(JSON.stringify([row, all])).not.toContain(made.key.slice(14))
  })

  test('(14) a key without keys:manage mints, rotates, edits and revokes nothing but ends itself (pocket-id #1334 replayed)', async () => {
    await using server = await startTestServer()
    const lab = await tenant(server)
    const { key, api_key } = await keyWith(server, lab, {})
    const other = `${keysOf(lab)}/${lab.api_key_id}`
    const own = `${keysOf(lab)}/${api_key.id}`
    const refused = [
      await send(server, key, 'GET', keysOf(lab)),
      await send(server, key, 'POST', keysOf(lab), { label: 'x' }),
      await send(server, key, 'POST', `${own}/rotate`, {}),
      await send(server, key, 'POST', `${other}/rotate`, {}),
      await send(server, key, 'PATCH', own, { label: 'x' }),
      await send(server, key, 'DELETE', other),
    ]
    expect(await Promise.all(refused.map(refusalOf))).toEqual(refused.map(() => '403 insufficient_scope'))
    expect((await send(server, key, 'DELETE', own)).status).toBe(200)
    expect((await send(server, key, 'GET', '/api/whoami')).status).toBe(401)
  })

  test('(14) with keys:manage it gives only scopes, pins and time of its own, and turns nothing back', async () => {
    await using server = await startTestServer()
    const lab = await tenant(server)
    const pin = await device(server, lab)
    const other = await device(server, lab, 'arm-4')
    const expires_at = new Date(Date.now() + 10 * DAY).toISOString()
    const wish = { scopes: ['episodes:write', 'keys:manage'], device_id: pin.id, expires_at }
    const { key } = await keyWith(server, lab, wish)
    const broader = await keyWith(server, lab, { scopes: ['admin'] })
    const late = new Date(Date.now() + 11 * DAY).toISOString()
    for (const [more, member] of [
      [{ scopes: ['episodes:read'] }, 'scopes'],
      [{ scopes: ['admin'] }, 'scopes'],
      [{ device_id: other.id }, 'device_id'],
      [{ expires_at: null }, 'expires_at'],
      [{ expires_at: late }, 'expires_at'],
    ] as const) {
      const answer = await send(server, key, 'POST', keysOf(lab), {
        label: 'x',
        scopes: ['episodes:write'],
        ...more,
      })
      expect(answer.status).toBe(400)
      expect(problem.parse(await answer.json()).detail).toContain(`${member}: `)
    }
    const inherited = await send(server, key, 'POST', keysOf(lab), { label: 'x', scopes: ['episodes:write'] })
    expect(minted.parse(await inherited.json()).api_key).toMatchObject({ device: { id: pin.id }, expires_at })
    // What lies outside of its pin does not exist for it.
    for (const path of [
      `${keysOf(lab)}/${broader.api_key.id}/rotate`,
      `${keysOf(lab)}/${lab.api_key_id}/rotate`,
    ]) {
      expect(await refusalOf(await send(server, key, 'POST', path, {}))).toBe('404 not_found')
    }
    const seen = listed.parse(await (await send(server, key, 'GET', keysOf(lab))).json())
    expect(seen.items.every(({ device }) => device?.id === pin.id)).toBe(true)
    expect(seen.total).toBe(2)
  })

  test('(14) it gets no broader key by rotating one, and a revoked key stays revoked', async () => {
    await using server = await startTestServer()
    const lab = await tenant(server)
    const { key } = await keyWith(server, lab, { scopes: ['episodes:read', 'keys:manage'] })
    const broader = await keyWith(server, lab, { scopes: ['admin', 'episodes:read'] })
    const rotate = await send(server, key, 'POST', `${keysOf(lab)}/${broader.api_key.id}/rotate`, {})
    expect(await refusalOf(rotate)).toBe('400 invalid_request')
    await send(server, key, 'DELETE', `${keysOf(lab)}/${lab.api_key_id}`)
    const one = `${keysOf(lab)}/${lab.api_key_id}`
    await send(server, key, 'PATCH', one, { label: 'back', revoked_at: null, expires_at: null })
    expect(await refusalOf(await send(server, key, 'POST', `${one}/rotate`, {}))).toBe('409 conflict')
    expect((await send(server, lab.api_key, 'GET', '/api/whoami')).status).toBe(401)
  })

  test('(15) nobody, with somebody’s account in the body: 401 (CVE-2025-61928 replayed)', async () => {
    await using server = await startTestServer()
    const lab = await tenant(server)
    const { account_id } = lab.owner.caller
    const body = { label: 'x', userId: account_id, account_id, organization_id: lab.organization_id }
    for (const path of [keysOf(lab), '/api/v1/user/api-keys']) {
      expect((await send(server, undefined, 'POST', path, body)).status).toBe(401)
      // A cookie is no credential here either: the portal asks for the password again before it mints.
      const headers = {
        Cookie: lab.owner.cookie,
        'Content-Type': 'application/json',
        'Sec-Fetch-Site': 'same-origin',
      }
      const withCookie = await server.fetch(path, { method: 'POST', headers, body: JSON.stringify(body) })
      expect(withCookie.status).toBe(401)
    }
    const rows = await server.ctx.db.selectFrom('api_keys').select('id').execute()
    expect(rows).toHaveLength(1)
  })

  test('(15) owner, organization, state and counters in a body change nothing', async () => {
    await using server = await startTestServer()
    const [mine, theirs] = [await tenant(server), await tenant(server)]
    const { key } = await keyWith(server, mine, { scopes: ['episodes:read', 'keys:manage'] })
    const answer = await send(server, key, 'POST', keysOf(mine), {
      label: 'x',
      scopes: ['episodes:read'],
      id: 'aaaaaaaaaa',
      prefix: 'rbtk',
      org: theirs.organization_id,
      orgId: theirs.organization_id,
      organization_id: theirs.organization_id,
      account_id: theirs.owner.caller.account_id,
      userId: theirs.owner.caller.account_id,
      created_by: theirs.owner.caller.account_id,
      secret_hash: '0'.repeat(64),
      use_count: 5,
      role: 'owner',
    })
    expect(answer.status).toBe(201)
    const { api_key } = minted.parse(await answer.json())
    const row = await server.ctx.db
      .selectFrom('api_keys')
      .selectAll()
      .where('id', '=', api_key.id)
      .executeTakeFirstOrThrow()
    expect(row).toMatchObject({
      prefix: 'rt',
      organization_id: mine.organization_id,
      account_id: null,
      created_by: mine.owner.caller.account_id,
      use_count: 0,
    })
  })

  test("another organization's key id answers what an unknown one answers, whatever the method", async () => {
    await using server = await startTestServer()
    const [mine, theirs] = [await tenant(server), await tenant(server)]
    const { key } = await keyWith(server, mine, { scopes: ['keys:manage', 'episodes:read'] })
    for (const [method, suffix] of [
      ['DELETE', ''],
      ['PATCH', ''],
      ['POST', '/rotate'],
    ] as const) {
      const answers = await Promise.all(
        [
          `${keysOf(mine)}/${theirs.api_key_id}`,
          `${keysOf(mine)}/0000000000`,
          `${keysOf(theirs)}/${theirs.api_key_id}`,
        ].map(async (path) =>
          refusalOf(await send(server, key, method, path + suffix, method === 'DELETE' ? undefined : {})),
        ),
      )
      expect(new Set(answers)).toEqual(new Set(['404 not_found']))
    }
    expect((await send(server, theirs.api_key, 'GET', '/api/whoami')).status).toBe(200)
  })
})
