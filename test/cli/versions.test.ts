import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, test } from 'vitest'
import { VERSION } from '../../sdk/version.ts'
import { SCHEMA_VERSION } from '../../server/db/open.ts'
import { startTestServer, type TestServer } from '../harness.ts'
import { portalClient } from '../portal-client.ts'
import { tenant } from '../seed.ts'
import { makeHome } from './home.ts'

/** A server that answers everything with this. */
async function startOther(status: number, body: object): Promise<AsyncDisposable & { url: string }> {
  const server = createServer((_request, response) => {
    response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo // It listens on a port, not on a path.
  return {
    url: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: async () => void server.close(),
  }
}

const other = (version: string, client_min: string) => startOther(200, { version, schema: 3, client_min })

describe('robotrace version', () => {
  test('shows client and server, to people and as JSON, without a key', async () => {
    using home = makeHome()
    await using server = await startTestServer()
    const asked = await home.robotrace(`version --base-url ${server.url}`)
    expect(asked.status).toBe(0)
    expect(asked.host.stdout()).toBe(`Client: robotrace ${VERSION}\nServer: ${VERSION} (${server.url})\n`)
    expect(asked.host.stderr()).toBe('')
    const env = { ROBOTRACE_BASE_URL: server.url }
    const { host } = await home.robotrace('version --json', { env })
    expect(JSON.parse(host.stdout())).toEqual({
      client: VERSION,
      base_url: server.url,
      state: 'same',
      server: { version: VERSION, schema: SCHEMA_VERSION, client_min: '0.1.0' },
    })
  })

  test('a server that does not answer, or none at all, is no failure', async () => {
    using home = makeHome()
    const silent = await home.robotrace('version --base-url http://127.0.0.1:1')
    expect(silent.status).toBe(0)
    expect(silent.host.stdout()).toContain(`Client: robotrace ${VERSION}`)
    expect(silent.host.stdout()).toContain('Server: did not answer (http://127.0.0.1:1)')
    const nowhere = await home.robotrace('version')
    expect(nowhere.status).toBe(0)
    expect(nowhere.host.stdout()).toContain('Server: none is known here')
    const { host } = await home.robotrace('version --json --base-url http://127.0.0.1:1')
    expect(JSON.parse(host.stdout())).toMatchObject({ client: VERSION, state: 'silent', server: null })
  })

  test.each([
    ['0.1.4', '0.1.0', 'client_newer', 'newer than the server, and works with it'],
    ['99.0.0', '0.1.0', 'client_older', 'npm install -g robotrace@99.0.0'],
    ['99.0.0', '98.0.0', 'client_too_old', 'not tried with clients before 98.0.0'],
  ])(
    'next to a server %s that was tried with clients from %s on: %s',
    async (version, min, state, advice) => {
      using home = makeHome()
      await using server = await other(version, min)
      const asked = await home.robotrace(`version --base-url ${server.url}`)
      expect(asked.status).toBe(0)
      expect(asked.host.stderr()).toContain(advice)
      const { host } = await home.robotrace(`version --json --base-url ${server.url}`)
      expect(JSON.parse(host.stdout()).state).toBe(state)
      expect(host.stderr()).not.toContain(version)
    },
  )

  test('a server from before it could say so, and one that is something else, are told apart from silence', async () => {
    using home = makeHome()
    for (const [status, body] of [
      [404, { error: 'No such address.' }],
      [200, { version: 7 }],
      [200, { version: '\u001b[31m1', schema: 3 }],
    ] as const) {
      await using server = await startOther(status, body)
      const { host } = await home.robotrace(`version --base-url ${server.url}`)
      expect(host.stdout()).toContain('does not say its version')
    }
  })
})

describe('a client that is older than its server', () => {
  /** A saved sign-in, at a terminal of 80 columns. */
  async function signedIn(server: TestServer, home: ReturnType<typeof makeHome>): Promise<void> {
    const { api_key } = await tenant(server)
    home.save(`[default]\napi_key = "${api_key}"\nbase_url = "${server.url}"\n`)
  }
  const OLD = { columns: 80, user_agent: 'robotrace-js/0.1.9 node/20.15.0 linux/x64' }
  const LINE = `! The server is at ${VERSION}, this program at 0.1.9. To update it: \`npm install -g robotrace@${VERSION}\`.\n`
  const plain = (text: string): string => text.replace(/\u001b\[\d+m/g, '')

  test('is told in one line a day, wherever the command succeeds or fails, and works as ever', async () => {
    using home = makeHome()
    await using server = await startTestServer()
    await signedIn(server, home)
    const first = await home.robotrace('whoami', OLD)
    expect(first.status).toBe(0)
    expect(plain(first.host.stderr())).toBe(LINE)
    expect(first.host.stdout()).not.toContain('npm install')
    expect((await home.robotrace('episode list', OLD)).host.stderr()).not.toContain('npm install')
  })

  test('is told after a day again, by every command that asked the server', async () => {
    for (const line of ['episode list', 'episode show ep_none', 'keys list']) {
      using home = makeHome()
      await using server = await startTestServer()
      await signedIn(server, home)
      const { host } = await home.robotrace(line, OLD)
      expect(plain(host.stderr()), line).toContain(LINE)
      const now = Date.parse('2026-05-05T20:08:15Z')
      expect(plain((await home.robotrace(line, { ...OLD, now })).host.stderr()), line).toContain(LINE)
    }
  })

  test('is told after signing in, too', async () => {
    using home = makeHome()
    await using server = await startTestServer()
    const { owner, organization_id } = await tenant(server)
    const { deviceLogin } = portalClient(server, owner)
    let approving: Promise<unknown> | undefined
    const on_write = (text: string): void => {
      const user_code = /Confirmation code: (\S+)/.exec(plain(text))?.[1]
      if (!user_code || approving) return
      approving = deviceLogin.claim
        .mutate({ user_code })
        .then(() => deviceLogin.approve.mutate({ user_code, organization_id }))
    }
    const line = `login --no-browser --base-url ${server.ctx.config.public_url}`
    const { status, host } = await home.robotrace(line, { ...OLD, clock: undefined, on_write })
    await approving
    expect(status).toBe(0)
    expect(plain(host.stderr())).toContain(LINE)
  })

  test('is left alone with --quiet, by scripts, in CI, and where it is not older by a minor version', async () => {
    using home = makeHome()
    await using server = await startTestServer()
    await signedIn(server, home)
    const [, minor = '0'] = VERSION.split('.')
    for (const [line, options] of [
      ['whoami --quiet', OLD],
      ['whoami --json', OLD],
      ['episode list --output yaml', OLD],
      ['whoami', { ...OLD, env: { CI: 'true' } }],
      ['whoami', { ...OLD, env: { ROBOTRACE_OUTPUT: 'json' } }],
      ['whoami', { ...OLD, columns: undefined }],
      ['whoami', { ...OLD, user_agent: `robotrace-js/0.${minor}.0 node` }],
      ['whoami', { ...OLD, user_agent: 'robotrace-js/9.0.0 node' }],
    ] as const) {
      const { status, host } = await home.robotrace(line, options)
      expect(status, line).toBe(0)
      expect(host.text(), line).not.toContain('npm install')
    }
    // Nothing was noted as told either.
    expect(plain((await home.robotrace('whoami', OLD)).host.stderr())).toBe(LINE)
  })

  test('is not steered by what a server calls a version', async () => {
    using home = makeHome()
    const server = createServer((_request, response) => {
      response.setHeader('X-RoboTrace-Client-Update', '9.0.0; rm -rf ~')
      response.writeHead(401, { 'Content-Type': 'application/json' }).end('{"error":"no"}')
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo // It listens on a port, not on a path.
    await using real = await startTestServer()
    const { api_key } = await tenant(real)
    home.save(`[default]\napi_key = "${api_key}"\nbase_url = "http://127.0.0.1:${port}"\n`)
    expect((await home.robotrace('whoami', OLD)).host.text()).not.toContain('9.0.0')
    server.close()
  })
})
