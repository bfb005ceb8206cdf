import { mkdtempSync, rmSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { decodeJwt, decodeProtectedHeader, generateKeyPair, type JWTHeaderParameters, SignJWT } from 'jose'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { signToken } from '../../server/jwt.ts'
import { audited } from '../audited.ts'
import { startTestServer, type TestServer } from '../harness.ts'
import { bearer, PASSWORD, type Person, person, tenant } from '../seed.ts'

const issued = z.strictObject({
  access_token: z.string(),
  token_type: z.literal('bearer'),
  expires_in: z.number().int(),
})

function post(server: TestServer, path: string, body: unknown, headers: Record<string, string> = {}) {
  return server.fetch(`/api/v1/auth/${path}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...headers },
    body: JSON.stringify(body),
  })
}

async function logIn(server: TestServer, who: Pick<Person, 'email'>) {
  const answer = await post(server, 'login', { email: who.email, password: PASSWORD })
  expect(answer.status).toBe(200)
  return issued.parse(await answer.json())
}

async function refresh(server: TestServer, token: string) {
  const answer = await post(server, 'refresh', {}, bearer(token))
  const { status } = answer
  return status === 200 ? { status, ...issued.parse(await answer.json()) } : { status, access_token: '' }
}

/** Whether a token is good for a request in the (first) organization: 200, or 401. */
async function use(server: TestServer, token: string): Promise<number> {
  const { slug } = await server.ctx.db.selectFrom('organizations').select('slug').executeTakeFirstOrThrow()
  const headers = { ...bearer(token), 'X-RoboTrace-Organization': slug }
  return (await server.fetch('/api/episodes', { headers })).status
}

async function signIns(server: TestServer): Promise<string[]> {
  return (await audited(server)).filter((action) => /^(session|sign_in)/.test(action))
}

describe('logging in over REST', () => {
  test('answers a bearer token for an hour, and the session shows among those of its person', async () => {
    await using server = await startTestServer()
    const { owner } = await tenant(server)
    const { access_token, expires_in } = await logIn(server, owner)
    expect(expires_in).toBe(3600)
    expect(decodeProtectedHeader(access_token)).toMatchObject({ alg: 'HS256', typ: 'at+jwt' })
    expect(await use(server, access_token)).toBe(200)
    const rows = await server.ctx.db.selectFrom('sessions').selectAll().where('kind', '=', 'token').execute()
    expect(rows).toHaveLength(1)
    expect(decodeJwt(access_token)).toMatchObject({ sid: rows[0]?.id, sub: owner.caller.account_id })
    expect(JSON.stringify(rows)).not.toContain(access_token.split('.')[2])
    expect(await signIns(server)).toEqual(['session.started'])
  })

  test('a session that has ended is refused with the next request on the same connection', async () => {
    await using server = await startTestServer()
    const { owner } = await tenant(server)
    const { access_token } = await logIn(server, owner)
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    const { slug } = await server.ctx.db.selectFrom('organizations').select('slug').executeTakeFirstOrThrow()
    const headers = { ...bearer(access_token), 'X-RoboTrace-Organization': slug }
    const send = (method: string, path: string) =>
      new Promise<{ status: number | undefined; port: number | undefined }>((resolve, reject) => {
        const sent = request(new URL(path, server.url), { agent, method, headers })
        sent.on('error', reject)
        sent.on('response', (response) => {
          const { localPort: port } = response.socket
          response.resume().on('end', () => resolve({ status: response.statusCode, port }))
        })
        sent.end()
      })
    const answers = [
      await send('GET', '/api/episodes'),
      await send('POST', '/api/v1/auth/logout'),
      await send('GET', '/api/episodes'),
    ]
    agent.destroy()
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 401])
    expect(new Set(answers.map(({ port }) => port)).size).toBe(1)
    expect(await signIns(server)).toEqual(['session.started', 'session.ended'])
  })

  test('(24) too many wrong passwords are answered 429 with the seconds to wait, never 401', async () => {
    await using server = await startTestServer()
    const { email } = await person(server)
    const statuses = []
    for (let tries = 0; tries < 10; tries++)
      statuses.push((await post(server, 'login', { email, password: 'wrong' })).status)
    expect(new Set(statuses)).toEqual(new Set([401]))
    const refused = await post(server, 'login', { email, password: PASSWORD })
    expect(refused.status).toBe(429)
    const { retry_after, detail } = z
      .looseObject({ retry_after: z.number().int(), detail: z.string() })
      .parse(await refused.json())
    expect(refused.headers.get('retry-after')).toBe(String(retry_after))
    expect(detail).toContain(`${retry_after} seconds`)
    await post(server, 'login', { email, password: PASSWORD })
    const told = await signIns(server)
    expect(told.filter((action) => action === 'sign_in.failed')).toHaveLength(10)
    expect(told.filter((action) => action === 'sign_in.limited')).toHaveLength(1)
  })
})

describe('refreshing', () => {
  test('(13) the new token counts at once; the one before is let through for 30 s more', async () => {
    await using server = await startTestServer()
    const { owner } = await tenant(server)
    const first = (await logIn(server, owner)).access_token
    server.clock.advance('50m')
    const second = await refresh(server, first)
    expect(second).toMatchObject({ status: 200, expires_in: 3600 })
    expect(second.access_token).not.toBe(first)
    server.clock.advance('29s')
    expect([await use(server, first), await use(server, second.access_token)]).toEqual([200, 200])
  })

  test('(13) two refreshes of one token, even at the same moment, answer the same successor', async () => {
    await using server = await startTestServer()
    const { owner } = await tenant(server)
    const { access_token } = await logIn(server, owner)
    const answers = await Promise.all([refresh(server, access_token), refresh(server, access_token)])
    server.clock.advance('10s')
    answers.push(await refresh(server, access_token))
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200])
    expect(new Set(answers.map(({ access_token: text }) => text)).size).toBe(1)
  })

  test('(13, 74) a token that comes back after the grace ends its session, is audited and noticed', async () => {
    await using server = await startTestServer()
    const { owner } = await tenant(server)
    const other = (await logIn(server, owner)).access_token
    const first = (await logIn(server, owner)).access_token
    const second = (await refresh(server, first)).access_token
    server.clock.advance('31s')
    const both = await Promise.all([use(server, first), use(server, first)])
    expect(both).toEqual([401, 401])
    expect([await use(server, second), await use(server, other)]).toEqual([401, 200])
    expect((await refresh(server, second)).status).toBe(401)
    expect((await signIns(server)).filter((action) => action === 'session.reused')).toHaveLength(1)
    const notices = await server.ctx.db.selectFrom('notices').selectAll().execute()
    expect(notices).toMatchObject([{ kind: 'session_reused', account_id: owner.caller.account_id }])
  })

  test('(13) a token of two refreshes ago ends the session as well', async () => {
    await using server = await startTestServer()
    const { owner } = await tenant(server)
    const first = (await logIn(server, owner)).access_token
    const second = (await refresh(server, first)).access_token
    server.clock.advance('1m')
    const third = (await refresh(server, second)).access_token
    expect([await use(server, first), await use(server, third)]).toEqual([401, 401])
  })

  test('(13) an expired token cannot be refreshed', async () => {
    await using server = await startTestServer()
    const { owner } = await tenant(server)
    const { access_token } = await logIn(server, owner)
    server.clock.advance('61m')
    expect((await refresh(server, access_token)).status).toBe(401)
    const sessions = await server.ctx.db.selectFrom('sessions').select('kind').execute()
    expect(sessions).toContainEqual({ kind: 'token' })
  })

  test('(13) nothing goes beyond thirty days from the sign-in: the last tokens live shorter', async () => {
    await using server = await startTestServer()
    const { owner } = await tenant(server)
    const { access_token } = await logIn(server, owner)
    const session = () =>
      server.ctx.db.selectFrom('sessions').selectAll().where('kind', '=', 'token').executeTakeFirstOrThrow()
    const { created_at, expires_at } = await session()
    expect(Date.parse(expires_at) - Date.parse(created_at)).toBe(30 * 24 * 3600_000)
    // As it is 30 days less 40 minutes later, without the 720 refreshes in between.
    const soon = new Date(Date.now() + 40 * 60_000).toISOString()
    await server.ctx.db
      .updateTable('sessions')
      .set({ expires_at: soon })
      .where('kind', '=', 'token')
      .execute()
    const last = await refresh(server, access_token)
    expect(last.status).toBe(200)
    expect(secondsLeft(last.access_token)).toBeLessThanOrEqual(40 * 60)
    server.clock.advance('39m')
    const very = await refresh(server, last.access_token)
    expect(secondsLeft(very.access_token)).toBeLessThanOrEqual(60)
    expect((await session()).expires_at).toBe(soon)
    server.clock.advance('61s')
    expect([await use(server, very.access_token), (await refresh(server, very.access_token)).status]).toEqual(
      [401, 401],
    )
  })

  test('(13) API keys, API tokens and browsers cannot be exchanged for an access token', async () => {
    await using server = await startTestServer()
    const { owner, api_key } = await tenant(server)
    const { account_id } = owner.caller
    const id = await apiToken(server, account_id)
    const now = Math.floor(Date.now() / 1000)
    const text = await signToken(server.ctx, {
      type: 'robotrace-api-token+jwt',
      account_id,
      token_id: id,
      session_id: undefined,
      issued_at_s: now,
      expires_at_s: now + 86_400,
    })
    expect(await use(server, text ?? '')).toBe(200)
    expect((await refresh(server, text ?? '')).status).toBe(401)
    expect((await refresh(server, api_key)).status).toBe(401)
    const cookie = { Cookie: owner.cookie, 'Sec-Fetch-Site': 'same-origin' }
    expect((await post(server, 'refresh', {}, cookie)).status).toBe(401)
  })
})

function secondsLeft(token: string): number {
  return (decodeJwt(token).exp ?? 0) - Math.floor(Date.now() / 1000)
}

async function apiToken(server: TestServer, account_id: string): Promise<string> {
  const created = new Date()
  const id = 'tok_00000000000000000000'
  await server.ctx.db
    .insertInto('api_tokens')
    .values({
      id,
      account_id,
      key_id: server.ctx.signing.tokens[0]?.id ?? '',
      ip: '127.0.0.1',
      created_at: created.toISOString(),
      expires_at: new Date(created.getTime() + 86_400_000).toISOString(),
    })
    .execute()
  return id
}

describe('(12) a token that was not made here, or not for this, is refused', () => {
  /** Tokens that are right in everything but what a case changes. */
  async function forge(server: TestServer) {
    const { owner } = await tenant(server)
    const { access_token } = await logIn(server, owner)
    const [key] = server.ctx.signing.tokens
    if (!key) throw new Error('there is a key')
    const claims = decodeJwt(access_token)
    const header = { alg: 'HS256', typ: 'at+jwt', kid: key.id }
    const make = (
      more: { header?: Partial<JWTHeaderParameters>; claims?: object; secret?: Uint8Array } = {},
    ): Promise<string> =>
      new SignJWT({ ...claims, ...more.claims })
        .setProtectedHeader({ ...header, ...more.header })
        .sign(more.secret ?? key.secret)
    return { access_token, make, claims, key }
  }

  test('what the cases start from is good', async () => {
    await using server = await startTestServer()
    const { make } = await forge(server)
    expect(await use(server, await make())).toBe(200)
  })

  test('no algorithm, whatever the case of its name', async () => {
    await using server = await startTestServer()
    const { access_token, key } = await forge(server)
    const payload = access_token.split('.')[1]
    for (const alg of ['none', 'None', 'NONE', 'nOnE']) {
      const header = Buffer.from(JSON.stringify({ alg, typ: 'at+jwt', kid: key.id })).toString('base64url')
      expect(await use(server, `${header}.${payload}.`), alg).toBe(401)
      expect(await use(server, `${header}.${payload}.${access_token.split('.')[2]}`), alg).toBe(401)
    }
  })

  test('another algorithm: a longer HMAC with our key, RSA and ECDSA with keys of their own', async () => {
    await using server = await startTestServer()
    const { make, claims, key } = await forge(server)
    expect(await use(server, await make({ header: { alg: 'HS512' } }))).toBe(401)
    for (const alg of ['RS256', 'ES256']) {
      const { privateKey } = await generateKeyPair(alg)
      const header = { alg, typ: 'at+jwt', kid: key.id }
      const text = await new SignJWT({ ...claims }).setProtectedHeader(header).sign(privateKey)
      expect(await use(server, text), alg).toBe(401)
    }
  })

  test('a key that the token brings along or points to', async () => {
    await using server = await startTestServer()
    const { make } = await forge(server)
    const secret = new Uint8Array(32).fill(7)
    const jwk = { kty: 'oct', k: Buffer.from(secret).toString('base64url') }
    const headers: Record<string, unknown>[] = [
      { kid: 'another' },
      { kid: undefined },
      { kid: '../../../dev/null' },
      { jwk },
      { jku: `${server.url}/keys`, kid: 'theirs' },
      { x5u: `${server.url}/cert` },
    ]
    for (const header of headers)
      expect(await use(server, await make({ header, secret })), JSON.stringify(header)).toBe(401)
  })

  test('another issuer, audience, type, session or account, or one of them missing', async () => {
    await using server = await startTestServer()
    const { make } = await forge(server)
    const stranger = await person(server)
    const claims: object[] = [
      { iss: 'https://other.example' },
      { iss: undefined },
      { aud: 'https://other.example' },
      { aud: undefined },
      { sid: 'ses_00000000000000000000' },
      { sid: undefined },
      { sub: stranger.caller.account_id },
      { sub: undefined },
      { exp: undefined },
      { iat: undefined },
    ]
    for (const wrong of claims)
      expect(await use(server, await make({ claims: wrong })), JSON.stringify(wrong)).toBe(401)
    for (const typ of ['JWT', 'id_token', 'robotrace-api-token+jwt', undefined])
      expect(await use(server, await make({ header: { typ } })), String(typ)).toBe(401)
  })

  test('(79) before its time and from its last second on', async () => {
    await using server = await startTestServer()
    const { make, claims } = await forge(server)
    const now = Math.floor(Date.now() / 1000)
    expect(await use(server, await make({ claims: { nbf: now + 60 } }))).toBe(401)
    expect(await use(server, await make({ claims: { nbf: now - 60 } }))).toBe(200)
    const text = await make()
    const to = (second: number) => server.clock.advance(`${second * 1000 - Date.now()}ms`)
    const answers = []
    for (const second of [-1, 0, 1]) {
      to((claims.exp ?? 0) + second)
      answers.push(await use(server, text))
    }
    expect(answers).toEqual([200, 401, 401])
  })

  test('a changed signature, header or claim', async () => {
    await using server = await startTestServer()
    const { access_token } = await forge(server)
    const [header = '', payload = '', signature = ''] = access_token.split('.')
    const flip = (text: string) => (text.startsWith('A') ? 'B' : 'A') + text.slice(1)
    for (const text of [
      `${header}.${payload}.${flip(signature)}`,
      `${header}.${flip(payload)}.${signature}`,
      `${flip(header)}.${payload}.${signature}`,
      `${header}.${payload}.`,
      `${access_token}.${signature}`,
    ])
      expect(await use(server, text), text).toBe(401)
    expect(await use(server, access_token)).toBe(200)
  })
})

test('(6) a changed secret keeps tokens of the one before good for as long as that one is kept', async () => {
  const data = mkdtempSync(join(tmpdir(), 'robotrace-test-'))
  const [old, fresh] = [
    'the secret of last year, long enough to be one',
    'the secret of this year, long enough too',
  ]
  const PUBLIC_URL = 'https://robots.example'
  const start = (env: Record<string, string>) => startTestServer({ PUBLIC_URL, ...env }, { file: true, data })
  try {
    let token = ''
    {
      await using server = await start({ ROBOTRACE_SECRET: old })
      token = (await logIn(server, (await tenant(server)).owner)).access_token
    }
    {
      await using server = await start({ ROBOTRACE_SECRET: fresh, ROBOTRACE_SECRET_PREVIOUS: old })
      expect(await use(server, token)).toBe(200)
      const next = (await refresh(server, token)).access_token
      const kids = [token, next].map((text) => decodeProtectedHeader(text).kid)
      expect(kids).toEqual([server.ctx.signing.tokens[1]?.id, server.ctx.signing.tokens[0]?.id])
    }
    await using server = await start({ ROBOTRACE_SECRET: fresh })
    expect(await use(server, token)).toBe(401)
  } finally {
    rmSync(data, { recursive: true, force: true })
  }
})
