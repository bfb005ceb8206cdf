import { TOTP } from 'otpauth'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { startTestServer, type TestServer } from '../harness.ts'
import { portalClient } from '../portal-client.ts'
import { cookiesOf, mutate, signIn } from '../portal-request.ts'
import { bearer, PASSWORD, person, tenant } from '../seed.ts'

/** What somebody tries who wants more than they were given, or to keep others from working. */
const NEW_PASSWORD = 'a tractor among 7 tulips'

function logIn(server: TestServer, email: string, password = PASSWORD): Promise<Response> {
  return server.fetch('/api/v1/auth/login', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ email, password }),
  })
}

async function accessToken(server: TestServer, email: string): Promise<string> {
  const answer = z.object({ access_token: z.string() })
  return answer.parse(await (await logIn(server, email)).json()).access_token
}

function send(server: TestServer, token: string, path: string, body: object): Promise<Response> {
  return server.fetch(path, {
    method: 'POST',
    headers: { ...bearer(token), 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  })
}

const codeOf = async (answer: Response) => z.object({ code: z.string() }).parse(await answer.json()).code

describe('many procedures in one request', () => {
  const batch = (procedure: string, times: number) =>
    `${Array.from({ length: times }, () => procedure).join(',')}?batch=1`

  test('(65) are twenty at most, however the commas are written', async () => {
    await using server = await startTestServer()
    const ask = (path: string) => server.fetch(`/trpc/${path}`)
    expect((await ask(batch('auth.me', 20))).status).toBe(200)
    const refused = await ask(batch('auth.me', 21))
    expect([refused.status, await codeOf(refused)]).toEqual([400, 'invalid_request'])
    expect((await ask(batch('auth.me', 900).replaceAll(',', '%2C'))).status).toBe(400)
    const errors = await (await ask(batch('apiKeys.personal', 20))).text()
    expect(errors.split('apiKeys.personal').length).toBeLessThanOrEqual(40)
  })

  test('(24) each cost a request of the portal', async () => {
    await using server = await startTestServer({ ROBOTRACE_RATE_LIMIT: '60' })
    const { cookie } = await person(server)
    const left = async (path: string) => {
      const answer = await server.fetch(`/trpc/${path}`, { headers: { Cookie: cookie } })
      return Number(answer.headers.get('x-ratelimit-remaining'))
    }
    const before = await left('auth.me')
    expect(before - (await left(batch('auth.me', 20)))).toBe(20)
  })
})

describe('an access token that was found', () => {
  test('(14) makes nothing that lasts once its password is two hours old, however often it is refreshed', async () => {
    await using server = await startTestServer()
    const { owner, organization_id, api_key_id } = await tenant(server)
    let token = await accessToken(server, owner.email)
    const keys = `/api/v1/organizations/${organization_id}/api-keys`
    expect((await send(server, token, keys, { label: 'ci' })).status).toBe(201)
    for (let hours = 0; hours < 3; hours++) {
      server.clock.advance('50m')
      const answer = await send(server, token, '/api/v1/auth/refresh', {})
      token = z.object({ access_token: z.string() }).parse(await answer.json()).access_token
    }
    const lasting: [string, object][] = [
      [keys, { label: 'ci' }],
      [`${keys}/${api_key_id}/rotate`, { overlap: 'none' }],
      ['/api/v1/user/api-keys', { label: 'laptop' }],
      ['/api/v1/user/api-tokens', { life: '24h' }],
    ]
    for (const [path, body] of lasting) {
      expect(await codeOf(await send(server, token, path, body)), path).toBe('step_up_required')
    }
    const fresh = await accessToken(server, owner.email)
    expect((await send(server, fresh, '/api/v1/user/api-tokens', { life: '24h' })).status).toBe(201)
  })
})

describe('a sign-in by somebody else', () => {
  test('(30) that waits for its second step ends when the password changes', async () => {
    await using server = await startTestServer()
    const who = await person(server)
    const { secret } = await portalClient(server, who).auth.startTotp.mutate()
    const show = () => new TOTP({ secret, algorithm: 'SHA1', digits: 6, period: 30 }).generate()
    const confirmed = await mutate(server, 'auth.confirmTotp', { code: show() }, { Cookie: who.cookie })
    const waiting = await signIn(server, who.email)
    const { challenge } = z
      .object({
        result: z.object({ data: z.object({ second_factor: z.object({ challenge: z.string() }) }) }),
      })
      .parse(await waiting.json()).result.data.second_factor
    const owner = { cookie: cookiesOf(confirmed) }
    const change = { current_password: PASSWORD, new_password: NEW_PASSWORD }
    await portalClient(server, owner).auth.changePassword.mutate(change)
    server.clock.advance('1m')
    const late = await mutate(server, 'auth.finishSignIn', { challenge, proof: { code: show() } })
    expect(late.status).toBe(404)
  })

  test('(50) with an address that only looks like mine is not mine', async () => {
    await using server = await startTestServer()
    const who = await person(server)
    const kelvin = `\u212A${who.email.slice(1)}`
    await server.ctx.db
      .updateTable('accounts')
      .set({ email: `k${who.email.slice(1)}` })
      .where('id', '=', who.caller.account_id)
      .execute()
    expect((await logIn(server, kelvin)).status).toBe(401)
    expect((await logIn(server, `K${who.email.slice(1)}`)).status).toBe(200)
  })

  test('(19) who types wrong passwords elsewhere does not lock out programs of a network I am signed in from', async () => {
    await using server = await startTestServer({ ROBOTRACE_TRUSTED_PROXIES: '127.0.0.1/32' })
    const { email } = await person(server)
    const from = (ip: string, password: string) =>
      server.fetch('/api/v1/auth/login', {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', 'X-Forwarded-For': ip },
        body: JSON.stringify({ email, password }),
      })
    expect((await from('10.0.0.7', PASSWORD)).status).toBe(200)
    const guesses = []
    for (let guess = 0; guess < 12; guess++) guesses.push((await from('203.0.113.9', 'wrong')).status)
    expect(guesses.slice(0, 10)).toEqual(Array(10).fill(401))
    expect(guesses.at(-1)).toBe(429)
    expect((await from('203.0.113.9', PASSWORD)).status).toBe(429)
    expect((await from('10.0.0.7', PASSWORD)).status).toBe(200)
  })
})

describe('changes behind one’s back', () => {
  test('(43) weakening what an organization asks of device logins asks who is there', async () => {
    await using server = await startTestServer()
    const { owner, organization_id } = await tenant(server)
    server.clock.advance('3h')
    const policy = { organization_id, allowed: true, networks: [], key_days: null, step_up: false }
    await expect(portalClient(server, owner).deviceLogin.setPolicy.mutate(policy)).rejects.toMatchObject({
      data: { problem: { code: 'step_up_required' } },
    })
  })

  test('(74) archiving and restoring an episode stand in the audit trail, once each', async () => {
    await using server = await startTestServer()
    const { owner, organization_id, api_key } = await tenant(server)
    const started = await send(server, api_key, '/api/ingest/episode', {})
    const { episode_id: id } = z.object({ episode_id: z.string() }).parse(await started.json())
    const portal = portalClient(server, owner)
    for (const _ of [1, 2]) await portal.episodes.archive.mutate({ id })
    for (const _ of [1, 2]) await portal.episodes.restore.mutate({ id })
    const { items } = await portal.audit.list.query({ organization_id, target: id })
    expect(items.map(({ action }) => action)).toEqual(['episode.restored', 'episode.archived'])
  })
})

test('(23) tokens that are none, sent to be revoked, cost their network; a good one is still revoked', async () => {
  await using server = await startTestServer({ ROBOTRACE_RATE_LIMIT: '60' })
  const { api_key, api_key_id } = await tenant(server)
  const revoke = (token: string) =>
    server.fetch('/oauth/revoke', { method: 'POST', body: new URLSearchParams({ token }) })
  const statuses = []
  for (let nth = 0; nth < 61; nth++) statuses.push((await revoke(`rt_${nth}`)).status)
  expect(statuses.slice(0, 60)).toEqual(Array(60).fill(200))
  expect(statuses.at(-1)).toBe(429)
  expect((await revoke(api_key)).status).toBe(200)
  const { revoked_at } = await server.ctx.db
    .selectFrom('api_keys')
    .select('revoked_at')
    .where('id', '=', api_key_id)
    .executeTakeFirstOrThrow()
  expect(revoked_at).not.toBeNull()
})

test('(12) a token with padding that was not signed is no token of ours', async () => {
  await using server = await startTestServer()
  const { email } = await person(server)
  const token = await accessToken(server, email)
  expect((await server.fetch('/api/whoami', { headers: bearer(token) })).status).toBe(200)
  expect((await server.fetch('/api/whoami', { headers: bearer(`${token}=`) })).status).toBe(401)
})

test('(71) a private key pasted as the name is refused like one pasted as the key', async () => {
  await using server = await startTestServer()
  const who = await person(server)
  const key_text =
    'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl art@laptop'
  const name = '-----BEGIN OPENSSH PRIVATE KEY-----b3BlbnNzaC1rZXktdjEAAAAA'
  await expect(portalClient(server, who).sshKeys.add.mutate({ name, key_text })).rejects.toThrow(
    /PRIVATE key/,
  )
})
