import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { finalize, post, problem, read, start, withVideo } from '../episode-requests.ts'
import { startTestServer } from '../harness.ts'
import { bearer, tenant } from '../seed.ts'

describe('201', () => {
  test('an empty body opens a metadata-only episode', async () => {
    await using server = await startTestServer()
    const { api_key, organization_id } = await tenant(server)
    const started = await start(server, api_key, '{}')
    expect(started).toEqual({
      episode_id: expect.stringMatching(/^ep_[0-9a-z]{20}$/),
      status: 'recording',
      storage: 'r2',
      upload_urls: [],
    })
    const episode = await read(server, api_key, started.episode_id)
    expect(episode).toMatchObject({
      client_id: organization_id,
      source: 'real',
      status: 'recording',
      name: null,
      seed: null,
      metadata: {},
      artifacts: [],
      portal_url: `${server.ctx.config.public_url}/portal/episodes/${started.episode_id}`,
    })
  })

  test('null counts as absent, unknown members are ignored and requested slots are signed once', async () => {
    await using server = await startTestServer()
    const { api_key } = await tenant(server)
    const started = await start(
      server,
      api_key,
      '{"name":null,"source":null,"robot":null,"seed":null,"fps":null,"metadata":null,"otel":null,"later":1,"request_uploads":["video","sensors","video"]}',
    )
    expect(started.upload_urls.map(({ kind }) => kind)).toEqual(['video', 'sensors'])
    const [video] = started.upload_urls
    expect(video?.url).toMatch(/\/episodes\/[0-9a-f-]{36}\/ep_[0-9a-z]{20}\/video\.mp4\?/)
    const lifetime = Date.parse(video?.expires_at ?? '') - Date.now()
    expect(lifetime).toBeGreaterThan(29 * 60_000)
    expect(lifetime).toBeLessThanOrEqual(30 * 60_000)
  })

  test('every 64-bit seed survives the round trip, as a number and as a text', async () => {
    await using server = await startTestServer()
    const { api_key } = await tenant(server)
    const seeds = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n })
    await fc.assert(
      fc.asyncProperty(seeds, fc.boolean(), async (seed, quoted) => {
        const { episode_id } = await start(server, api_key, `{"seed":${quoted ? `"${seed}"` : seed}}`)
        const answer = await server.fetch(`/api/episodes/${episode_id}`, { headers: bearer(api_key) })
        const text = await answer.text()
        expect(text).toContain(`"seed":${seed},`)
        expect(text).toContain(`"seed_text":"${seed}"`)
      }),
      {
        numRuns: 30,
        examples: [
          [2n ** 64n - 1n, false],
          [-(2n ** 63n), false],
          [2n ** 53n + 1n, true],
        ],
      },
    )
  })

  test('integers beyond 2^53 in the metadata come back digit for digit', async () => {
    await using server = await startTestServer()
    const { api_key } = await tenant(server)
    const { episode_id } = await start(
      server,
      api_key,
      '{"metadata":{"t_ns":1790000000123456789,"deep":[{"n":-9007199254740993}]}}',
    )
    const answer = await server.fetch(`/api/episodes/${episode_id}`, { headers: bearer(api_key) })
    expect(await answer.text()).toContain(
      '"metadata":{"t_ns":1790000000123456789,"deep":[{"n":-9007199254740993}]}',
    )
  })

  test('the active span is kept at metadata.otel', async () => {
    await using server = await startTestServer()
    const { api_key } = await tenant(server)
    const otel = {
      trace_id: 'a'.repeat(32),
      span_id: 'b'.repeat(16),
      traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-00`,
    }
    const { episode_id } = await start(server, api_key, { metadata: { task: 'pick' }, otel })
    expect((await read(server, api_key, episode_id)).metadata).toEqual({ task: 'pick', otel })
  })

  test('control characters and direction overrides never reach a name', async () => {
    await using server = await startTestServer()
    const { api_key } = await tenant(server)
    const { episode_id } = await start(server, api_key, {
      name: ' pick\u001b[31m\u202e\nplace\u0000 ',
      robot: '\u0007',
    })
    const episode = await read(server, api_key, episode_id)
    expect(episode.name).toBe('pick[31mplace')
    expect(episode.robot).toBeNull()
  })
})

describe('400', () => {
  test.each([
    ['name', { name: 'x'.repeat(201) }],
    ['robot', { robot: 'x'.repeat(121) }],
    ['git_sha', { git_sha: 'x'.repeat(65) }],
    ['source', { source: 'dream' }],
    ['seed', { seed: 1.5 }],
    ['seed', { seed: '0x10' }],
    ['seed', { seed: true }],
    ['fps', { fps: 0 }],
    ['metadata', { metadata: [] }],
    ['request_uploads.0', { request_uploads: ['pointcloud'] }],
    ['otel.trace_id', { otel: { trace_id: 'x', span_id: 'b'.repeat(16), traceparent: '' } }],
  ])('starting names the member that is wrong: %s', async (path, body) => {
    await using server = await startTestServer()
    const { api_key } = await tenant(server)
    const refused = await problem(await post(server, '/api/ingest/episode', api_key, body))
    expect(refused).toMatchObject({ status: 400, code: 'invalid_request' })
    expect(refused.errors?.map((one) => one.path)).toContain(path)
    expect(refused.error.startsWith(`${path}: `)).toBe(true)
  })

  test.each([
    ['seed', '{"seed": 18446744073709551616}'],
    ['seed', '{"seed": -9223372036854775809}'],
    ['metadata.pose.1', '{"metadata": {"pose": [1, NaN]}}'],
    ['fps', '{"fps": Infinity}'],
  ])('%s beyond JSON or 64 bits is named in a text that is not parsed twice', async (path, body) => {
    await using server = await startTestServer()
    const { api_key } = await tenant(server)
    const refused = await problem(await post(server, '/api/ingest/episode', api_key, body))
    expect(refused.status).toBe(400)
    expect(refused.error).toContain(`${path}: `)
  })
})

describe('404', () => {
  test("another tenant's episode cannot be told from one that never was", async () => {
    await using server = await startTestServer()
    const mine = await tenant(server)
    const theirs = await tenant(server)
    const { id } = await withVideo(server, theirs.api_key, 'theirs')
    const never = id.replace(/.{4}$/, '0000')
    const seen = async (of: string, answer: Promise<Response>) => {
      const { status, headers } = await answer
      const text = (await (await answer).text()).replaceAll(of, 'ID').replace(/req_\w+/, 'REQ')
      return { status, type: headers.get('content-type'), text }
    }
    for (const path of ['', '/artifact/video']) {
      const ask = (one: string) =>
        seen(one, server.fetch(`/api/episodes/${one}${path}`, { headers: bearer(mine.api_key) }))
      expect(await ask(id)).toEqual(await ask(never))
      expect((await ask(id)).status).toBe(404)
    }
    expect(await seen(id, finalize(server, mine.api_key, id))).toEqual(
      await seen(never, finalize(server, mine.api_key, never)),
    )
    expect((await read(server, theirs.api_key, id)).status).toBe('recording')
  })
})

describe('401', () => {
  test('without a key every door is shut with the same body', async () => {
    await using server = await startTestServer()
    const answers = await Promise.all([
      server.fetch('/api/ingest/episode', { method: 'POST' }),
      server.fetch('/api/ingest/episode/ep_x/finalize', { method: 'POST' }),
      server.fetch('/api/episodes'),
      server.fetch('/api/episodes/ep_x'),
      server.fetch('/api/episodes/ep_x/artifact/video'),
    ])
    for (const answer of answers) {
      expect(await problem(answer)).toMatchObject({ status: 401, detail: 'Could not validate credentials' })
    }
  })
})

describe('405', () => {
  test('a known address says which methods it answers', async () => {
    await using server = await startTestServer()
    const answer = await server.fetch('/api/ingest/episode', { method: 'DELETE' })
    expect(answer.status).toBe(405)
    expect(answer.headers.get('allow')).toBe('POST')
  })
})

describe('413 and 415', () => {
  test('a body beyond 1 MiB, or one that is not JSON, is refused with a sentence', async () => {
    await using server = await startTestServer()
    const { api_key } = await tenant(server)
    const long = JSON.stringify({ metadata: { text: 'x'.repeat(1_100_000) } })
    expect((await problem(await post(server, '/api/ingest/episode', api_key, long))).status).toBe(413)
    const form = await server.fetch('/api/ingest/episode', {
      method: 'POST',
      headers: { ...bearer(api_key), 'Content-Type': 'text/plain' },
      body: '{}',
    })
    expect((await problem(form)).status).toBe(415)
  })
})
