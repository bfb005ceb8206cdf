import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import {
  APIError,
  AuthError,
  type Client,
  ConfigurationError,
  ConflictError,
  NotFoundError,
  RateLimitError,
  ServerError,
  TransportError,
  ValidationError,
} from '../../sdk/mod.ts'
import { KEY, problem, startWireServer } from './wire-server.ts'

async function thrown(work: Promise<unknown>): Promise<unknown> {
  return await work.then(
    () => expect.unreachable('nothing was thrown'),
    (error: unknown) => error,
  )
}

describe('an answer that refuses becomes the error class of its status', () => {
  test.each([
    [400, ValidationError],
    [401, AuthError],
    [404, NotFoundError],
    [409, ConflictError],
    [429, RateLimitError],
    [500, ServerError],
    [503, ServerError],
    [403, APIError],
    [410, APIError],
    [413, APIError],
    [422, APIError],
  ])('%i', async (status, Class) => {
    await using server = await startWireServer(() => problem(status, 'a_code', 'A sentence.'))
    const error = await thrown(server.client().getEpisode('ep_1'))
    expect(error).toBeInstanceOf(Class)
    expect(error).toMatchObject({
      name: Class.name,
      message: 'A sentence.',
      status,
      code: 'a_code',
      request_id: 'req_1',
    })
    expect(error).toHaveProperty('response_body.detail', 'A sentence.')
    expect(Object.getPrototypeOf(error)).toBe(Class.prototype)
  })

  test('only a string `error` is shown, as in every client of this wire', async () => {
    await using server = await startWireServer(() => ({
      status: 400,
      json: { error: { a: 1 }, detail: 'x' },
    }))
    await expect(server.client().getEpisode('ep_1')).rejects.toThrow(/^HTTP 400$/)
  })

  test.each(['<html>', '[]', '', 'null'])('a success that says %j is a ServerError', async (text) => {
    await using server = await startWireServer(() => ({ status: 200, text }))
    const error = await thrown(server.client().getEpisode('ep_1'))
    expect(error).toBeInstanceOf(ServerError)
    expect(error).toMatchObject({ status: 200 })
  })

  test.each([301, 302, 307, 308])('a redirect (%i) of a JSON call is not followed', async (status) => {
    await using server = await startWireServer(({ path }) =>
      path === '/elsewhere' ? { status: 200, json: {} } : { status, headers: { Location: '/elsewhere' } },
    )
    expect(await thrown(server.client().startEpisode())).toMatchObject({ name: 'APIError', status })
    expect(server.arrived).toHaveLength(1)
  })

  test('no answer at all is a TransportError that says why', async () => {
    const server = await startWireServer()
    await server[Symbol.asyncDispose]()
    const error = await thrown(server.client().startEpisode())
    expect(error).toBeInstanceOf(TransportError)
    expect(error).toMatchObject({ code: 'ECONNREFUSED', message: expect.stringContaining('ECONNREFUSED') })
  })

  test('an answer that does not come in time is a TransportError', async () => {
    const fetchThatHangs: typeof fetch = (_url, init) =>
      new Promise((_, reject) => init?.signal?.addEventListener('abort', () => reject(init.signal?.reason)))
    await using server = await startWireServer()
    const client = server.client({ fetch: fetchThatHangs, timeout_s: 0.01 })
    expect(await thrown(client.startEpisode())).toMatchObject({ name: 'TransportError', code: 'ETIMEDOUT' })
    expect(() => server.client({ timeout_s: 0 })).toThrow(ConfigurationError)
  })
})

describe('429', () => {
  const limited = (headers: Record<string, string> = {}) =>
    problem(429, 'rate_limited', 'Try again later.', headers)

  test('a create is tried four times with identical bytes, after 1, 2 and 4 s', async () => {
    await using server = await startWireServer(() => limited())
    const error = await thrown(server.client().startEpisode({ name: 'x', metadata: { a: 1 } }))
    expect(error).toBeInstanceOf(RateLimitError)
    expect(server.waits).toEqual([1000, 2000, 4000])
    expect(new Set(server.arrived.map(({ body }) => body)).size).toBe(1)
    expect(server.arrived).toHaveLength(4)
  })

  test.each([
    ['7', 7000],
    ['90', 30_000],
    ['86400', 30_000],
    ['86401', 1000],
    ['0', 1000],
    ['-5', 1000],
    ['1.5', 1000],
    ['Wed, 21 Oct 2026 07:28:00 GMT', 1000],
  ])('Retry-After: %s waits %i ms', async (value, wait) => {
    let answered = 0
    await using server = await startWireServer(() =>
      answered++ === 0 ? limited({ 'Retry-After': value }) : undefined,
    )
    await server.client().startEpisode()
    expect(server.waits).toEqual([wait])
  })

  test('the error carries what the server asks for', async () => {
    await using server = await startWireServer(() => limited({ 'Retry-After': '60' }))
    expect(await thrown(server.client().getEpisode('ep_1'))).toMatchObject({ retry_after: 60 })
    expect(server.arrived).toHaveLength(1)
  })

  test.each([500, 502, 503])('a create answered %i is not repeated: it may have happened', async (status) => {
    await using server = await startWireServer(() => problem(status, 'internal', 'Oops.'))
    await expect(server.client().startEpisode()).rejects.toThrow(ServerError)
    expect(server.arrived).toHaveLength(1)
  })
})

describe('(62) the key stays inside', () => {
  const secret = KEY.slice(14)

  function faces(value: unknown): string {
    const error = value instanceof Error ? `${value.message} ${value.stack}` : ''
    return [
      inspect(value, { depth: 20, showHidden: true }),
      JSON.stringify(value),
      String(value),
      error,
    ].join('\n')
  }

  test('no face of a client, an episode or an error shows it', async () => {
    await using server = await startWireServer(({ path }) =>
      path === '/api/ingest/episode'
        ? undefined
        : { status: 500, json: { error: `Bearer ${KEY}`, deep: [{ KEY }] } },
    )
    const client = server.client()
    const episode = await client.startEpisode()
    const error = await thrown(client.getEpisode('ep_1'))
    for (const value of [client, episode, error, [client, { episode }]])
      expect(faces(value)).not.toContain(secret)
    expect(JSON.parse(JSON.stringify(client))).toEqual({ base_url: server.url, key_prefix: KEY.slice(0, 13) })
    expect(String(error)).toContain(`${KEY.slice(0, 13)}…`)
  })

  test('an API token is a secret like a key, and stays inside like one', async () => {
    const token = `eyJhbGciOiJIUzI1NiJ9.${'a'.repeat(60)}.${'b'.repeat(43)}`
    await using server = await startWireServer(({ path }) =>
      path === '/api/ingest/episode'
        ? undefined
        : { status: 403, json: { error: `Bearer ${token}`, code: 'forbidden', detail: token } },
    )
    const client = server.client({ api_key: token })
    const episode = await client.startEpisode()
    const error = await thrown(client.getEpisode('ep_1'))
    expect(server.arrived.at(-1)?.headers.authorization).toBe(`Bearer ${token}`)
    for (const value of [client, episode, error, [client, { episode }]])
      expect(faces(value)).not.toMatch(/a{20}|b{20}/)
    expect(client.key_prefix.length).toBeLessThan(14)
  })

  test('a cause that quotes the header is blanked out', async () => {
    const quoting: typeof fetch = async (_url, init) => {
      throw new TypeError('fetch failed', { cause: new Error(`bad header ${JSON.stringify(init?.headers)}`) })
    }
    await using server = await startWireServer()
    const error = await thrown(server.client({ fetch: quoting }).startEpisode())
    expect(String(error)).toContain('bad header')
    expect(faces(error)).not.toContain(secret)
  })

  test('an error of an upload shows neither key nor signature', async () => {
    await using server = await startWireServer(({ method }) =>
      method === 'PUT' ? { status: 302, text: KEY } : undefined,
    )
    const episode = await server.client().startEpisode()
    const error = await thrown(episode.upload('video', new Uint8Array(1)))
    expect(error).toBeInstanceOf(TransportError)
    expect(faces(error) + faces(episode)).not.toContain(secret)
    expect(faces(error) + faces(episode)).not.toContain('s3cr3t')
  })
})

describe('reading', () => {
  const row = { id: 'ep_1', seed: 18446744073709552000, seed_text: '18446744073709551615' }

  test('a seed beyond 2^53 comes back exact', async () => {
    await using server = await startWireServer(() => ({ status: 200, json: row }))
    expect((await server.client().getEpisode('ep_1')).seed).toBe(18446744073709551615n)
  })

  test('an ordinary seed stays a number', async () => {
    await using server = await startWireServer(() => ({
      status: 200,
      json: { id: 'ep_1', seed: 42, seed_text: '42' },
    }))
    expect((await server.client().getEpisode('ep_1')).seed).toBe(42)
  })

  test('listing walks all pages with the same filters and stops when the reader stops', async () => {
    await using server = await startWireServer(({ path }) => {
      const cursor = new URL(path, 'http://x').searchParams.get('cursor')
      const page = Number(cursor ?? '1')
      return {
        status: 200,
        json: { items: [{ ...row, id: `ep_${page}` }], next_cursor: page < 3 ? String(page + 1) : null },
      }
    })
    const client: Client = server.client()
    const ids: string[] = []
    for await (const episode of client.listEpisodes({ status: 'failed', robot: 'ur5e 02' })) {
      ids.push(episode.id)
      expect(episode.seed).toBe(18446744073709551615n)
    }
    expect(ids).toEqual(['ep_1', 'ep_2', 'ep_3'])
    expect(server.arrived.map(({ path }) => path)).toEqual([
      '/api/episodes?status=failed&robot=ur5e+02',
      '/api/episodes?status=failed&robot=ur5e+02&cursor=2',
      '/api/episodes?status=failed&robot=ur5e+02&cursor=3',
    ])
    for await (const _first of client.listEpisodes()) break
    expect(server.arrived).toHaveLength(4)
  })

  test('an id is one segment of the path, whatever it holds', async () => {
    await using server = await startWireServer()
    await thrown(server.client().getEpisode('../ingest/x?y'))
    expect(server.arrived[0]?.path).toBe('/api/episodes/..%2Fingest%2Fx%3Fy')
  })

  test('a download follows the redirect and leaves the key at home', async () => {
    await using store = await startWireServer(() => ({ status: 206, text: 'bytes' }))
    await using server = await startWireServer(() => ({
      status: 302,
      headers: { Location: `${store.url}/blob?s=1` },
    }))
    const response = await server.client().downloadArtifact('ep_1', 'video', { range: 'bytes=0-4' })
    expect(response.status).toBe(206)
    expect(await response.text()).toBe('bytes')
    expect(server.arrived[0]?.headers.authorization).toBe(`Bearer ${KEY}`)
    expect(store.arrived[0]?.headers.authorization).toBeUndefined()
    expect(store.arrived[0]?.headers.range).toBe('bytes=0-4')
  })

  test('an empty slot is NotFoundError, an endless redirect a TransportError', async () => {
    await using empty = await startWireServer()
    await expect(empty.client().downloadArtifact('ep_1', 'video')).rejects.toThrow(NotFoundError)
    await using circle = await startWireServer(({ path }) => ({ status: 302, headers: { Location: path } }))
    await expect(circle.client().downloadArtifact('ep_1', 'video')).rejects.toThrow(TransportError)
  })
})
