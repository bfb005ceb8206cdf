import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { ConfigurationError, ConflictError, type Episode, RobotraceError, VERSION } from '../../sdk/mod.ts'
import { KEY, problem, startWireServer } from './wire-server.ts'

const FAILING_PUT = { status: 507, json: { error: 'The server has no room for more data.' } }

test('the version is the one that deno.json and package.json say', () => {
  for (const file of ['deno.json', 'package.json']) {
    expect(JSON.parse(readFileSync(file, 'utf8')).version).toBe(VERSION)
  }
})

describe('starting', () => {
  test('sends what the Python client sends, under our own name', async () => {
    await using server = await startWireServer()
    const episode = await server.client().startEpisode({ name: 'pick_and_place v3', fps: 30, robot: null })
    expect(episode).toMatchObject({ id: 'ep_8f3c', storage: 'r2', status: 'recording' })
    expect(episode.portal_url).toBe(`${server.url}/portal/episodes/ep_8f3c`)
    const [start] = server.arrived
    expect(start?.headers).toMatchObject({
      authorization: `Bearer ${KEY}`,
      accept: 'application/json',
      'content-type': 'application/json',
      'user-agent': `robotrace-js/${VERSION}`,
      'x-robotrace-sdk-version': VERSION,
    })
    expect(start?.json).toEqual({
      source: 'real',
      name: 'pick_and_place v3',
      fps: 30,
      request_uploads: ['video', 'sensors', 'actions'],
    })
  })

  test('a path prefix of the deployment stays in front of every call', async () => {
    await using server = await startWireServer(() => ({ status: 201, json: { episode_id: 'ep_1' } }))
    const episode = await server.client({ base_url: `${server.url}/prefix/` }).startEpisode()
    expect(server.arrived[0]?.path).toBe('/prefix/api/ingest/episode')
    expect(episode.portal_url).toBe(`${server.url}/prefix/portal/episodes/ep_1`)
  })

  test.each([
    [42, '42'],
    [18446744073709551615n, '18446744073709551615'],
    ['-9223372036854775808', '-9223372036854775808'],
  ])('the seed %s travels as an exact JSON integer', async (seed, digits) => {
    await using server = await startWireServer()
    await server.client().startEpisode({ seed })
    expect(server.arrived[0]?.body).toContain(`"seed":${digits},`)
  })

  test.each([2 ** 53, 1.5, Number.NaN, '1e3', '', 2n ** 64n, -(2n ** 63n) - 1n])(
    'the seed %s is refused, because it would not come back as it is',
    async (seed) => {
      await using server = await startWireServer()
      await expect(server.client().startEpisode({ seed })).rejects.toThrow(ConfigurationError)
      expect(server.arrived).toHaveLength(0)
    },
  )

  test('a value JSON cannot hold is refused by its name instead of becoming null', async () => {
    await using server = await startWireServer()
    const metadata = { pose: { rotation: [0, Number.NaN] } }
    await expect(server.client().startEpisode({ metadata })).rejects.toThrow(
      'metadata.pose.rotation.1 is NaN',
    )
    expect(server.arrived).toHaveLength(0)
  })
})

describe('finalizing', () => {
  test('counts what was uploaded, and is done once', async () => {
    await using server = await startWireServer()
    const episode = await server.client().startEpisode()
    await episode.upload('sensors', new Uint8Array(1000))
    await episode.upload('sensors', new Uint8Array(10))
    await episode.finalize({ duration_s: 42.5, metadata: { task: 'pick' } })
    expect(server.to('/finalize')[0]?.json).toEqual({
      status: 'ready',
      duration_s: 42.5,
      bytes_total: 10,
      metadata: { task: 'pick' },
    })
    expect(episode.status).toBe('ready')
    await expect(episode.finalize()).rejects.toThrow('already finalized as ready')
    await expect(episode.upload('video', new Uint8Array(1))).rejects.toThrow('already finalized')
    expect(server.to('/finalize')).toHaveLength(1)
  })

  test('a failed run carries its time and its reason', async () => {
    await using server = await startWireServer()
    const episode = await server.client().startEpisode()
    episode.fail('gripper lost the object', { time_s: 12.84 })
    episode.fail('second thought')
    await episode.finalize()
    expect(server.to('/finalize')[0]?.json).toEqual({
      status: 'failed',
      failure_time_s: 12.84,
      metadata: { failure_reason: 'gripper lost the object' },
    })
  })

  test('a failure time without a failure is refused', async () => {
    await using server = await startWireServer()
    const episode = await server.client().startEpisode()
    await expect(episode.finalize({ status: 'ready', failure_time_s: 3 })).rejects.toThrow(ConfigurationError)
    await expect(episode.finalize({ status: 'failed', failure_time_s: -1 })).rejects.toThrow(
      ConfigurationError,
    )
    expect(server.to('/finalize')).toHaveLength(0)
  })

  test.each([429, 500, 503])(
    'a finalize answered %i is not repeated, and may be called again',
    async (status) => {
      let answered = 0
      await using server = await startWireServer(({ path }) =>
        path.endsWith('/finalize') && answered++ === 0
          ? problem(status, 'unavailable', 'Not now.')
          : undefined,
      )
      const episode = await server.client().startEpisode()
      await expect(episode.finalize()).rejects.toMatchObject({ status })
      expect(server.to('/finalize')).toHaveLength(1)
      await episode.finalize()
      expect(episode.status).toBe('ready')
    },
  )
})

describe('await using', () => {
  test('finalizes as ready when the block ends', async () => {
    await using server = await startWireServer()
    {
      await using episode = await server.client().startEpisode({ request_uploads: ['video'] })
      await episode.upload('video', new Uint8Array(3))
    }
    expect(server.to('/finalize').map(({ json }) => json)).toEqual([{ status: 'ready', bytes_total: 3 }])
  })

  test('finalizes as failed with the reason when an upload did not go through', async () => {
    await using server = await startWireServer(({ method }) => (method === 'PUT' ? FAILING_PUT : undefined))
    await expect(async () => {
      await using episode = await server.client().startEpisode()
      await episode.upload('video', new Uint8Array(3))
    }).rejects.toMatchObject({ status: 507 })
    expect(server.to('/finalize')[0]?.json).toMatchObject({
      status: 'failed',
      metadata: { failure_reason: expect.stringContaining('upload error: ') },
    })
  })

  test('an upload that worked the second time is not held against the run', async () => {
    let puts = 0
    await using server = await startWireServer(({ method }) =>
      method === 'PUT' && puts++ === 0 ? FAILING_PUT : undefined,
    )
    {
      await using episode = await server.client().startEpisode()
      await episode.upload('video', new Uint8Array(3)).catch(() => {})
      await episode.upload('video', new Uint8Array(3))
    }
    expect(server.to('/finalize')[0]?.json).toMatchObject({ status: 'ready' })
  })

  test('finalizes as failed when the block was left before an announced artifact arrived', async () => {
    await using server = await startWireServer()
    await expect(async () => {
      await using episode = await server.client().startEpisode({ request_uploads: ['video', 'sensors'] })
      await episode.upload('video', new Uint8Array(3))
      throw new Error('the arm stopped')
    }).rejects.toThrow('the arm stopped')
    expect(server.to('/finalize')[0]?.json).toMatchObject({
      status: 'failed',
      metadata: { failure_reason: 'the recording ended before sensors arrived' },
    })
  })

  test('waits for an upload that nobody awaited', async () => {
    await using server = await startWireServer()
    {
      await using episode = await server.client().startEpisode({ request_uploads: ['video'] })
      void episode.upload('video', new Uint8Array(3))
    }
    expect(server.arrived.map(({ method }) => method)).toEqual(['POST', 'PUT', 'POST'])
    expect(server.to('/finalize')[0]?.json).toMatchObject({ status: 'ready', bytes_total: 3 })
  })

  test('leaves an episode alone that was finalized inside, or tried to be', async () => {
    await using server = await startWireServer(({ path }) =>
      path.endsWith('/finalize') ? problem(409, 'conflict', 'This episode is archived.') : undefined,
    )
    await expect(async () => {
      await using episode = await server.client().startEpisode()
      await episode.finalize({ status: 'failed' })
    }).rejects.toThrow(ConflictError)
    expect(server.to('/finalize')).toHaveLength(1)
  })

  test('a finalize that could not even be sent ends as failed, not as ready', async () => {
    await using server = await startWireServer()
    await expect(async () => {
      await using episode = await server.client().startEpisode()
      await episode.finalize({ duration_s: Number.NaN })
    }).rejects.toThrow('duration_s is NaN')
    expect(server.to('/finalize')[0]?.json).toMatchObject({
      status: 'failed',
      metadata: { failure_reason: expect.stringContaining('duration_s') },
    })
  })
})

describe('recordEpisode', () => {
  test('returns what the work returns and finalizes as ready', async () => {
    await using server = await startWireServer()
    expect(await server.client().recordEpisode({}, () => 1280)).toBe(1280)
    expect(server.to('/finalize')[0]?.json).toMatchObject({ status: 'ready' })
  })

  test('sees every exception: failed with the reason, and the exception goes on', async () => {
    await using server = await startWireServer()
    const work = () => {
      throw new RangeError(`joint 3 out of range, key ${KEY}`)
    }
    await expect(server.client().recordEpisode({}, work)).rejects.toThrow(RangeError)
    const [final] = server.to('/finalize')
    expect(final?.json).toMatchObject({
      status: 'failed',
      metadata: { failure_reason: expect.stringMatching(/^RangeError: joint 3 out of range, key rt_/) },
    })
    expect(final?.body).not.toContain(KEY.slice(14))
  })

  test('work that finalizes by itself is left as it is', async () => {
    await using server = await startWireServer()
    const work = (episode: Episode) => episode.finalize({ status: 'failed', failure_time_s: 1 })
    await server.client().recordEpisode({}, work)
    expect(server.to('/finalize')).toHaveLength(1)
  })
})

describe('logEpisode', () => {
  test('asks only for the slots it fills, and fills them', async () => {
    await using server = await startWireServer()
    const bytes = new Blob(['npz'])
    const episode = await server.client().logEpisode({
      name: 'run',
      sensors: bytes,
      actions: bytes,
      duration_s: 42.5,
      status: 'failed',
      failure_time_s: 12.84,
      failure_reason: 'slipped',
    })
    expect(episode.status).toBe('failed')
    expect(server.arrived[0]?.json).toEqual({
      source: 'real',
      name: 'run',
      request_uploads: ['sensors', 'actions'],
    })
    expect(server.to('/finalize')[0]?.json).toEqual({
      status: 'failed',
      duration_s: 42.5,
      failure_time_s: 12.84,
      bytes_total: 6,
      metadata: { failure_reason: 'slipped' },
    })
  })

  test('metadata alone is a whole episode', async () => {
    await using server = await startWireServer()
    await server.client().logEpisode({ metadata: { task: 'pick' } })
    expect(server.arrived[0]?.json).toEqual({
      source: 'real',
      metadata: { task: 'pick' },
      request_uploads: [],
    })
    expect(server.arrived).toHaveLength(2)
  })

  test('an upload that fails ends the episode as failed and throws its own error', async () => {
    await using server = await startWireServer(({ method }) => (method === 'PUT' ? FAILING_PUT : undefined))
    await expect(server.client().logEpisode({ video: new Blob(['x']) })).rejects.toMatchObject({
      status: 507,
    })
    expect(server.to('/finalize')[0]?.json).toEqual({
      status: 'failed',
      metadata: { failure_reason: expect.stringMatching(/^upload error: .*no room/) },
    })
  })

  test.each([
    { video: 'sensors.npz' },
    { sensors: './run.MP4' },
    { actions: new URL('file:///data/clip.webm') },
    { video: new File([], 'actions.parquet') },
    { failure_time_s: 3 },
  ])('%j contradicts itself and is refused before anything is sent', async (options) => {
    await using server = await startWireServer()
    await expect(server.client().logEpisode(options)).rejects.toThrow(ConfigurationError)
    expect(server.arrived).toHaveLength(0)
  })
})

test('a deployment without storage takes metadata and says why it takes no artifact', async () => {
  await using server = await startWireServer(({ path }) =>
    path === '/api/ingest/episode'
      ? {
          status: 201,
          json: { episode_id: 'ep_1', status: 'recording', storage: 'unconfigured', upload_urls: [] },
        }
      : undefined,
  )
  const episode = await server.client().startEpisode()
  await expect(episode.upload('video', new Uint8Array(1))).rejects.toThrow('no storage')
  await episode.finalize({ status: 'ready' })
  expect(episode.status).toBe('ready')
})

test('every error of this SDK is a RobotraceError', async () => {
  await using server = await startWireServer(() => problem(403, 'forbidden', 'Not enough permissions'))
  await expect(server.client().getEpisode('ep_1')).rejects.toThrow(RobotraceError)
})
