import { request } from 'node:http'
import { expect, test } from 'vitest'
import { startTestServer, type TestServer } from '../harness.ts'

/** node:http neither follows nor decompresses: what arrives is what was sent. */
function get(server: TestServer, path: string, headers: Record<string, string> = {}) {
  return new Promise<{ status: number; headers: Record<string, unknown>; bytes: Buffer }>(
    (resolve, reject) => {
      request(new URL(path, server.url), { headers }, (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            bytes: Buffer.concat(chunks),
          }),
        )
      })
        .on('error', reject)
        .end()
    },
  )
}

test('every page address answers the application, asked for anew each time', async () => {
  await using server = await startTestServer()
  for (const path of [
    '/login',
    '/portal/episodes',
    '/portal/episodes/ep_x?t=12840ms',
    '/admin/clients',
    '/cli/auth?code=XKDF-PQ4N',
  ]) {
    const { status, headers, bytes } = await get(server, path)
    expect([status, headers['cache-control']], path).toEqual([200, 'no-cache'])
    expect(bytes.toString(), path).toContain('<div id="portal">')
  }
  expect((await get(server, '/')).headers.location).toBe('/portal/episodes')
})

test('assets are named by their content, kept for ever and sent compressed', async () => {
  await using server = await startTestServer()
  const page = (await get(server, '/login')).bytes.toString()
  const scripts = [...page.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map((match) => match[1] ?? '')
  expect(scripts.length).toBeGreaterThan(1)
  for (const path of scripts.filter((name) => /\.(js|css)$/.test(name))) {
    expect(path).toMatch(/-[\w-]{8}\.(js|css)$/)
    const plain = await get(server, path)
    expect(plain.headers['cache-control']).toBe('public, max-age=31536000, immutable')
    for (const coding of ['br', 'gzip']) {
      const packed = await get(server, path, { 'Accept-Encoding': coding })
      if (plain.bytes.length >= 1024) expect(packed.headers['content-encoding'], path).toBe(coding)
      expect(packed.bytes.length).toBeLessThanOrEqual(plain.bytes.length)
    }
  }
})

test('a missing asset and an address outside of the pages are 404, not the application', async () => {
  await using server = await startTestServer()
  for (const path of [
    '/assets/gone-12345678.js',
    '/api/nothing',
    '/trpc/nothing',
    '/oauth/nothing',
    '/.well-known/nothing',
  ]) {
    const { status, headers } = await get(server, path, { Accept: 'text/html' })
    expect(status, path).toBe(404)
    expect(headers['content-type'], path).toMatch(/json/)
  }
})

test('files outside of the built portal cannot be reached', async () => {
  await using server = await startTestServer()
  for (const path of [
    '/../server.js',
    '/..%2fserver.js',
    '/assets/..%2f..%2fserver.js',
    '/%2e%2e/package.json',
    '/.env',
  ]) {
    const { bytes } = await get(server, path)
    expect(bytes.toString(), path).not.toMatch(/import |"version"|ROBOTRACE_/)
  }
})
