import { describe, expect, test } from 'vitest'
import { finalized, post, start, withVideo } from '../episode-requests.ts'
import { startTestServer, type TestServer } from '../harness.ts'
import { bearer, otherSecret, tenant } from '../seed.ts'

const KEY = 'a key for one Prometheus'

const withMetrics = (env: Record<string, string> = {}) =>
  startTestServer({ ROBOTRACE_METRICS_KEY: KEY, ...env }, { file: true })

/** One line of the text format, as its description has it: a name, labels, a number. */
const SAMPLE =
  /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{((?:[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*",?)*)\})? (NaN|[+-]Inf|-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)$/

interface Sample {
  name: string
  labels: string
  value: number
}

/** Strict: a line that is neither a comment as they must be nor a sample is an error, and so is a family said twice. */
function parse(text: string): { samples: Sample[]; types: Map<string, string> } {
  expect(text.endsWith('\n')).toBe(true)
  const types = new Map<string, string>()
  const samples: Sample[] = []
  for (const line of text.split('\n').filter(Boolean)) {
    const type = /^# TYPE (\S+) (counter|gauge|histogram|summary|untyped)$/.exec(line)
    if (type) {
      expect(types.has(type[1] ?? ''), line).toBe(false)
      types.set(type[1] ?? '', type[2] ?? '')
      continue
    }
    if (/^# HELP \S+ \S/.test(line)) continue
    const sample = SAMPLE.exec(line)
    expect(sample, line).not.toBeNull()
    const [, name = '', labels = '', value] = sample ?? []
    const family = types.has(name) ? name : name.replace(/_(?:bucket|sum|count)$/, '')
    expect(types.has(family), line).toBe(true)
    samples.push({ name, labels, value: Number(value) })
  }
  return { samples, types }
}

async function read(
  server: TestServer,
): Promise<{ text: string; samples: Sample[]; types: Map<string, string> }> {
  const answer = await server.fetch('/metrics', { headers: bearer(KEY) })
  expect(answer.status).toBe(200)
  expect(answer.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
  const text = await answer.text()
  return { text, ...parse(text) }
}

function value({ samples }: { samples: Sample[] }, name: string, labels = ''): number | undefined {
  return samples.find((one) => one.name === name && one.labels === labels)?.value
}

describe('whoever may not read', () => {
  test('gets what any unknown address answers: without a key, with a wrong one, and where there are no metrics', async () => {
    await using server = await withMetrics()
    await using without = await startTestServer()
    const unknown = await shape(await server.fetch('/api/nothing-here'))
    const tries: [TestServer, Record<string, string>][] = [
      [server, {}],
      [server, bearer(`${KEY} `.trim().slice(1))],
      [server, bearer(`${KEY}x`)],
      [server, { Authorization: KEY }],
      [without, bearer(KEY)],
      [without, bearer('')],
    ]
    for (const [where, headers] of tries) {
      expect(await shape(await where.fetch('/metrics', { headers }))).toEqual(unknown)
    }
    expect((await server.fetch(`/metrics?key=${KEY}`)).status).toBe(404)
    expect((await server.fetch('/metrics', { method: 'POST', headers: bearer(KEY) })).status).toBe(404)
  })

  async function shape(answer: Response): Promise<object> {
    // What it was asked for, and its id, differ from one to the next.
    const body: unknown = await answer.json()
    const problem = { ...Object(body), instance: '', request_id: '' }
    return { status: answer.status, type: answer.headers.get('content-type'), problem }
  }
})

test('/metrics is valid exposition, and counts requests by door, episodes, bytes and commits', async () => {
  await using server = await withMetrics()
  const { api_key } = await tenant(server)
  const { id } = await withVideo(server, api_key, 'x'.repeat(1000))
  await finalized(server, api_key, id)
  // Said again, it is still one that was finalized.
  await finalized(server, api_key, id)
  await start(server, api_key)
  await post(server, '/api/ingest/episode', otherSecret(api_key), {})
  const found = await read(server)
  const door = 'method="POST",route="/api/ingest/episode"'
  expect(value(found, 'robotrace_http_requests_total', `${door},status="2xx"`)).toBe(2)
  expect(value(found, 'robotrace_http_requests_total', `${door},status="4xx"`)).toBe(1)
  expect(value(found, 'robotrace_http_request_duration_seconds_count', door)).toBe(3)
  expect(value(found, 'robotrace_episodes_started_total')).toBe(2)
  expect(value(found, 'robotrace_episodes_finalized_total', 'status="ready"')).toBe(1)
  expect(value(found, 'robotrace_episodes', 'status="ready"')).toBe(1)
  expect(value(found, 'robotrace_episodes', 'status="recording"')).toBe(1)
  expect(value(found, 'robotrace_received_bytes_total')).toBe(1000)
  expect(value(found, 'robotrace_uploads_under_way')).toBe(0)
  expect(value(found, 'robotrace_commit_writes_count')).toBeGreaterThan(0)
  expect(value(found, 'robotrace_commit_duration_seconds_count')).toBeGreaterThan(0)
  expect(value(found, 'robotrace_database_bytes')).toBeGreaterThan(0)
  expect(value(found, 'robotrace_database_wal_bytes')).toBeGreaterThan(0)
  expect(value(found, 'robotrace_disk_free_bytes')).toBeGreaterThan(1e6)
  expect(value(found, 'robotrace_stored_bytes')).toBeGreaterThanOrEqual(0)
  expect(found.types.get('robotrace_info')).toBe('gauge')
  expect(value(found, 'process_resident_memory_bytes')).toBeGreaterThan(1e6)
})

test('no label names an id, a person, an organization or a path that somebody made up', async () => {
  await using server = await withMetrics()
  const { api_key, organization_id, owner } = await tenant(server, { name: 'Halcyon' })
  const { episode_id } = await start(server, api_key)
  await server.fetch(`/api/episodes/${episode_id}`, { headers: bearer(api_key) })
  await server.fetch('/made/up/by/anybody')
  await server.fetch('/trpc/auth.me', { headers: { Cookie: owner.cookie } })
  await server.fetch('/trpc/made.up')
  const { text, samples } = await read(server)
  expect(text).not.toMatch(/made|Halcyon|lab\.example|ep_/)
  expect(text).not.toContain(organization_id)
  expect(text).toContain('route="/api/episodes/:id"')
  expect(text).toContain('route="/trpc"')
  const routes = new Set(samples.map(({ labels }) => /route="([^"]+)"/.exec(labels)?.[1]).filter(Boolean))
  expect([...routes].sort()).toEqual(['/api/episodes/:id', '/api/ingest/episode', '/trpc', 'other'])
})

test('background work that fails is counted by its task', async () => {
  await using server = await withMetrics()
  server.ctx.background.add('a task', () => Promise.reject(new Error('no')))
  await server.ctx.background.drain()
  expect(value(await read(server), 'robotrace_background_failures_total', 'task="a task"')).toBe(1)
})
