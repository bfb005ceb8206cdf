import { createHash, randomBytes } from 'node:crypto'
import { appendFileSync, mkdtempSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { Client, type Episode, TransportError, type UploadSource } from '../../sdk/mod.ts'
import { Client as WebClient } from '../../sdk/web.ts'
import { KEY, problem, startWireServer, type WireServer } from './wire-server.ts'

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'robotrace-uploads-'))
  vi.stubEnv('TMPDIR', folder)
})

afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(folder, { recursive: true })
})

const BYTES = new Uint8Array(Buffer.from('frame '.repeat(200_000)))

function file(name = 'run.mp4', bytes: Uint8Array = BYTES): string {
  const path = join(folder, name)
  writeFileSync(path, bytes)
  return path
}

function streamOf(bytes: Uint8Array): ReadableStream<Uint8Array> {
  return new Blob([new Uint8Array(bytes)]).stream()
}

/** Takes whatever is sent and says nothing. */
async function startSilentStore(): Promise<AsyncDisposable & { url: string }> {
  const store = createServer((request) => request.resume().on('error', () => {}))
  await new Promise<void>((done) => store.listen(0, '127.0.0.1', done))
  // A listening TCP socket has an AddressInfo; only pipes have a string.
  const { port } = store.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/`,
    async [Symbol.asyncDispose]() {
      store.closeAllConnections()
      await new Promise((done) => store.close(done))
    },
  }
}

const puts = (server: WireServer) => server.arrived.filter(({ method }) => method === 'PUT')

describe('every kind of source arrives whole, with its exact length and without the key', () => {
  const sources: [string, () => UploadSource][] = [
    ['a path', () => file()],
    ['a file: URL', () => pathToFileURL(file('with space #1.mp4'))],
    ['a Blob', () => new Blob([BYTES])],
    ['a File', () => new File([BYTES], 'run.mp4')],
    ['a Uint8Array', () => BYTES],
    ['a Buffer', () => Buffer.from(BYTES)],
    ['a part of a buffer', () => new Uint8Array(Buffer.concat([Buffer.alloc(5), BYTES])).subarray(5)],
    ['an ArrayBuffer', () => BYTES.slice().buffer],
    ['a stream', () => streamOf(BYTES)],
  ]
  test.each(sources)('%s', async (_, source) => {
    await using server = await startWireServer()
    const episode = await server.client().startEpisode()
    await episode.upload('video', source())
    const [put] = puts(server)
    expect(put?.body === Buffer.from(BYTES).toString()).toBe(true)
    expect(put?.headers).toMatchObject({
      'content-length': String(BYTES.length),
      'content-type': 'video/mp4',
      accept: '*/*',
    })
    expect(put?.headers).not.toHaveProperty('transfer-encoding')
    expect(put?.headers).not.toHaveProperty('authorization')
    expect(put?.path).toBe('/blobs/episodes/video?signature=s3cr3t')
    expect(episode.bytes_total).toBe(BYTES.length)
  })

  test('nothing is something too: an empty file, an empty stream', async () => {
    await using server = await startWireServer()
    const episode = await server.client().startEpisode()
    for (const source of [file('empty', new Uint8Array()), streamOf(new Uint8Array()), new Blob([])]) {
      await episode.upload('sensors', source)
    }
    expect(puts(server).map(({ headers }) => headers['content-length'])).toEqual(['0', '0', '0'])
    expect(puts(server)[0]?.headers['content-type']).toBe('application/octet-stream')
  })
})

test('a stream of unknown size leaves no temporary file behind, whether it works or not', async () => {
  await using server = await startWireServer()
  const episode = await server.client().startEpisode()
  await episode.upload('video', streamOf(BYTES))
  const breaking = new ReadableStream<Uint8Array>({
    pull: (to) => (to.desiredSize === null ? undefined : to.error(new Error('camera unplugged'))),
  })
  await expect(episode.upload('sensors', breaking)).rejects.toThrow('camera unplugged')
  expect(readdirSync(folder)).toEqual([])
})

test('a stream whose size is known is sent as it comes, and only that many bytes count as whole', async () => {
  await using server = await startWireServer()
  const episode = await server.client().startEpisode()
  await episode.upload('video', streamOf(BYTES), { size_bytes: BYTES.length })
  expect(puts(server)[0]?.headers['content-length']).toBe(String(BYTES.length))
  for (const size_bytes of [BYTES.length - 1, BYTES.length + 1]) {
    await expect(episode.upload('video', streamOf(BYTES), { size_bytes })).rejects.toThrow(TransportError)
  }
  expect(puts(server)).toHaveLength(1)
})

describe('refusals', () => {
  const refusing = (status: number, headers: Record<string, string> = {}) =>
    startWireServer(({ method }) =>
      method === 'PUT' ? problem(status, 'a_code', 'A sentence.', headers) : undefined,
    )

  test.each([301, 302, 307, 308])(
    'a redirect (%i) of an upload is never taken for success',
    async (status) => {
      await using server = await refusing(status, { Location: '/elsewhere' })
      const episode = await server.client().startEpisode()
      for (const source of [file(), BYTES, streamOf(BYTES)]) {
        await expect(episode.upload('video', source)).rejects.toThrow(/redirect|refused/)
      }
      expect(episode.bytes_total).toBe(0)
      expect(server.to('/elsewhere')).toHaveLength(0)
    },
  )

  test.each<[string, () => UploadSource]>([
    ['a path, opened anew', () => file()],
    ['bytes', () => BYTES],
    ['a stream kept in a file', () => streamOf(BYTES)],
  ])('429 is tried four times with the same bytes: %s', async (_, source) => {
    await using server = await refusing(429, { 'Retry-After': '3' })
    const episode = await server.client().startEpisode()
    await expect(episode.upload('video', source())).rejects.toMatchObject({ name: 'RateLimitError' })
    expect(server.waits).toEqual([3000, 3000, 3000])
    const digests = puts(server).map(({ body }) => createHash('sha256').update(body).digest('hex'))
    expect(digests).toHaveLength(4)
    expect(new Set(digests).size).toBe(1)
  })

  test('a stream that was sent as it came cannot be sent again', async () => {
    await using server = await refusing(429)
    const episode = await server.client().startEpisode()
    const upload = episode.upload('video', streamOf(BYTES), { size_bytes: BYTES.length })
    await expect(upload).rejects.toMatchObject({ name: 'RateLimitError' })
    expect(server.waits).toEqual([])
  })

  test.each([403, 413, 500, 507])('%i is not repeated and carries the server’s sentence', async (status) => {
    await using server = await refusing(status)
    const episode = await server.client().startEpisode()
    const upload = episode.upload('video', file())
    await expect(upload).rejects.toMatchObject({
      status,
      code: 'a_code',
      message: expect.stringContaining('A sentence.'),
    })
    expect(puts(server)).toHaveLength(1)
  })

  test('an answer that is not JSON keeps its first 1,000 characters', async () => {
    const text = `<Error>${'x'.repeat(2000)}`
    await using server = await startWireServer(({ method }) =>
      method === 'PUT' ? { status: 403, text } : undefined,
    )
    const episode = await server.client().startEpisode()
    await expect(episode.upload('video', file())).rejects.toMatchObject({
      response_body: text.slice(0, 1000),
    })
  })

  test('a missing file, a folder and a web address are refused by name', async () => {
    await using server = await startWireServer()
    const episode = await server.client().startEpisode()
    await expect(episode.upload('video', join(folder, 'no.mp4'))).rejects.toThrow(/no\.mp4 .*ENOENT/)
    await expect(episode.upload('video', folder)).rejects.toThrow('not a regular file')
    await expect(episode.upload('video', new URL('https://x/run.mp4'))).rejects.toThrow('https:')
    expect(puts(server)).toHaveLength(0)
  })
})

describe('a file that changes while it is being sent does not become an artifact', () => {
  const big = randomBytes(8 * 1024 * 1024)

  async function uploadWhile(server: WireServer, path: string, change: () => void): Promise<Episode> {
    const episode = await server.client().startEpisode()
    let changed = false
    const on_progress = () => {
      if (!changed) change()
      changed = true
    }
    await expect(episode.upload('video', path, { on_progress })).rejects.toThrow(
      /changed|held only|more than/,
    )
    return episode
  }

  test.each<[string, (path: string) => void]>([
    ['grown', (path) => appendFileSync(path, 'more')],
    ['cut', (path) => truncateSync(path, 10)],
  ])('%s', async (_, change) => {
    await using server = await startWireServer()
    const path = file('growing.mp4', big)
    const episode = await uploadWhile(server, path, () => change(path))
    expect(episode.bytes_total).toBe(0)
    expect(episode.failure_reason).toContain('upload error: ')
    expect(puts(server)).toHaveLength(0)
  })
})

test('progress counts up to the whole size', async () => {
  await using server = await startWireServer()
  const episode = await server.client().startEpisode()
  for (const source of [file(), BYTES]) {
    const sent: number[] = []
    await episode.upload('video', source, {
      on_progress: ({ sent_bytes, total_bytes }) => {
        expect(total_bytes).toBe(BYTES.length)
        sent.push(sent_bytes)
      },
    })
    expect(sent).toEqual([...sent].sort((a, b) => a - b))
    expect(sent.at(-1)).toBe(BYTES.length)
  }
})

test.each<[string, () => UploadSource]>([
  ['a path', () => file('big', randomBytes(4 * 1024 * 1024))],
  ['bytes', () => BYTES],
])('an aborted upload of %s throws what it was aborted with', async (_, source) => {
  await using server = await startWireServer()
  const episode = await server.client().startEpisode()
  const abort = new AbortController()
  const reason = new Error('operator pressed stop')
  const upload = episode.upload('video', source(), {
    signal: abort.signal,
    on_progress: () => abort.abort(reason),
  })
  await expect(upload).rejects.toBe(reason)
})

test('a store that is not there is a TransportError', async () => {
  await using server = await startWireServer(({ path }) =>
    path === '/api/ingest/episode'
      ? {
          status: 201,
          json: {
            episode_id: 'ep_1',
            storage: 'r2',
            upload_urls: [{ kind: 'video', url: 'http://127.0.0.1:1/x?sig=s3cr3t' }],
          },
        }
      : undefined,
  )
  const episode = await server.client().startEpisode()
  for (const source of [file(), BYTES]) {
    const error: unknown = await episode.upload('video', source).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(TransportError)
    expect(String(error)).not.toContain('s3cr3t')
  }
})

test('a store that takes the bytes and never answers is given up', async () => {
  await using silent = await startSilentStore()
  await using server = await startWireServer(({ path }) =>
    path === '/api/ingest/episode'
      ? {
          status: 201,
          json: { episode_id: 'ep_1', storage: 'r2', upload_urls: [{ kind: 'video', url: silent.url }] },
        }
      : undefined,
  )
  const episode = await server.client({ upload_timeout_s: 0.2 }).startEpisode()
  for (const source of [file(), new Uint8Array(10)]) {
    await expect(episode.upload('video', source)).rejects.toMatchObject({ code: 'ETIMEDOUT' })
  }
})

describe('with Web APIs alone', () => {
  test('Blobs and streams are uploaded, a path is explained', async () => {
    await using server = await startWireServer()
    const client = new WebClient({ api_key: KEY, base_url: server.url })
    const episode = await client.startEpisode()
    await episode.upload('video', streamOf(BYTES))
    expect(puts(server)[0]?.headers['content-length']).toBe(String(BYTES.length))
    await expect(episode.upload('video', './run.mp4')).rejects.toThrow('needs Node, Deno or Bun')
  })

  test('the host’s client is a client', async () => {
    expect(new Client({ api_key: KEY, base_url: 'http://localhost:1' })).toBeInstanceOf(WebClient)
  })
})
