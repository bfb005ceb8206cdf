import { once } from 'node:events'
import { chmodSync, copyFileSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect, type TLSSocket } from 'node:tls'
import { expect, test } from 'vitest'
import { run } from '../../cli/run.ts'
import type { StartedEpisode } from '../../sdk/wire.ts'
import { operatorCommands } from '../../server/operator/commands.ts'
import { configOf } from '../../server/operator/configuration.ts'
import { makeCertificate } from '../certificate.ts'
import { testHost } from '../cli/test-host.ts'
import { VIDEO } from '../episode-requests.ts'
import { startTestServer, TEST_SECRET } from '../harness.ts'
import { startProcess } from '../process.ts'
import { answerOf } from '../raw-request.ts'
import { bearer, tenant } from '../seed.ts'

const HALF = 'x'.repeat(500_000)

function folderFor(): { folder: string; cert: string; key: string } {
  const folder = mkdtempSync(join(tmpdir(), 'robotrace-tls-'))
  return { folder, cert: join(folder, 'cert.pem'), key: join(folder, 'key.pem') }
}

/** Puts another certificate where the server reads it from. */
function install(name: string, to: { folder: string; cert: string; key: string }): void {
  const made = makeCertificate(to.folder, name)
  copyFileSync(made.cert, to.cert)
  copyFileSync(made.key, to.key)
}

async function handshake(url: string, options: { maxVersion?: 'TLSv1.1' } = {}): Promise<TLSSocket> {
  const { port } = new URL(url)
  const minVersion = options.maxVersion ?? 'TLSv1.2'
  const socket = connect({
    ...{ host: '127.0.0.1', port: Number(port), servername: 'localhost' },
    // The certificate is its own authority, and which one it is is what is looked at.
    rejectUnauthorized: false,
    ...{ minVersion, ...options },
    ciphers: 'DEFAULT@SECLEVEL=0',
  })
  await once(socket, 'secureConnect')
  return socket
}

async function subjectAt(url: string): Promise<string> {
  const socket = await handshake(url)
  const subject = socket.getPeerCertificate().subject.CN
  socket.destroy()
  return String(subject)
}

/** `fetch` takes no certificate of one's own. */
async function ask(url: string, ca: string, init: { headers?: Record<string, string>; body?: string } = {}) {
  const { headers, body } = init
  const sent = request(url, { method: body === undefined ? 'GET' : 'POST', ca, headers })
  sent.end(body)
  const [response] = await once(sent, 'response')
  let text = ''
  for await (const chunk of response) text += chunk
  return { status: response.statusCode, headers: response.headers, text }
}

test('the server speaks TLS itself, and a certificate renewed at SIGHUP is shown to the next handshake while an upload runs through', async () => {
  const files = folderFor()
  install('first', files)
  const data = mkdtempSync(join(tmpdir(), 'robotrace-tls-data-'))
  let api_key = ''
  {
    await using before = await startTestServer({}, { file: true, data })
    api_key = (await tenant(before)).api_key
  }
  const server = startProcess({
    ...{ ROBOTRACE_DATA: data, ROBOTRACE_SECRET: TEST_SECRET },
    ...{ ROBOTRACE_TLS_CERT: files.cert, ROBOTRACE_TLS_KEY: files.key },
  })
  try {
    const [, url = ''] = await server.until(/RoboTrace \S+ · (https:\/\/localhost:\d+) ·/)
    const ca = readFileSync(files.cert, 'utf8')
    const health = await ask(`${url}/healthz`, ca)
    expect(health).toMatchObject({
      status: 200,
      headers: { 'strict-transport-security': expect.any(String) },
    })
    expect(await subjectAt(url)).toBe('first')
    await expect(handshake(url, { maxVersion: 'TLSv1.1' })).rejects.toThrow(/protocol version/)

    const started = await ask(`${url}/api/ingest/episode`, ca, {
      headers: { ...bearer(api_key), 'Content-Type': 'application/json' },
      body: '{"request_uploads":["video"]}',
    })
    const { upload_urls }: StartedEpisode = JSON.parse(started.text)
    const { pathname, search, host, protocol } = new URL(upload_urls[0]?.url ?? '')
    expect(protocol).toBe('https:')
    const upload = await handshake(url)
    const lines = Object.entries({
      Host: host,
      ...VIDEO,
      'Content-Length': 2 * HALF.length,
      Connection: 'close',
    })
    upload.write(
      `PUT ${pathname}${search} HTTP/1.1\r\n${lines.map(([k, v]) => `${k}: ${v}\r\n`).join('')}\r\n`,
    )
    upload.write(HALF)

    install('second', files)
    server.child.kill('SIGHUP')
    await expect.poll(server.stderr).toContain('read the TLS certificate again')
    expect(await subjectAt(url)).toBe('second')
    const answer = answerOf(upload)
    upload.write(HALF)
    expect(await answer).toMatch(/^HTTP\/1.1 200 .*"size_bytes":1000000/s)

    writeFileSync(files.key, 'not a key')
    server.child.kill('SIGHUP')
    await expect.poll(server.stderr).toContain('the TLS certificate cannot be used; the one before stays')
    expect(await subjectAt(url)).toBe('second')
  } finally {
    server.child.kill('SIGTERM')
  }
  expect(await server.exit).toBe(0)
})

test('a key that belongs to another certificate is refused at the start, in a sentence', async () => {
  const [one, other] = [folderFor(), folderFor()]
  install('one', one)
  install('other', other)
  const env = { ROBOTRACE_TLS_CERT: one.cert, ROBOTRACE_TLS_KEY: other.key }
  const host = testHost({ cwd: one.folder })
  expect(
    await run(['serve', '--port', '0', '--data', join(one.folder, 'data')], host, operatorCommands(env)),
  ).toBe(1)
  expect(host.stderr()).toContain('the key does not belong to the certificate')
})

test('with TLS a plain PUBLIC_URL is a contradiction, and a key that everybody can read is warned about', () => {
  const files = folderFor()
  install('one', files)
  const given = { text: () => undefined }
  const env = { ROBOTRACE_TLS_CERT: files.cert, ROBOTRACE_TLS_KEY: files.key }
  expect(() => configOf({ ...env, PUBLIC_URL: 'http://localhost:3000' }, given)).toThrow(
    'PUBLIC_URL: must begin with https',
  )
  chmodSync(files.key, 0o600)
  expect(configOf(env, given).warnings).toEqual([])
  chmodSync(files.key, 0o644)
  expect(configOf(env, given).warnings).toEqual([expect.stringContaining(`chmod 600 ${files.key}`)])
})
