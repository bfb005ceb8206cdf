import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { revokeApiKey } from '../server/api-keys/api-keys.ts'
import { DOORS } from '../server/app.ts'
import type { Door } from '../server/http/door.ts'
import { DEFAULT_SCOPES } from '../server/organizations/scopes.ts'
import { startTestServer, type TestServer } from './harness.ts'
import { bearer, otherSecret, type Tenant, tenant } from './seed.ts'
import { accessToken } from './token-requests.ts'

/** What holds for every declared route: a new one is covered by being declared. */
const ours = DOORS.filter(({ dialect }) => dialect !== 'oauth')
const withKey = ours.filter(({ caller }) => caller !== 'anyone')
/** Good for access tokens alone: a key is refused there even when it is live. */
const FOR_ACCESS_TOKENS = new Set(['/api/v1/auth/refresh', '/api/v1/auth/logout'])
// What streams its answer reads its body in its own way, if it has one.
const withBody = ours.filter(
  ({ method, output, form }) => method === 'POST' && output !== undefined && form === undefined,
)
const withId = withKey.filter(({ path }) => path.includes(':id'))
const name = (door: Door): string => `${door.method} ${door.path}`

interface Sent {
  id?: string
  body?: unknown
  headers?: Record<string, string>
}

/** The route's own example, with `$id` filled in. */
function send(
  server: TestServer,
  door: Door,
  { id = 'ep_00000000000000000000', body = door.example.body, headers = {} }: Sent,
) {
  const params: Record<string, string> = { ...door.example.params }
  const path = door.path.replace(/[:*](\w+)/g, (_, key: string) => (params[key] ?? '').replace('$id', id))
  const query = new URLSearchParams(door.example.query).toString()
  const takesBody = door.method === 'POST' || door.method === 'PATCH'
  const json = takesBody ? { 'Content-Type': 'application/json' } : undefined
  return server.fetch(query ? `${path}?${query}` : path, {
    method: door.method,
    headers: { ...json, ...headers },
    ...(takesBody ? { body: typeof body === 'string' ? body : JSON.stringify(body) } : {}),
  })
}

/** What the route's caller presents: a key where keys are taken, what a sign-in gave where it is about people. */
async function credentialFor(server: TestServer, door: Door, { api_key, owner }: Tenant): Promise<string> {
  const rarely = door.scope !== undefined && !DEFAULT_SCOPES.split(' ').includes(door.scope)
  const of_person = door.caller === 'person' || door.path.startsWith('/api/v1/user/')
  return of_person || rarely ? accessToken(server, owner) : api_key
}

const problemBody = z.looseObject({
  type: z.string(),
  code: z.string(),
  detail: z.string(),
  error: z.string(),
  error_message: z.string(),
  instance: z.string(),
  request_id: z.string(),
})

async function problemOf(response: Response): Promise<z.infer<typeof problemBody>> {
  return problemBody.parse(await response.json())
}

/** A refusal's body without what differs from request to request. */
async function refusal(response: Response): Promise<unknown> {
  const { request_id, instance, ...rest } = await problemOf(response)
  expect(request_id).toBe(response.headers.get('x-request-id'))
  expect(typeof instance).toBe('string')
  return rest
}

async function startEpisode(server: TestServer, key: string): Promise<string> {
  const answer = await server.fetch('/api/ingest/episode', {
    method: 'POST',
    headers: { ...bearer(key), 'Content-Type': 'application/json' },
    body: '{}',
  })
  return z.object({ episode_id: z.string() }).parse(await answer.json()).episode_id
}

describe.each(withKey.map((door) => ({ route: name(door), door })))('$route', ({ door }) => {
  test('(9) no key, a wrong key, a mistyped key and a revoked key get one and the same 401', async () => {
    await using server = await startTestServer()
    const { api_key, api_key_id, owner } = await tenant(server)
    const id = await startEpisode(server, api_key)
    await revokeApiKey(server.ctx, owner.caller, api_key_id)
    const refusals = []
    const presented: Record<string, string>[] = [
      {},
      bearer(otherSecret(api_key)),
      bearer(`${api_key}x`),
      bearer(api_key),
      { 'X-API-Key': api_key },
    ]
    for (const headers of presented) {
      const answer = await send(server, door, { id, headers })
      expect(answer.status).toBe(401)
      const presented = Object.keys(headers).length > 0
      expect(answer.headers.get('www-authenticate')).toBe(
        presented ? 'Bearer realm="RoboTrace", error="invalid_token"' : 'Bearer realm="RoboTrace"',
      )
      refusals.push(await refusal(answer))
    }
    expect(new Set(refusals.map((body) => JSON.stringify(body))).size).toBe(1)
    expect(refusals[0]).toMatchObject({
      detail: 'Could not validate credentials',
      error: 'Could not validate credentials',
      error_message: 'Could not validate credentials',
    })
  })

  test.each(['Authorization', 'X-RoboTrace-Key', 'X-API-Key'])('takes the key from %s', async (header) => {
    await using server = await startTestServer()
    const at = await tenant(server)
    const id = await startEpisode(server, at.api_key)
    const key = await credentialFor(server, door, at)
    const value = header === 'Authorization' ? `bearer ${key}` : key
    const answer = await send(server, door, { id, headers: { [header]: value } })
    // Whatever it may not do, the key was read: else it would be 401.
    expect(FOR_ACCESS_TOKENS.has(door.path) ? [401] : [200, 201, 302, 403, 404]).toContain(answer.status)
  })

  test('(11) two keys that differ are refused before either is looked at', async () => {
    await using server = await startTestServer()
    const [one, two] = [await tenant(server), await tenant(server)]
    const answer = await send(server, door, {
      headers: { ...bearer(one.api_key), 'X-RoboTrace-Key': two.api_key },
    })
    expect(answer.status).toBe(400)
    expect((await problemOf(answer)).code).toBe('credentials_disagree')
  })

  test('(11, 60) a key in the query or in the body is not read, and not written to the log', async () => {
    await using server = await startTestServer()
    const { api_key } = await tenant(server)
    const answer = await server.fetch(`${door.path.replace(/:\w+/g, 'x')}?api_key=${api_key}`, {
      method: door.method,
      ...(door.method === 'POST'
        ? { body: JSON.stringify({ api_key }), headers: { 'Content-Type': 'application/json' } }
        : {}),
    })
    expect(answer.status).toBe(401)
    expect(server.log()).not.toContain(api_key.slice(14))
  })
})

describe.each(withId.map((door) => ({ route: name(door), door })))('$route', ({ door }) => {
  test("(25) another organization's id answers exactly what an unknown id answers", async () => {
    await using server = await startTestServer()
    const [mine, theirs] = [await tenant(server), await tenant(server)]
    const id = await startEpisode(server, theirs.api_key)
    const headers = bearer(await credentialFor(server, door, mine))
    const hidden = await send(server, door, { id, headers })
    const unknown = await send(server, door, { headers })
    expect([hidden.status, unknown.status]).toEqual([404, 404])
    expect(await refusal(hidden)).toEqual(await refusal(unknown))
    expect([...hidden.headers.keys()].sort()).toEqual([...unknown.headers.keys()].sort())
  })
})

describe.each(withBody.map((door) => ({ route: name(door), door })))('$route', ({ door }) => {
  test('a broken body is a 400 that every kind of client can show', async () => {
    await using server = await startTestServer()
    const at = await tenant(server)
    const id = await startEpisode(server, at.api_key)
    const headers = bearer(await credentialFor(server, door, at))
    const wrongFields = door.path.startsWith('/api/ingest')
      ? ['{"metadata": [1]}', '{"status": "maybe", "metadata": "x"}']
      : []
    for (const body of ['{', '[]', '"text"', '7', ...wrongFields]) {
      const answer = await send(server, door, { id, body, headers })
      expect(answer.status, body).toBe(400)
      const problem = await problemOf(answer)
      expect(problem.error).toBe(problem.detail)
      expect(problem.error_message).toBe(problem.detail)
      expect(problem.type).toBe('/docs/problems#invalid-request')
    }
  })

  test('200 generated bodies never break the server', async () => {
    await using server = await startTestServer()
    const at = await tenant(server)
    const id = await startEpisode(server, at.api_key)
    const headers = bearer(await credentialFor(server, door, at))
    await fc.assert(
      fc.asyncProperty(bodies(door), async (body) => {
        const answer = await send(server, door, { id, body, headers })
        expect(answer.status).toBeLessThan(500)
        const text = await answer.text()
        expect(text).not.toMatch(/SQLITE|\bat \/|node_modules|\.ts:\d/)
      }),
      { numRuns: 200 },
    )
  })
})

/** Half of them almost right: the example with some of its members replaced by anything. */
function bodies(door: Door): fc.Arbitrary<string> {
  const example = typeof door.example.body === 'object' && door.example.body !== null ? door.example.body : {}
  const members = [
    ...Object.keys(example),
    'name',
    'seed',
    'fps',
    'metadata',
    'request_uploads',
    'failure',
    'otel',
    '__proto__',
  ]
  const almost = fc
    .dictionary(
      fc.constantFrom(...members),
      fc.oneof(fc.jsonValue(), fc.double(), fc.string({ unit: 'binary' }), fc.bigInt().map(String)),
    )
    .map((changes) => JSON.stringify({ ...example, ...changes }))
  const digits = fc.bigInt().map((seed) => `{"seed": ${seed}}`)
  return fc.oneof(
    almost,
    fc.json(),
    fc.string({ unit: 'binary' }),
    digits,
    fc.constantFrom('{"fps": NaN}', '{"seed": -Infinity}', '{"a":'.repeat(5000)),
  )
}

test('(65) a body made to exhaust a pattern or a number parser is refused while the server goes on answering', async () => {
  await using server = await startTestServer()
  const hostile = [
    `"${'\\"'.repeat(120_000)}`,
    `{"a": NaN, "b": "${'\\"'.repeat(120_000)}`,
    `{"seed": ${'9'.repeat(900_000)}}`,
  ]
  const answers = hostile.map((body) =>
    server.fetch('/api/cli/auth/start', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body,
    }),
  )
  expect((await server.fetch('/healthz')).status).toBe(200)
  expect((await Promise.all(answers)).map(({ status }) => status)).toEqual([400, 400, 400])
})

test('(11) random look-alikes of keys are refused like everything else', async () => {
  await using server = await startTestServer()
  for (const text of [
    '',
    'rt_',
    'rt__',
    `rt_${'a'.repeat(10)}_${'b'.repeat(43)}`,
    randomBytes(64).toString('hex'),
    'x'.repeat(7000),
  ]) {
    const answer = await server.fetch('/api/ingest/episode', { method: 'POST', headers: bearer(text) })
    expect(answer.status, text.slice(0, 20)).toBe(401)
  }
})

test('a known address asked with another method says which methods it answers', async () => {
  await using server = await startTestServer()
  const answer = await server.fetch('/api/ingest/episode', { method: 'DELETE' })
  expect(answer.status).toBe(405)
  expect(answer.headers.get('allow')).toBe('POST')
})

test('an unknown address below /api is a problem, never a page', async () => {
  await using server = await startTestServer()
  for (const path of ['/api', '/api/', '/api/nothing', '/api/ingest', '/trpc/nothing.here']) {
    const answer = await server.fetch(path, { headers: { Accept: 'text/html' } })
    expect(answer.status, path).toBe(404)
    expect(answer.headers.get('content-type'), path).toMatch(/json/)
  }
})
