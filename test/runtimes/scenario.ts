import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import process from 'node:process'
import { test } from 'node:test'
import { inspect } from 'node:util'
import {
  AuthError,
  Client,
  ConfigurationError,
  enrollDevice,
  NotFoundError,
  type RobotraceError,
  ValidationError,
} from '../../sdk/mod.ts'

/**
 * What the SDK promises, in one text that Node, Deno and Bun run unchanged. Address and key come from
 * ROBOTRACE_BASE_URL and ROBOTRACE_API_KEY, as they would on a robot; BIG_FILE names a large artifact and
 * BIG_FILE_SHA256 what is in it.
 */
const client = new Client({ verbose: false })
const api_key = setting('ROBOTRACE_API_KEY')
const secret = api_key.slice(14)
const MOST_GROWTH_BYTES = 150_000_000

function setting(name: string): string {
  const value = process.env[name]
  assert.ok(value, `${name} is set`)
  return value
}

/** `VmHWM` is the highest this process has ever been, `VmRSS` where it is now. */
function memory(line: 'VmHWM' | 'VmRSS'): number {
  const status = readFileSync('/proc/self/status', 'utf8')
  return Number(new RegExp(`${line}:\\s+(\\d+) kB`).exec(status)?.[1]) * 1024
}

async function thrown(work: Promise<unknown>): Promise<RobotraceError> {
  const outcome = await work.then(
    () => undefined,
    (error: unknown) => error,
  )
  assert.ok(outcome instanceof Error, 'it was refused')
  return outcome
}

test('a large file goes up from its path with flat memory and its exact length', async () => {
  const before = memory('VmRSS')
  const progress: number[] = []
  const episode = await client.startEpisode({ name: 'large', request_uploads: ['sensors'] })
  await episode.upload('sensors', setting('BIG_FILE'), {
    on_progress: ({ sent_bytes }) => void progress.push(sent_bytes),
  })
  const growth = memory('VmHWM') - before
  const { bytes_total } = await episode.finalize({ status: 'ready' })
  const [artifact] = (await client.getEpisode(episode.id)).artifacts
  assert.equal(artifact?.sha256, setting('BIG_FILE_SHA256'))
  assert.equal(artifact?.size_bytes, bytes_total)
  assert.equal(progress.at(-1), bytes_total)
  console.log(`memory grew by ${Math.round(growth / 1e6)} MB for ${Math.round(bytes_total / 1e6)} MB`)
  assert.ok(growth < MOST_GROWTH_BYTES, `memory grew by ${growth} bytes`)
})

test('every field comes back, the 64-bit seed exact', async () => {
  const { id } = await client.logEpisode({
    name: 'pick_and_place v3',
    source: 'sim',
    robot: 'ur5e-02',
    seed: 18446744073709551615n,
    metadata: { battery: { __type: 'robotrace.Battery', percent: 81 } },
    actions: new Blob(['npz']),
    sensors: new Uint8Array([1, 2, 3, 4]),
    video: new Blob(['mp4!!']).stream(),
    duration_s: 42.5,
  })
  const read = await client.getEpisode(id)
  assert.equal(read.seed, 18446744073709551615n)
  assert.equal(read.status, 'ready')
  assert.equal(read.bytes_total, 12)
  assert.deepEqual(read.metadata, { battery: { __type: 'robotrace.Battery', percent: 81 } })
  const response = await client.downloadArtifact(id, 'video')
  assert.equal(await response.text(), 'mp4!!')
  const ids: string[] = []
  for await (const episode of client.listEpisodes({ robot: 'ur5e-02', limit: 1 })) ids.push(episode.id)
  assert.ok(ids.includes(id))
})

test('await using ends as ready, or as failed with the reason', async () => {
  const ids: string[] = []
  {
    await using good = await client.startEpisode({ request_uploads: ['video'] })
    ids.push(good.id)
    await good.upload('video', new Blob(['mp4']))
  }
  await thrown(
    (async () => {
      await using cut = await client.startEpisode({ request_uploads: ['video'] })
      ids.push(cut.id)
      await cut.upload('video', '/no/such/file.mp4')
    })(),
  )
  await thrown(
    client.recordEpisode({}, (episode) => {
      ids.push(episode.id)
      throw new RangeError('joint 3 out of range')
    }),
  )
  const [good, cut, broken] = await Promise.all(ids.map((id) => client.getEpisode(id)))
  assert.equal(good?.status, 'ready')
  assert.equal(cut?.status, 'failed')
  assert.match(String(cut?.metadata.failure_reason), /^upload error: .*ENOENT/)
  assert.equal(broken?.metadata.failure_reason, 'RangeError: joint 3 out of range')
})

test('refusals are errors by status; a mistyped key never leaves the machine', async () => {
  assert.ok((await thrown(client.getEpisode('ep_unknown'))) instanceof NotFoundError)
  assert.ok((await thrown(client.startEpisode({ name: 'x'.repeat(201) }))) instanceof ValidationError)
  const unknown = new Client({ api_key: `rt_8a4f01c2b3_${'x'.repeat(20)}` })
  assert.ok((await thrown(unknown.startEpisode())) instanceof AuthError)
  const last = api_key.endsWith('A') ? 'B' : 'A'
  assert.throws(() => new Client({ api_key: api_key.slice(0, -1) + last }), ConfigurationError)
})

test('a stream of announced size is whole or nothing', async () => {
  const episode = await client.startEpisode()
  const stream = () => new Blob([new Uint8Array(300_000)]).stream()
  await episode.upload('video', stream(), { size_bytes: 300_000 })
  for (const size_bytes of [299_999, 300_001]) {
    await thrown(episode.upload('sensors', stream(), { size_bytes }))
  }
  const { bytes_total, missing_uploads } = await episode.finalize({ status: 'failed' })
  assert.equal(bytes_total, 300_000)
  assert.deepEqual(missing_uploads, ['sensors', 'actions'])
})

test('a store that is not there is a TransportError without the signature', async () => {
  const lost = new Client({ base_url: 'http://127.0.0.1:1' })
  const error = await thrown(lost.startEpisode())
  assert.equal(error.name, 'TransportError')
  for (const text of faces(error)) assert.ok(!text.includes(secret))
})

test('no inspection, error or JSON of anything shows the key', async () => {
  const episode = await client.startEpisode()
  const refused = await thrown(client.startEpisode({ name: 'x'.repeat(201) }))
  for (const value of [client, episode, refused, [client, { episode }]]) {
    for (const text of faces(value)) assert.ok(!text.includes(secret), text)
  }
  assert.deepEqual(JSON.parse(JSON.stringify(client)), {
    base_url: setting('ROBOTRACE_BASE_URL'),
    key_prefix: api_key.slice(0, 13),
  })
})

test('a device enrols, beats by itself until that is disposed, and is listed online', async () => {
  const [base_url, token] = [setting('ROBOTRACE_BASE_URL'), setting('ENROLMENT_TOKEN')]
  const name = `arm-${crypto.randomUUID().slice(0, 8)}`
  const made = await enrollDevice({ token, base_url, name })
  const robot = new Client({ api_key: made.api_key, base_url })
  assert.equal((await robot.heartbeat({ disk_usage: 50 })).status, 'online')
  const { metrics } = await robot.getDevice(name)
  assert.equal(metrics.disk_usage, 50)
  assert.ok(Math.abs(metrics.clock_offset_ms ?? Number.NaN) < 60_000, 'its clock is right')
  const told: unknown[] = []
  {
    using _beats = robot.startHeartbeats({
      metrics: () => ({ cpu_usage: 12.5 }),
      on_trouble: (error) => void told.push(error),
    })
    const until = Date.now() + 10_000
    while ((await robot.getDevice(name)).metrics.cpu_usage !== 12.5 && Date.now() < until) {
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    assert.equal((await robot.getDevice(name)).metrics.cpu_usage, 12.5)
  }
  const listed = []
  for await (const device of robot.listDevices({ status: 'online' })) listed.push(device.name)
  assert.deepEqual(listed, [name])
  assert.deepEqual(told, [])
  await assert.rejects(client.heartbeat(), ConfigurationError)
})

/** Every way a runtime has to show a value. */
function faces(value: unknown): string[] {
  const own: unknown[] = [Reflect.get(globalThis, 'Deno'), Reflect.get(globalThis, 'Bun')]
  const inspectors = own.flatMap((runtime) => {
    const show: unknown =
      typeof runtime === 'object' && runtime !== null ? Reflect.get(runtime, 'inspect') : undefined
    return typeof show === 'function' ? [String(show(value, { depth: 20, showHidden: true }))] : []
  })
  const stack = value instanceof Error ? [value.message, String(value.stack)] : []
  return [
    ...inspectors,
    inspect(value, { depth: 20, showHidden: true }),
    JSON.stringify(value),
    String(value),
    ...stack,
  ]
}
