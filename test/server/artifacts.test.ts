import { rm, truncate } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { revokeApiKey } from '../../server/api-keys/api-keys.ts'
import {
  BYTES,
  errorLines,
  filesOf,
  finalize,
  problem,
  put,
  signedGet,
  start,
  withVideo,
} from '../episode-requests.ts'
import { startTestServer } from '../harness.ts'
import { bearer, tenant } from '../seed.ts'

const TEXT = '0123456789'

async function storedVideo(name?: string) {
  const server = await startTestServer()
  const { api_key, api_key_id, owner } = await tenant(server)
  const { id, upload } = await withVideo(server, api_key, TEXT, { name })
  await finalize(server, api_key, id)
  return { server, api_key, api_key_id, owner, id, upload, url: await signedGet(server, api_key, id) }
}

describe('302', () => {
  test('an artifact redirects a key and a signed-in person to a link below PUBLIC_URL', async () => {
    const { server, owner, id, url } = await storedVideo()
    await using _ = server
    expect(url.startsWith(`${server.ctx.config.public_url}/api/blobs/episodes/`)).toBe(true)
    const answer = await server.fetch(`/api/episodes/${id}/artifact/video`, {
      headers: { Cookie: owner.cookie },
    })
    expect(answer.status).toBe(302)
    expect(await (await fetch(answer.headers.get('location') ?? '')).text()).toBe(TEXT)
  })

  test('(33) a foreign Host never reaches the link', async () => {
    await using server = await startTestServer({ PUBLIC_URL: 'https://robots.example.org' })
    const { api_key } = await tenant(server)
    const { upload_urls } = await start(server, api_key, { request_uploads: ['video'] })
    expect(upload_urls[0]?.url).toMatch(/^https:\/\/robots\.example\.org\/api\/blobs\//)
  })
})

describe('200', () => {
  test('the bytes come whole, inert, and with a key beside the signature', async () => {
    const { server, url, api_key } = await storedVideo()
    await using _ = server
    const answer = await fetch(url, { headers: { ...bearer(api_key), Accept: 'application/json' } })
    expect(await answer.text()).toBe(TEXT)
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'content-type': 'video/mp4',
      'content-length': '10',
      'accept-ranges': 'bytes',
      'content-disposition': 'inline',
      'x-content-type-options': 'nosniff',
      'content-security-policy': "sandbox; default-src 'none'",
      'cross-origin-resource-policy': 'same-origin',
      etag: expect.stringMatching(/^"[0-9a-f]{64}"$/),
    })
  })

  test('HEAD tells size and ETag without a body', async () => {
    const { server, url } = await storedVideo()
    await using _ = server
    const answer = await fetch(url, { method: 'HEAD', headers: { Range: 'bytes=0-1' } })
    expect(answer.status).toBe(200)
    expect(answer.headers.get('content-length')).toBe('10')
    expect(await answer.text()).toBe('')
  })

  test('sensors, and a video on request, are saved under the name of the episode', async () => {
    await using server = await startTestServer()
    const { api_key } = await tenant(server)
    const { episode_id: id, upload_urls } = await start(server, api_key, {
      name: '../pick "ünd" <place>',
      request_uploads: ['video', 'sensors'],
    })
    await put(upload_urls[0]?.url ?? '', '<svg onload=alert(1)>')
    await put(upload_urls[1]?.url ?? '', '<html>', BYTES)
    const sensors = await fetch(await signedGet(server, api_key, id, 'sensors'))
    expect(sensors.headers.get('content-type')).toBe('application/octet-stream')
    expect(sensors.headers.get('content-disposition')).toMatch(/^attachment; filename="/)
    const video = await fetch(await signedGet(server, api_key, id, 'video', '?download=1'))
    const disposition = video.headers.get('content-disposition') ?? ''
    expect(disposition).toMatch(/^attachment; /)
    expect(decodeURIComponent(/filename\*=UTF-8''(\S+)/.exec(disposition)?.[1] ?? '')).toBe(
      '-pick -ünd- -place- video.mp4',
    )
  })

  test('an empty artifact is an empty body', async () => {
    await using server = await startTestServer()
    const { api_key } = await tenant(server)
    const { id } = await withVideo(server, api_key, '')
    const answer = await fetch(await signedGet(server, api_key, id))
    expect([answer.status, await answer.text()]).toEqual([200, ''])
  })

  test.each(['bytes=0-1,4-5', 'bytes=x-y', 'lines=1-2', 'bytes=5-2', 'bytes=-'])(
    'a range of "%s" is answered with the whole',
    async (range) => {
      const { server, url } = await storedVideo()
      await using _ = server
      const answer = await fetch(url, { headers: { Range: range } })
      expect([answer.status, await answer.text()]).toEqual([200, TEXT])
    },
  )

  test('If-Range keeps the pieces of two uploads apart', async () => {
    const { server, url } = await storedVideo()
    await using _ = server
    const etag = (await fetch(url, { method: 'HEAD' })).headers.get('etag') ?? ''
    const ask = async (condition: string) =>
      (await fetch(url, { headers: { Range: 'bytes=0-1', 'If-Range': condition } })).text()
    expect(await ask(etag)).toBe('01')
    expect(await ask('"other"')).toBe(TEXT)
    expect(await ask(`W/${etag}`)).toBe(TEXT)
    expect(await ask('Sun, 22 Nov 2026 08:00:00 GMT')).toBe(TEXT)
  })
})

describe('206', () => {
  test.each([
    ['bytes=0-3', '0123', 'bytes 0-3/10'],
    ['bytes=4-', '456789', 'bytes 4-9/10'],
    ['bytes=-3', '789', 'bytes 7-9/10'],
    ['bytes=-99', TEXT, 'bytes 0-9/10'],
    ['bytes=8-99', '89', 'bytes 8-9/10'],
  ])('%s answers %s', async (range, body, content_range) => {
    const { server, url } = await storedVideo()
    await using _ = server
    const answer = await fetch(url, { headers: { Range: range } })
    expect([answer.status, await answer.text()]).toEqual([206, body])
    expect(answer.headers.get('content-range')).toBe(content_range)
    expect(answer.headers.get('content-length')).toBe(String(body.length))
  })
})

describe('304', () => {
  test('who has the bytes already is not sent them again', async () => {
    const { server, url } = await storedVideo()
    await using _ = server
    const etag = (await fetch(url, { method: 'HEAD' })).headers.get('etag') ?? ''
    const again = await fetch(url, { headers: { 'If-None-Match': etag } })
    expect([again.status, await again.text()]).toEqual([304, ''])
    expect((await fetch(url, { headers: { 'If-None-Match': '"other"' } })).status).toBe(200)
  })
})

describe('403', () => {
  test('a link is good for one hour', async () => {
    const { server, url } = await storedVideo()
    await using _ = server
    server.clock.advance('59m')
    expect((await fetch(url)).status).toBe(200)
    server.clock.advance('1m')
    expect((await fetch(url)).status).toBe(403)
  })

  test('a link dies with the key it was given to', async () => {
    const { server, url, owner, api_key_id } = await storedVideo()
    await using _ = server
    await revokeApiKey(server.ctx, owner.caller, api_key_id)
    expect(await problem(await fetch(url))).toMatchObject({ status: 403, code: 'bad_signature' })
  })

  test('a link for watching cannot be turned into another', async () => {
    const { server, url } = await storedVideo()
    await using _ = server
    expect((await fetch(url.replace('terms=inline', 'terms=attachment'))).status).toBe(403)
    expect((await fetch(url.replace('video.mp4', 'sensors.npz'))).status).toBe(403)
    expect((await fetch(url.split('?')[0] ?? '')).status).toBe(403)
  })
})

describe('404', () => {
  test('an empty slot and a kind that does not exist are not there', async () => {
    const { server, id, api_key } = await storedVideo()
    await using _ = server
    for (const kind of ['sensors', 'pointcloud']) {
      const answer = await server.fetch(`/api/episodes/${id}/artifact/${kind}`, { headers: bearer(api_key) })
      expect(await problem(answer)).toMatchObject({
        status: 404,
        detail: 'This episode has no such artifact.',
      })
    }
  })
})

describe('404 for stored bytes', () => {
  test.each([
    ['GET', 'gone', {}],
    ['HEAD', 'gone', {}],
    ['GET', 'gone', { Range: 'bytes=0-3' }],
    ['GET', 'cut short', {}],
  ])(
    '%s of a file that is %s is a whole problem of its own, and the log says so',
    async (method, fate, headers) => {
      const { server, api_key, id } = await storedVideo()
      await using _ = server
      const url = await signedGet(server, api_key, id, 'video', '?download=1')
      const [file = ''] = await filesOf(server)
      if (fate === 'gone') await rm(file)
      else await truncate(file, 3)
      const answer = await fetch(url, { method, headers: { ...headers, Connection: 'close' } })
      const text = await answer.text()
      expect(answer.status).toBe(404)
      expect(Object.fromEntries(answer.headers)).toMatchObject({
        'content-type': expect.stringContaining('application/problem+json'),
        'cache-control': 'no-store',
      })
      for (const name of ['etag', 'content-disposition', 'content-range', 'accept-ranges']) {
        expect(answer.headers.get(name), name).toBeNull()
      }
      if (method === 'GET') {
        expect(Number(answer.headers.get('content-length'))).toBe(Buffer.byteLength(text))
        expect(JSON.parse(text).detail).toBe('The stored bytes of this artifact are missing on the server.')
      }
      expect(errorLines(server)).toMatchObject([
        { msg: 'stored bytes are missing', size_bytes: 10, found_bytes: fate === 'gone' ? null : 3 },
      ])
    },
  )
})

describe('405', () => {
  test('a link for downloading does not upload', async () => {
    const { server, url } = await storedVideo()
    await using _ = server
    expect((await put(url, 'other')).status).toBe(405)
  })
})

describe('416', () => {
  test.each(['bytes=10-', 'bytes=99-100', 'bytes=-0'])(
    '%s lies outside and says how long the artifact is',
    async (range) => {
      const { server, url } = await storedVideo()
      await using _ = server
      const answer = await fetch(url, { headers: { Range: range } })
      expect(answer.headers.get('content-range')).toBe('bytes */10')
      expect(await problem(answer)).toMatchObject({ status: 416, code: 'range_not_satisfiable' })
    },
  )
})
