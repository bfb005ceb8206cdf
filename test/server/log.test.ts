import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { Client } from '../../sdk/mod.ts'
import { makeSetupLink } from '../../server/accounts/setup.ts'
import { createLog } from '../../server/log.ts'
import { startTestServer, type TestServer } from '../harness.ts'
import { portalClient } from '../portal-client.ts'
import { rawFetch } from '../raw-request.ts'
import { person } from '../seed.ts'

/** Every file below a folder as one text, whatever it holds. */
function bytesOf(folder: string): string {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1'))
    .join('\n')
}

test('(1, 60) after a whole run neither the log nor the disk holds a key, a cookie, a password or a link', async () => {
  await using server = await startTestServer({}, { file: true })
  const password = 'a password nobody may read'
  const link = (await makeSetupLink(server.ctx)) ?? ''
  const token = new URL(link).searchParams.get('token') ?? ''
  const people = { name: 'Art', organization_name: 'Lab' }
  const set_up = await portalRequest('setup.complete', {
    ...people,
    token,
    email: 'art@lab.example',
    password,
  })
  const cookie = cookieOf(set_up)
  const wrong = await portalRequest('auth.signIn', {
    email: 'art@lab.example',
    password: `${password} (wrong)`,
  })
  expect(wrong.status).toBe(401)
  const signed_in = cookieOf(await portalRequest('auth.signIn', { email: 'art@lab.example', password }))
  const portal = portalClient(server, { cookie })
  const me = await portal.auth.me.query()
  const organization_id = me?.organizations[0]?.id ?? ''
  const { key } = await portal.apiKeys.mint.mutate({ organization_id, label: 'rig' })

  const client = new Client({ api_key: key, base_url: server.url, verbose: false })
  const episode = await client.startEpisode({ request_uploads: ['video'] })
  await episode.upload('video', new Uint8Array(1000))
  await episode.finalize({ status: 'ready' })
  const redirect = await server.fetch(`/api/episodes/${episode.id}/artifact/video`, {
    headers: { 'X-RoboTrace-Key': key },
  })
  const signature = new URL(redirect.headers.get('location') ?? '').search
  await server.fetch(`/api/ingest/episode?api_key=${key}`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${key}x` },
  })
  // An error whose message a driver made out of the statement is the likeliest way for a secret into a log.
  await sql`ALTER TABLE sessions RENAME TO gone`.execute(server.ctx.db)
  expect((await portalRequest('auth.signIn', { email: 'art@lab.example', password })).status).toBe(500)
  await server.ctx.background.drain()

  const secrets = {
    password,
    token,
    key,
    secret: key.slice(14),
    cookie: value(cookie),
    second: value(signed_in),
    signature,
  }
  expect(server.log()).toContain('unexpected error')
  expect(server.log().split('\n').length).toBeGreaterThan(10)
  for (const [name, secret] of Object.entries(secrets)) {
    expect(secret.length, name).toBeGreaterThan(15)
    expect(server.log(), name).not.toContain(secret)
    expect(bytesOf(server.data), name).not.toContain(secret)
  }

  function portalRequest(procedure: string, input: unknown): Promise<Response> {
    return server.fetch(`/trpc/${procedure}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', 'Sec-Fetch-Site': 'same-origin' },
      body: JSON.stringify(input),
    })
  }
})

function cookieOf(response: Response): string {
  return response.headers.getSetCookie()[0]?.split(';')[0] ?? ''
}

function value(cookie: string): string {
  return cookie.split('=')[1] ?? ''
}

test('(60) a secret that code logs by mistake is blotted out', () => {
  let text = ''
  const sink = new Writable({
    write(chunk, _encoding, done) {
      text += String(chunk)
      done()
    },
  })
  const log = createLog('info', sink)
  const api_key = 'rt_mistake'
  log.info(
    {
      api_key,
      input: { password: 'hunter22' },
      req: { headers: { authorization: 'Bearer x', 'set-cookie': 'y' } },
    },
    'm',
  )
  expect(text.match(/\[redacted\]/g)).toHaveLength(4)
  expect(text).not.toMatch(/rt_mistake|hunter22|Bearer x/)
})

test('(76) control characters in what a client sends cannot forge a log line', async () => {
  await using server = await startTestServer()
  await server.fetch('/api/%0a{"level":60,"msg":"forged"}', { headers: { 'User-Agent': 'x' } })
  const lines = server.log().trim().split('\n')
  expect(lines.every((line) => JSON.parse(line).msg !== 'forged')).toBe(true)
})

test('(76) what a program calls itself arrives without control characters, and cut, wherever it is kept', async () => {
  await using server = await startTestServer()
  const { email, password } = await person(server)
  // C1 controls are bytes that HTTP allows in a header; a terminal takes them for the beginning of a sequence.
  const agent = `rig\u009b2J\u0085{"level":60}${'x'.repeat(10_000)}`
  const headers = { 'Content-Type': 'application/json', 'User-Agent': agent }
  const signedIn = await rawFetch(
    server,
    '/api/v1/auth/login',
    headers,
    'POST',
    JSON.stringify({ email, password }),
  )
  expect(signedIn.status).toBe(200)
  const { db } = server.ctx
  const [sessions, events] = [
    await db.selectFrom('sessions').select('user_agent').where('kind', '=', 'token').execute(),
    await db
      .selectFrom('audit_events')
      .select('user_agent')
      .where('action', '=', 'session.started')
      .execute(),
  ]
  const kept = [...sessions, ...events].map(({ user_agent }) => user_agent)
  expect(kept).toHaveLength(2)
  for (const text of kept) {
    expect(text).toMatch(/^rig2J\{"level":60\}x+$/)
    expect(text.length).toBe(300)
  }
  for (const line of server.log().trim().split('\n')) expect(JSON.parse(line).level).toBeLessThan(60)
})

test('the id of a trusted proxy is kept, in the answer and in the log; nobody else names a request', async () => {
  await using behind = await startTestServer({ ROBOTRACE_TRUSTED_PROXIES: '127.0.0.1/32' })
  await using open = await startTestServer()
  const ask = async (server: TestServer, id: string) =>
    (await server.fetch('/healthz', { headers: { 'X-Request-Id': id } })).headers.get('x-request-id')
  expect(await ask(behind, 'edge-7f3a9c2b1d')).toBe('edge-7f3a9c2b1d')
  await expect.poll(behind.log).toContain('"request_id":"edge-7f3a9c2b1d"')
  for (const forged of ['short', 'a b c d e f g h', 'x'.repeat(101), '"},{"a":"b"']) {
    expect(await ask(behind, forged)).toMatch(/^req_/)
  }
  expect(await ask(open, 'edge-7f3a9c2b1d')).toMatch(/^req_/)
})
