import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Artifact } from '../../sdk/wire.ts'
import { revokeApiKey } from '../../server/api-keys/api-keys.ts'
import {
  BYTES,
  filesOf,
  finalize,
  finalized,
  json,
  problem,
  put,
  read,
  start,
  VIDEO,
  videoSlot,
  withVideo,
} from '../episode-requests.ts'
import { startTestServer } from '../harness.ts'
import { answerOf, rawRequest } from '../raw-request.ts'
import { bearer, tenant } from '../seed.ts'

describe('200', () => {
  test('bytes of any content and size are stored as sent, with their size and SHA-256', async () => {
    await using server = await startTestServer()
    const { api_key } = await tenant(server)
    const sizes = [0, 1, 65_536, 262_144, 262_145, 1_000_003]
    for (const size of sizes) {
      const bytes = new Uint8Array(size).map((_, at) => (at * 31 + size) & 255)
      const { id, url } = await videoSlot(server, api_key)
      const artifact: Artifact = await json(await put(url, bytes), 200)
      const sha256 = createHash('sha256').update(bytes).digest('hex')
      expect(artifact).toMatchObject({ kind: 'video', content_type: 'video/mp4', size_bytes: size, sha256 })
      expect((await read(server, api_key, id)).artifacts).toEqual([artifact])
      const files = await filesOf(server)
      const stored = files.find((file) => file.includes(sha256.slice(0, 16)))
      expect(Buffer.compare(await readFile(stored ?? ''), bytes)).toBe(0)
    }
    expect(await filesOf(server)).toHaveLength(sizes.length)
  })

  test('uploading again replaces the bytes and leaves no other file', async () => {
    await using server = await startTestServer()
    const { api_key } = await tenant(server)
    const { id, url } = await videoSlot(server, api_key)
    for (const body of ['first', 'second', 'second']) {
      expect((await put(url, body)).status).toBe(200)
    }
    await server.ctx.background.drain()
    const files = await filesOf(server)
    expect(files).toHaveLength(1)
    expect(await readFile(files[0] ?? '', 'utf8')).toBe('second')
    expect((await finalized(server, api_key, id)).bytes_total).toBe(6)
  })

  test('many uploads to one slot at the same moment end with one of them, whole', async () => {
    await using server = await startTestServer()
    const { api_key } = await tenant(server)
    const { id, url } = await videoSlot(server, api_key)
    const bodies = ['a', 'b', 'a', 'c', 'b', 'a'].map((letter) => letter.repeat(200_000))
    const answers = await Promise.all(bodies.map((body) => put(url, body)))
    expect(answers.map(({ status }) => status)).toEqual(bodies.map(() => 200))
    await server.ctx.background.drain()
    const [artifact] = (await read(server, api_key, id)).artifacts
    const files = await filesOf(server)
    expect(files).toHaveLength(1)
    const sha256 = createHash('sha256')
      .update(await readFile(files[0] ?? ''))
      .digest('hex')
    expect(artifact?.sha256).toBe(sha256)
  })

  test('a key beside the signature, right or wrong, changes nothing', async () => {
    await using server = await startTestServer()
    const { api_key } = await tenant(server)
    const { url } = await videoSlot(server, api_key)
    expect((await put(url, 'x', { ...VIDEO, ...bearer(api_key) })).status).toBe(200)
    expect((await put(url, 'x', { ...VIDEO, ...bearer('rt_wrong') })).status).toBe(200)
  })

  test('an upload and a finalize at the same moment leave a total that is true', async () => {
    await using server = await startTestServer()
    const { api_key } = await tenant(server)
    for (let round = 0; round < 10; round++) {
      const { id, url } = await videoSlot(server, api_key)
      const [stored, done] = await Promise.all([put(url, 'eleven byte'), finalized(server, api_key, id)])
      expect([200, 409]).toContain(stored.status)
      expect(done.bytes_total).toBe(stored.status === 200 ? 11 : 0)
      const episode = await read(server, api_key, id)
      expect(episode.artifacts.reduce((sum, { size_bytes }) => sum + size_bytes, 0)).toBe(episode.bytes_total)
    }
  })
})

describe('403', () => {
  test('a link with any byte changed is refused', async () => {
    await using server = await startTestServer()
    const { api_key } = await tenant(server)
    const { url } = await videoSlot(server, api_key)
    const { origin } = new URL(url)
    const rest = url.slice(origin.length)
    const at = fc.integer({ min: '/api/blobs/episodes/'.length, max: rest.length - 1 })
    const replacement = fc.constantFrom(...'0123456789abcxyzABCXYZ-_&=.')
    await fc.assert(
      fc.asyncProperty(at, replacement, async (index, character) => {
        fc.pre(rest[index] !== character)
        const changed = `${rest.slice(0, index)}${character}${rest.slice(index + 1)}`
        // A changed slash or question mark names another address, which is not there at all.
        fc.pre(!'/?'.includes(rest[index] ?? ''))
        const answer = await put(`${origin}${changed}`, 'x')
        expect(answer.status).toBe(403)
        await answer.arrayBuffer()
      }),
      { numRuns: 150 },
    )
    const last = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_']
    const twins = await Promise.all(last.map((end) => put(`${url.slice(0, -1)}${end}`, 'x')))
    expect(twins.filter(({ status }) => status === 200)).toHaveLength(1)
    expect((await put(`${url}&more=1`, 'x')).status).toBe(403)
    expect((await put(url.replace('video.mp4', '%76ideo.mp4'), 'x')).status).toBe(403)
    expect(await filesOf(server)).toHaveLength(1)
  })

  test('a link is good for thirty minutes and not a second longer', async () => {
    await using server = await startTestServer()
    const { api_key } = await tenant(server)
    const { url } = await videoSlot(server, api_key)
    server.clock.advance('29m')
    expect((await put(url, 'x')).status).toBe(200)
    server.clock.advance('60s')
    expect(await problem(await put(url, 'x'))).toMatchObject({ status: 403, code: 'bad_signature' })
  })

  test('a link dies with the key it was given to', async () => {
    await using server = await startTestServer()
    const { api_key, api_key_id, owner } = await tenant(server)
    const { url } = await videoSlot(server, api_key)
    await revokeApiKey(server.ctx, owner.caller, api_key_id)
    expect(await problem(await put(url, 'x'))).toMatchObject({ status: 403, code: 'bad_signature' })
  })
})

describe('405', () => {
  test('a link for uploading does not download, and other methods are named', async () => {
    await using server = await startTestServer()
    const { api_key } = await tenant(server)
    const { url } = await videoSlot(server, api_key)
    expect((await fetch(url)).status).toBe(405)
    const answer = await fetch(url, { method: 'DELETE' })
    expect(answer.status).toBe(405)
    expect(answer.headers.get('allow')).toBe('PUT, GET, HEAD')
  })
})

describe('409', () => {
  test('a finalized episode takes no more uploads', async () => {
    await using server = await startTestServer()
    const { api_key } = await tenant(server)
    const { id, upload } = await withVideo(server, api_key, 'kept')
    await finalize(server, api_key, id)
    expect((await problem(await put(upload, 'other'))).status).toBe(409)
    expect(await readFile((await filesOf(server))[0] ?? '', 'utf8')).toBe('kept')
  })
})

describe('411', () => {
  test('a body without a length is refused before it is read', async () => {
    await using server = await startTestServer()
    const { api_key } = await tenant(server)
    const { url } = await videoSlot(server, api_key)
    const socket = await rawRequest(url, 'PUT', { ...VIDEO, 'Transfer-Encoding': 'chunked' })
    expect(await answerOf(socket, '"request_id"')).toMatch(/^HTTP\/1.1 411 .*Content-Length/s)
    socket.destroy()
  })
})

describe('413', () => {
  test('one byte too many is refused before the body is read, the last allowed one is taken', async () => {
    await using server = await startTestServer({ ROBOTRACE_MAX_UPLOAD: '1000' })
    const { api_key } = await tenant(server)
    const { url } = await videoSlot(server, api_key)
    const socket = await rawRequest(url, 'PUT', { ...VIDEO, 'Content-Length': 1001 })
    expect(await answerOf(socket, '"request_id"')).toMatch(/^HTTP\/1.1 413 .*1001 bytes; at most 1000/s)
    socket.destroy()
    expect((await put(url, 'x'.repeat(1000))).status).toBe(200)
  })

  test('a sender that is still sending gets to read why it was refused', async () => {
    await using server = await startTestServer({ ROBOTRACE_MAX_UPLOAD: '1000' })
    const { api_key } = await tenant(server)
    const { url } = await videoSlot(server, api_key)
    expect(await problem(await put(url, 'x'.repeat(20_000_000)))).toMatchObject({
      status: 413,
      code: 'too_large',
    })
  })
})

describe('415', () => {
  test.each(['application/octet-stream', 'video/webm', 'video/mp4; codecs=avc1', ''])(
    'a video sent as "%s" is told its one content type',
    async (type) => {
      await using server = await startTestServer()
      const { api_key } = await tenant(server)
      const { url } = await videoSlot(server, api_key)
      const refused = await problem(await put(url, new Uint8Array(1), type ? { 'Content-Type': type } : {}))
      expect(refused).toMatchObject({
        status: 415,
        error: 'Send this artifact with Content-Type: video/mp4.',
      })
    },
  )

  test('sensors and actions travel as octets, whatever they are', async () => {
    await using server = await startTestServer()
    const { api_key } = await tenant(server)
    const { upload_urls } = await start(server, api_key, { request_uploads: ['sensors', 'actions'] })
    for (const { url } of upload_urls) {
      expect((await put(url, 'npz', VIDEO)).status).toBe(415)
      expect((await put(url, 'npz', BYTES)).status).toBe(200)
    }
  })
})

describe('507', () => {
  test('an upload that would eat into the free-space floor is refused before it is read', async () => {
    await using server = await startTestServer({ ROBOTRACE_MIN_FREE: '900TB' })
    const { api_key } = await tenant(server)
    const { url } = await videoSlot(server, api_key)
    const socket = await rawRequest(url, 'PUT', { ...VIDEO, 'Content-Length': 10 })
    expect(await answerOf(socket, '"request_id"')).toMatch(/^HTTP\/1.1 507 .*storage_full/s)
    socket.destroy()
    expect(await filesOf(server)).toEqual([])
  })
})

test('a signature is never written to the log', async () => {
  await using server = await startTestServer()
  const { api_key } = await tenant(server)
  const { upload } = await withVideo(server, api_key, 'x')
  await put(upload.replace('signature=', 'signature=0'), 'x')
  expect(server.log()).toContain('/video.mp4')
  expect(server.log()).not.toContain('signature')
  expect(server.log()).not.toContain(new URL(upload).searchParams.get('signature') ?? 'none')
})
