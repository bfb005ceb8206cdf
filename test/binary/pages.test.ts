import { request } from 'node:http'
import { expect, test } from 'vitest'
import { startTestServer } from '../harness.ts'
import { bareMachine } from './one-file.ts'

interface Answer {
  status: number | undefined
  headers: Record<string, unknown>
  bytes: Buffer
}

/** node:http neither follows nor decompresses: what arrives is what was sent. */
function ask(base: string, path: string, headers: Record<string, string>, method = 'GET'): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request(new URL(path, base), { headers, method }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () =>
        resolve({ status: response.statusCode, headers: response.headers, bytes: Buffer.concat(chunks) }),
      )
    })
    sent.on('error', reject).end()
  })
}

const COMPARED = [
  'cache-control',
  'content-encoding',
  'content-length',
  'content-security-policy',
  'location',
]

test('pages and assets are answered out of the executable as from a folder, to the byte', async () => {
  await using machine = bareMachine()
  await using folder = await startTestServer()
  const binary = machine.start(['serve'], { HOME: machine.home, PORT: '0' })
  const [, url = ''] = await binary.until(/RoboTrace \S+ · (http:\S+) ·/)

  const page = (await ask(folder.url, '/login', {})).bytes.toString()
  const reference = (await ask(folder.url, '/docs/api', {})).bytes.toString()
  const assets = [...(page + reference).matchAll(/(?:src|href)="([^"]+\.\w+)"/g)].map(([, path = '']) => path)
  expect(assets.length).toBeGreaterThan(4)
  const pages = ['/', '/login', '/portal/episodes/ep_x?t=1ms', '/docs/api', '/docs/api/', '/docs/problems']
  const missing = ['/assets/none.js', '/assets/', '/api/none', '/docs/api/none', '/assets/%2e%2e/index.html']
  for (const path of [...pages, ...assets, ...missing]) {
    for (const coding of ['identity', 'gzip', 'br', 'gzip, deflate, br, zstd']) {
      const headers = { 'Accept-Encoding': coding, 'X-Request-Id': 'req_0000000000same000000' }
      const [one, other] = await Promise.all([ask(url, path, headers), ask(folder.url, path, headers)])
      expect(shape(one, url), `${path} ${coding}`).toEqual(shape(other, folder.url))
    }
  }
})

test('what a browser has is not sent again, and HEAD has no body', async () => {
  await using machine = bareMachine()
  const binary = machine.start(['serve'], { HOME: machine.home, PORT: '0' })
  const [, url = ''] = await binary.until(/RoboTrace \S+ · (http:\S+) ·/)
  const first = await ask(url, '/login', { 'Accept-Encoding': 'br' })
  const etag = String(first.headers.etag)
  expect(etag).toMatch(/^"[0-9a-f]{32}"$/)
  const again = await ask(url, '/login', { 'Accept-Encoding': 'br', 'If-None-Match': etag })
  expect([again.status, again.bytes.length]).toEqual([304, 0])
  const head = await ask(url, '/login', { 'Accept-Encoding': 'identity' }, 'HEAD')
  expect([head.status, head.bytes.length]).toEqual([200, 0])
  expect(Number(head.headers['content-length'])).toBeGreaterThan(0)
})

function shape({ status, headers, bytes }: Answer, base: string): unknown {
  const port = new URL(base).port
  // Each server names its own address.
  const body = headers['content-encoding'] ? bytes.toString('base64') : bytes.toString('latin1')
  const named = body.replaceAll(`:${port}`, ':port').replace(/req_\w+/g, 'req')
  // With a character set or without, and with a space before it or without.
  const type = String(headers['content-type']).split(';')[0]
  return { status, type, body: named, ...Object.fromEntries(COMPARED.map((name) => [name, headers[name]])) }
}
