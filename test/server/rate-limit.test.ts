import { parseList } from 'structured-headers'
import { describe, expect, test } from 'vitest'
import { Client, hostRuntime } from '../../sdk/mod.ts'
import { DOORS } from '../../server/app.ts'
import { apiToken } from '../api-token.ts'
import { countedDatabase, rowsChanged } from '../database-counter.ts'
import { finalize, put, signedGet, start, videoSlot } from '../episode-requests.ts'
import { startTestServer, type TestServer } from '../harness.ts'
import { portalClient } from '../portal-client.ts'
import { bearer, otherSecret, person, tenant } from '../seed.ts'

const limited = (limit: number, env: Record<string, string> = {}) =>
  startTestServer({ ROBOTRACE_RATE_LIMIT: String(limit), ...env })

const list = (server: TestServer, headers: Record<string, string> = {}) =>
  server.fetch('/api/episodes', { headers })

/** The rate fields of an answer, the structured ones parsed as RFC 9651 says. */
function rateOf(answer: Response) {
  const [policy] = parseList(answer.headers.get('ratelimit-policy') ?? '')
  const [now] = parseList(answer.headers.get('ratelimit') ?? '')
  return {
    limit: Number(answer.headers.get('x-ratelimit-limit')),
    remaining: Number(answer.headers.get('x-ratelimit-remaining')),
    reset: Number(answer.headers.get('x-ratelimit-reset')),
    policy: [policy?.[0], Object.fromEntries(policy?.[1] ?? [])],
    now: [now?.[0], Object.fromEntries(now?.[1] ?? [])],
  }
}

describe('what every answer of the API says', () => {
  test('the limit, what is left and when it is full again, in the fields everybody knows and in those of the draft', async () => {
    await using server = await limited(60)
    const { api_key } = await tenant(server)
    server.clock.advance('0s')
    const now = Math.floor(server.ctx.now().getTime() / 1000)
    const first = await list(server, bearer(api_key))
    expect(first.status).toBe(200)
    expect(rateOf(first)).toMatchObject({
      limit: 60,
      remaining: 59,
      policy: ['key', { q: 60, w: 60 }],
      now: ['key', { r: 59, t: 1 }],
    })
    expect(rateOf(first).reset - now).toBeGreaterThanOrEqual(1)
    expect(rateOf(first).reset - now).toBeLessThanOrEqual(2)
    for (let nth = 0; nth < 9; nth++) await list(server, bearer(api_key))
    const eleventh = rateOf(await list(server, bearer(api_key)))
    expect(eleventh).toMatchObject({ remaining: 49, now: ['key', { r: 49, t: 1 }] })
    expect(eleventh.reset - now).toBeGreaterThanOrEqual(11)
    const said = [...first.headers].map(([name, value]) => `${name}: ${value}`).join('\n')
    expect(said).not.toContain(api_key.slice(3, 13))
  })

  test.each<[string, number, (server: TestServer, key: string) => Promise<Response>]>([
    ['created', 201, (server, key) => server.fetch('/api/ingest/episode', post(key, '{}'))],
    ['a body that is wrong', 400, (server, key) => server.fetch('/api/ingest/episode', post(key, '{'))],
    ['a body that is too large', 413, (server, key) => server.fetch('/api/ingest/episode', post(key, HUGE))],
    ['no credential', 401, (server) => list(server)],
    ['a wrong credential', 401, (server, key) => list(server, bearer(otherSecret(key)))],
    ['two credentials', 400, (server, key) => list(server, { ...bearer(key), 'X-API-Key': 'rt_other' })],
    ['nothing there', 404, (server, key) => server.fetch('/api/episodes/ep_x', { headers: bearer(key) })],
    ['no such address', 404, (server) => server.fetch('/api/nothing')],
    ['another method', 405, (server) => server.fetch('/api/episodes', { method: 'DELETE' })],
    ['a link that is not valid', 403, (server) => server.fetch('/api/blobs/episodes/o/ep_x/video.mp4')],
  ])('%s (%d)', async (_what, status, ask) => {
    await using server = await limited(60)
    const { api_key } = await tenant(server)
    const answer = await ask(server, api_key)
    expect(answer.status).toBe(status)
    const { limit, remaining, reset, policy, now } = rateOf(answer)
    expect([limit, policy[1]]).toEqual([60, { q: 60, w: 60 }])
    expect(remaining).toBeGreaterThan(55)
    expect(reset).toBeGreaterThan(1e9)
    expect(now[1]).toHaveProperty('r', remaining)
  })

  test('with 0 nobody is limited, and nothing is said', async () => {
    await using server = await limited(0)
    const { api_key } = await tenant(server)
    const answers = await Promise.all(Array.from({ length: 100 }, () => list(server, bearer(api_key))))
    expect(answers.every(({ status }) => status === 200)).toBe(true)
    expect(answers[0]?.headers.get('x-ratelimit-limit')).toBeNull()
  })
})

const HUGE = `"${'x'.repeat(1024 * 1024)}"`

function post(key: string, body: string): RequestInit {
  return { method: 'POST', headers: { ...bearer(key), 'Content-Type': 'application/json' }, body }
}

describe('when the bucket is empty', () => {
  test('(17) of 150 requests at the same moment exactly 60 pass, and each refusal says when to come again', async () => {
    await using server = await limited(60)
    const { api_key } = await tenant(server)
    server.clock.advance('0s')
    const answers = await Promise.all(Array.from({ length: 150 }, () => list(server, bearer(api_key))))
    const refused = answers.filter(({ status }) => status === 429)
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(60)
    expect(refused).toHaveLength(90)
    for (const answer of refused) {
      const body = JSON.parse(await answer.text())
      const retry_after = Number(answer.headers.get('retry-after'))
      const { remaining, now } = rateOf(answer)
      expect(body).toMatchObject({ code: 'rate_limited', status: 429, retry_after })
      expect(body.detail).toBe(`Rate limit exceeded. Try again in ${retry_after} seconds.`)
      expect(remaining).toBe(0)
      expect(retry_after).toBeGreaterThanOrEqual(Number(new Map(Object.entries(now[1] ?? {})).get('t')))
      expect(retry_after).toBeGreaterThanOrEqual(1)
      expect(retry_after).toBeLessThanOrEqual(60)
    }
  })

  test('a caller who waits as long as the answer says is let through, and not before', async () => {
    await using server = await limited(2)
    const { api_key } = await tenant(server)
    server.clock.advance('0s')
    for (const status of [200, 200, 429]) expect((await list(server, bearer(api_key))).status).toBe(status)
    server.clock.advance('29s')
    expect((await list(server, bearer(api_key))).headers.get('retry-after')).toBe('1')
    server.clock.advance('1s')
    for (const status of [200, 429]) expect((await list(server, bearer(api_key))).status).toBe(status)
  })

  test('another key of the same organization goes on', async () => {
    await using server = await limited(1)
    const [one, two] = [await tenant(server), await tenant(server)]
    for (const status of [200, 429]) expect((await list(server, bearer(one.api_key))).status).toBe(status)
    expect((await list(server, bearer(two.api_key))).status).toBe(200)
  })

  test('(24) the answer is 429 and never 401, and a request is counted once (inbound #158, better-auth #4023 replayed)', async () => {
    await using server = await limited(3)
    const { api_key } = await tenant(server)
    server.clock.advance('0s')
    for (const left of [2, 1, 0]) expect(rateOf(await list(server, bearer(api_key))).remaining).toBe(left)
    expect((await list(server, bearer(api_key))).status).toBe(429)
    for (const left of [2, 1, 0]) expect(rateOf(await list(server)).remaining).toBe(left)
    const refused = await list(server)
    expect(refused.status).toBe(429)
    expect(refused.headers.get('www-authenticate')).toBeNull()
  })

  test('a client has the limit its administrator gave it, for each of its keys', async () => {
    await using server = await limited(60)
    const { api_key, organization_id } = await tenant(server)
    await server.ctx.db
      .updateTable('organizations')
      .set({ rate_limit: 5 })
      .where('id', '=', organization_id)
      .execute()
    server.clock.advance('0s')
    const answers = await Promise.all(Array.from({ length: 8 }, () => list(server, bearer(api_key))))
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(5)
    expect(answers.map((answer) => rateOf(answer).limit)).toEqual(Array(8).fill(5))
  })

  test('(51) what a person does in one organization does not count in another one', async () => {
    await using server = await limited(2)
    const [one, two] = [await tenant(server), await tenant(server)]
    const { account_id } = one.owner.caller
    const created_at = server.ctx.now().toISOString()
    await server.ctx.db
      .insertInto('members')
      .values({ organization_id: two.organization_id, account_id, role: 'viewer', created_at })
      .execute()
    await server.ctx.db
      .updateTable('organizations')
      .set({ rate_limit: 3 })
      .where('id', '=', two.organization_id)
      .execute()
    const token = await apiToken(server, one.owner)
    server.clock.advance('0s')
    const within = (organization_id: string) =>
      list(server, { ...bearer(token), 'X-RoboTrace-Organization': organization_id })
    for (const status of [200, 200, 429]) expect((await within(one.organization_id)).status).toBe(status)
    for (const status of [200, 200, 200, 429]) expect((await within(two.organization_id)).status).toBe(status)
    expect(rateOf(await within(one.organization_id)).policy).toEqual(['user', { q: 2, w: 60 }])
  })
})

describe('(23) whoever fails', () => {
  test('is told to wait when the network has failed too often, while a good key from there still works', async () => {
    await using server = await limited(5)
    const { api_key } = await tenant(server)
    server.clock.advance('0s')
    const tries = ['rt_nonsense', otherSecret(api_key), '', 'a.b.c', `${api_key}x`]
    for (const text of tries) expect((await list(server, bearer(text))).status, text).toBe(401)
    for (const text of tries) expect((await list(server, bearer(text))).status, text).toBe(429)
    expect((await list(server, bearer(api_key))).status).toBe(200)
  })

  test('with what cannot be a key costs no look at the database, refused or not (dub #4273 replayed)', async () => {
    const counted = countedDatabase()
    await using server = await startTestServer(
      { ROBOTRACE_RATE_LIMIT: '5', ROBOTRACE_TRUSTED_PROXIES: '127.0.0.1/32' },
      { overrides: { db: counted.db } },
    )
    const { api_key } = await tenant(server)
    let network = 0
    // From another network each time; work behind the requests' back may fall into one of them.
    const looks = async () => {
      const headers = { ...bearer(`${api_key.slice(0, -1)}_`), 'X-Forwarded-For': `192.0.2.${++network}` }
      const before = counted.statements()
      const statuses = []
      for (let nth = 0; nth < 10; nth++) statuses.push((await list(server, headers)).status)
      expect(new Set(statuses)).toEqual(new Set([401, 429]))
      return counted.statements() - before
    }
    await expect.poll(looks).toBe(0)
  })

  test('(22) gains nothing by naming another address in X-Forwarded-For', async () => {
    await using server = await limited(3)
    for (let nth = 0; nth < 3; nth++) await list(server, { 'X-Forwarded-For': `192.0.2.${nth}` })
    expect((await list(server, { 'X-Forwarded-For': '192.0.2.99' })).status).toBe(429)
  })

  test('(21) from a thousand addresses of one /64 fails out of one bucket', async () => {
    await using server = await limited(20, { ROBOTRACE_TRUSTED_PROXIES: '127.0.0.1/32' })
    server.clock.advance('0s')
    const from = (address: string) => list(server, { 'X-Forwarded-For': address })
    const statuses: number[] = []
    for (let nth = 0; nth < 1_000; nth++) {
      statuses.push((await from(`2001:db8:7:7::${nth.toString(16)}`)).status)
    }
    expect(statuses.filter((status) => status === 401)).toHaveLength(20)
    expect(statuses.filter((status) => status === 429)).toHaveLength(980)
    expect((await from('2001:db8:7:8::1')).status).toBe(401)
    expect((await from('::ffff:192.0.2.7')).status).toBe(401)
    expect(rateOf(await from('192.0.2.7')).remaining).toBe(18)
  })

  test('(21) from all networks of one /48 fails out of sixteen buckets', async () => {
    await using server = await limited(2, { ROBOTRACE_TRUSTED_PROXIES: '127.0.0.1/32' })
    server.clock.advance('0s')
    const statuses: number[] = []
    for (let nth = 0; nth < 50; nth++) {
      const answer = await list(server, { 'X-Forwarded-For': `2001:db8:7:${nth.toString(16)}::1` })
      statuses.push(answer.status)
    }
    expect(statuses.filter((status) => status === 401)).toHaveLength(32)
  })

  test('and hides the address shares one bucket with everybody who does', async () => {
    await using server = await limited(3, { ROBOTRACE_TRUSTED_PROXIES: '127.0.0.1/32' })
    const hidden = ['unknown', '_hidden', 'nonsense', 'x']
    const statuses = []
    for (const name of hidden) statuses.push((await list(server, { 'X-Forwarded-For': name })).status)
    expect(statuses.filter((status) => status === 429)).toHaveLength(1)
  })
})

describe('what is never refused for its rate', () => {
  test('exactly these, each with its reason', () => {
    const unlimited = DOORS.filter((door) => door.unlimited !== undefined)
    expect(unlimited.map(({ method, path }) => `${method} ${path}`).sort()).toEqual([
      'GET /api/blobs/episodes/:organization_id/:episode_id/:file',
      'POST /api/cli/auth/poll',
      'POST /api/cli/auth/revoke',
      'POST /api/cli/auth/start',
      'POST /api/ingest/episode/:id/finalize',
      'POST /api/v1/devices/enroll',
      'POST /oauth/device_authorization',
      'POST /oauth/introspect',
      'POST /oauth/revoke',
      'POST /oauth/token',
      'PUT /api/blobs/episodes/:organization_id/:episode_id/:file',
    ])
    for (const { path, unlimited: reason } of unlimited) expect(reason?.length, path).toBeGreaterThan(30)
  })

  test('an episode under way is uploaded and finalized by a key that may ask nothing else any more', async () => {
    await using server = await limited(3)
    const { api_key } = await tenant(server)
    const { id, url } = await videoSlot(server, api_key)
    const other = await start(server, api_key)
    const link = await signedGet(server, api_key, id).catch(() => '')
    expect((await list(server, bearer(api_key))).status).toBe(429)
    for (let nth = 0; nth < 10; nth++) expect((await put(url, 'frames')).status).toBe(200)
    for (let nth = 0; nth < 10; nth++) expect((await finalize(server, api_key, id)).status).toBe(200)
    expect((await finalize(server, api_key, other.episode_id)).status).toBe(200)
    expect(link).toBe('')
    const revoked = await server.fetch('/api/cli/auth/revoke', post(api_key, '{}'))
    expect(revoked.status).toBe(200)
    expect(rateOf(revoked).remaining).toBe(0)
  })

  test('a terminal polls on though its network may not do anything else any more', async () => {
    await using server = await limited(2)
    for (const status of [401, 401, 429]) expect((await list(server)).status).toBe(status)
    const ask = (path: string, body: object) =>
      server.fetch(path, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify(body),
      })
    const started = await ask('/api/cli/auth/start', { user_agent: 'robotrace-js/1', hostname: 'bench-3' })
    const { device_code } = JSON.parse(await started.text())
    for (let nth = 0; nth < 5; nth++)
      expect((await ask('/api/cli/auth/poll', { device_code })).status).toBe(200)
    const token = { grant_type: 'urn:ietf:params:oauth:grant-type:device_code', client_id: 'robotrace-cli' }
    expect((await ask('/oauth/token', { ...token, device_code })).status).toBe(400)
  })
})

test('the portal has a bucket of its own: 600 requests a minute for each person, whatever their scripts do', async () => {
  await using server = await limited(1)
  const somebody = await person(server)
  const token = await apiToken(server, somebody)
  const within = { ...bearer(token), 'X-RoboTrace-Organization': 'nowhere' }
  for (const status of [404, 429]) expect((await list(server, within)).status).toBe(status)
  server.clock.advance('0s')
  const portal = portalClient(server, somebody)
  const asked = await Promise.allSettled(Array.from({ length: 620 }, () => portal.auth.me.query()))
  expect(asked.filter(({ status }) => status === 'fulfilled')).toHaveLength(600)
  const refused = asked.find(({ status }) => status === 'rejected')
  expect(refused).toMatchObject({ reason: { data: { problem: { code: 'rate_limited', retry_after: 1 } } } })
  expect(await portalClient(server, await person(server)).auth.me.query()).not.toBeNull()
})

test('counting writes nothing: a hundred requests change no row', async () => {
  await using server = await limited(50)
  const { api_key } = await tenant(server)
  const before = await rowsChanged(server)
  for (let nth = 0; nth < 100; nth++) await list(server, bearer(api_key))
  expect(await rowsChanged(server)).toBe(before)
})

test('the SDK waits as long as it is told and starts its episode, and finalizes without waiting', async () => {
  await using server = await limited(2)
  const { api_key } = await tenant(server)
  server.clock.advance('0s')
  const waits: number[] = []
  const sleep = async (ms: number): Promise<void> => {
    waits.push(ms)
    server.clock.advance(`${ms}ms`)
  }
  const client = new Client({ api_key, base_url: server.url, verbose: false }, { ...hostRuntime, sleep })
  for (let nth = 0; nth < 4; nth++) {
    const episode = await client.startEpisode({ name: `run ${nth}`, request_uploads: [] })
    await episode.finalize({ duration_s: 1 })
  }
  expect(waits).toEqual([30_000, 30_000])
})
