import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { run } from '../../cli/run.ts'
import { operatorCommands } from '../../server/operator/commands.ts'
import { makeCertificate } from '../certificate.ts'
import { testHost } from '../cli/test-host.ts'
import { freePort } from '../deploy/https-request.ts'
import { startTestServer } from '../harness.ts'

async function health(env: Record<string, string>, ...flags: string[]) {
  const host = testHost()
  return { status: await run(['health', ...flags], host, operatorCommands(env)), host }
}

describe('robotrace health', () => {
  test('is good while the server of this machine does its work, whatever name it has outside', async () => {
    await using server = await startTestServer({ PUBLIC_URL: 'https://robotrace.example.org' })
    const { port } = new URL(server.url)
    const { status, host } = await health({ PORT: port, ROBOTRACE_HOST: '0.0.0.0' })
    expect(status).toBe(0)
    expect(host.stdout()).toBe('ready\n')
  })

  test('is good over TLS, too, although the certificate is for another name than loopback', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'robotrace-health-'))
    const { cert, key } = makeCertificate(folder, 'server')
    const tls = { ROBOTRACE_TLS_CERT: cert, ROBOTRACE_TLS_KEY: key }
    await using server = await startTestServer({ PUBLIC_URL: 'https://robotrace.example.org', ...tls })
    expect((await health({ PORT: new URL(server.url).port, ...tls })).status).toBe(0)
    rmSync(folder, { recursive: true, force: true })
  })

  test('is bad, and says why, when the server is up and cannot take anything', async () => {
    await using server = await startTestServer({ ROBOTRACE_MIN_FREE: '900TB' })
    const { status, host } = await health({ PORT: new URL(server.url).port })
    expect(status).toBe(1)
    expect(host.stderr()).toMatch(/^Error: The server is up and not well: .*(?:disk|space|storage)/i)
  })

  test('asks the port that the flag names', async () => {
    await using server = await startTestServer()
    expect((await health({ PORT: '1' }, '--port', new URL(server.url).port)).status).toBe(0)
  })

  test('is bad when nobody answers', async () => {
    const { status, host } = await health({ PORT: String(await freePort()) })
    expect(status).toBe(1)
    expect(host.stderr()).toContain('No server answers on 127.0.0.1')
  })
})
