import { existsSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { VERSION } from '../../sdk/version.ts'
import { KEY } from '../sdk/wire-server.ts'
import { makeHome } from './home.ts'
import { approved, LOST, PENDING, startLoginServer } from './login-server.ts'

const EXPIRED = { status: 410, json: { status: 'expired', error: 'over' } }
const secret = KEY.slice(14)

describe('signing in', () => {
  test('what the server learns of this machine is its name and this program', async () => {
    using home = makeHome()
    await using server = await startLoginServer()
    expect((await home.robotrace(`login --base-url ${server.url}`)).status).toBe(0)
    const [start] = server.to('/start')
    expect(start?.json).toEqual({ user_agent: `robotrace-js/${VERSION} test`, hostname: 'rig-07' })
    expect(start?.headers.authorization).toBeUndefined()
    expect(server.to('/poll')[0]?.json).toEqual({ device_code: 'a-secret-that-nobody-sees' })
    expect(server.to('/poll')[0]?.headers.authorization).toBeUndefined()
  })

  test('neither the key nor the device code is ever printed', async () => {
    for (const flag of ['', ' --json']) {
      using home = makeHome()
      await using server = await startLoginServer({ polls: [PENDING], start: () => ({ expires_in: 10 }) })
      await using good = await startLoginServer()
      const runs = [
        await home.robotrace(`login${flag} --base-url ${server.url}`),
        await home.robotrace(`login${flag} --base-url ${good.url}`),
        await home.robotrace(`login${flag} --base-url ${good.url}`),
      ]
      expect(runs.map(({ status }) => status)).toEqual([1, 0, 0])
      for (const { host } of runs) {
        expect(host.text()).not.toContain(secret)
        expect(host.text()).not.toContain('a-secret-that-nobody-sees')
      }
    }
  })

  test('signed in to the same deployment already: no request is made', async () => {
    using home = makeHome()
    await using server = await startLoginServer()
    await home.robotrace(`login --base-url ${server.url}`)
    const before = server.arrived.length
    const { status, host } = await home.robotrace(`login --base-url ${server.url}/`)
    expect(status).toBe(0)
    expect(host.stdout()).toContain('Already signed in')
    expect(host.stdout()).toContain('login --force')
    expect(server.arrived.length).toBe(before)
    expect((await home.robotrace(`login --force --base-url ${server.url}`)).status).toBe(0)
    expect(server.to('/start').length).toBe(2)
  })

  test('another deployment: standard error says what will be replaced', async () => {
    using home = makeHome()
    home.save(
      `[default]\napi_key = "${KEY}"\nbase_url = "https://old.example"\nuser_email = "art@robotrace.dev"\n`,
    )
    await using server = await startLoginServer()
    const { status, host } = await home.robotrace(`login --base-url ${server.url}`)
    expect(status).toBe(0)
    expect(host.stderr()).toContain('https://old.example as art@robotrace.dev')
    expect(host.stderr()).toContain('replace')
    expect(home.read()).toContain(server.url)
  })

  test('the address comes from the flag, the variable, the profile, and last from this machine', async () => {
    using home = makeHome()
    await using server = await startLoginServer()
    const env = { ROBOTRACE_BASE_URL: server.url }
    expect((await home.robotrace('login', { env })).host.stdout()).toContain(
      `Welcome to RoboTrace (${server.url})`,
    )
    expect((await home.robotrace('login --force')).host.stdout()).toContain(
      `Welcome to RoboTrace (${server.url})`,
    )
    const wrong = await home.robotrace('login --base-url localhost:3000', { env })
    expect(wrong.status).toBe(2)
    using fresh = makeHome()
    expect((await fresh.robotrace('login')).host.stdout()).toContain(
      'Welcome to RoboTrace (http://localhost:3000)',
    )
  })
})

describe('the browser', () => {
  const display = { DISPLAY: ':0' }
  const cases: [string, string, Record<string, string>, number][] = [
    ['opens by itself', 'login', display, 1],
    ['is left alone with --no-browser', 'login --no-browser', display, 0],
    ['is left alone in a CI job', 'login', { ...display, CI: 'true' }, 0],
    ['is left alone over SSH without a display', 'login', { SSH_CONNECTION: '10.0.0.2 1 10.0.0.3 22' }, 0],
    ['opens over SSH with a display', 'login', { ...display, SSH_CONNECTION: '10.0.0.2 1 10.0.0.3 22' }, 1],
    ['is the one that BROWSER names, display or not', 'login', { BROWSER: 'lynx' }, 1],
  ]
  test.each(cases)('D46 %s', async (_, line, env, times) => {
    using home = makeHome()
    await using server = await startLoginServer()
    const { host } = await home.robotrace(`${line} --base-url ${server.url}`, { env })
    expect(host.opened).toEqual(times ? [`${server.url}/cli/auth?code=XKDF-PQ4N`] : [])
    // The link and the code are printed whether or not a browser opens.
    expect(host.stdout()).toContain(`${server.url}/cli/auth?code=XKDF-PQ4N\n`)
    expect(host.stdout()).toContain('Confirmation code: XKDF-PQ4N')
  })

  test('did not open: the message says what to do, and the login goes on', async () => {
    using home = makeHome()
    await using server = await startLoginServer()
    const { status, host } = await home.robotrace(`login --base-url ${server.url}`, {
      env: display,
      browser: false,
    })
    expect(status).toBe(0)
    expect(host.stderr()).toContain("The browser didn't open")
    expect(host.stderr()).toContain('--no-browser')
    expect(host.stderr()).toContain('BROWSER=')
  })
})

describe('waiting', () => {
  test('D46 a poll whose connection breaks is repeated until the login is over', async () => {
    using home = makeHome()
    await using server = await startLoginServer({
      polls: [PENDING, LOST, LOST, PENDING, approved('http://127.0.0.1:1')],
    })
    const { status, host } = await home.robotrace(`login --base-url ${server.url}`)
    expect(status).toBe(0)
    expect(server.to('/poll').length).toBe(5)
    expect(host.stderr().match(/Still trying/g)?.length).toBe(1)
  })

  test.each([502, 503, 504])(
    'D46 a poll that a proxy answers with %s, while the server restarts, is repeated like a lost one',
    async (status) => {
      using home = makeHome()
      const down = { status, text: '<h1>Down</h1>', headers: { 'Content-Type': 'text/html' } }
      await using server = await startLoginServer({ polls: [down, down, approved('http://127.0.0.1:1')] })
      const ran = await home.robotrace(`login --base-url ${server.url}`)
      expect(ran.status).toBe(0)
      expect(ran.host.now() - Date.parse('2026-05-04T20:08:14Z')).toBe((2 + 4 + 8) * 1000)
      expect(ran.host.stderr()).toContain(`HTTP ${status} Still trying.`)
    },
  )

  test('D46 after ten minutes it ends by itself, even when the server is not heard any more', async () => {
    using home = makeHome()
    await using server = await startLoginServer({ polls: [LOST] })
    const { status, host } = await home.robotrace(`login --base-url ${server.url}`)
    expect(status).toBe(1)
    expect(host.stderr()).toContain('Login window expired before the device was authorized.')
    expect(host.now() - Date.parse('2026-05-04T20:08:14Z')).toBe(600_000)
    // After 2, 4, 8 and 16 seconds, then every 30: at 2, 6, 14, 30, 60, … 600.
    expect(server.to('/poll').length).toBe(23)
    expect(existsSync(home.credentials)).toBe(false)
  })

  test('D46 the longer nothing is heard the longer it waits, and the usual pace returns with the first answer', async () => {
    using home = makeHome()
    await using server = await startLoginServer({
      polls: [LOST, LOST, LOST, PENDING, approved('http://127.0.0.1:1')],
    })
    const { host } = await home.robotrace(`login --base-url ${server.url}`)
    expect(host.now() - Date.parse('2026-05-04T20:08:14Z')).toBe((2 + 4 + 8 + 16 + 2) * 1000)
  })

  test('D46 the pace is what the server asks for', async () => {
    using home = makeHome()
    const slower = { status: 200, json: { status: 'pending', interval: 7 } }
    await using server = await startLoginServer({
      polls: [PENDING, slower, PENDING, approved('http://127.0.0.1:1')],
    })
    const { host } = await home.robotrace(`login --base-url ${server.url}`)
    expect(host.now() - Date.parse('2026-05-04T20:08:14Z')).toBe(18_000)
  })

  test('a key that was handed out but never arrived is named as such', async () => {
    using home = makeHome()
    const consumed = { status: 410, json: { status: 'consumed', error: 'used' } }
    await using server = await startLoginServer({ polls: [LOST, consumed] })
    const { status, host } = await home.robotrace(`login --base-url ${server.url}`)
    expect(status).toBe(1)
    expect(host.stderr()).toContain('handed out')
    expect(host.stderr()).toContain('revoke')
  })

  test.each([
    ['429', { status: 429, json: { error: 'slow down' } }, 'slow down'],
    ['500', { status: 500, json: { error: 'broken' } }, 'broken'],
    ['501', { status: 501, json: { error: 'broken' } }, 'broken'],
    ['404', { status: 404, json: { error: 'No such login.' } }, 'No such login.'],
    ['410', EXPIRED, 'Login window expired'],
  ])('D46 a poll that is answered with %s ends it', async (_, reply, sentence) => {
    using home = makeHome()
    await using server = await startLoginServer({ polls: [reply] })
    const { status, host } = await home.robotrace(`login --base-url ${server.url}`)
    expect(status).toBe(1)
    expect(host.stderr()).toContain(sentence)
    expect(server.to('/poll').length).toBe(1)
  })

  test('a server that is not there is said so, with the address', async () => {
    using home = makeHome()
    const { status, host } = await home.robotrace('login --base-url http://127.0.0.1:1')
    expect(status).toBe(1)
    expect(host.stderr()).toMatch(/Error: POST http:\/\/127\.0\.0\.1:1\/api\/cli\/auth\/start failed/)
    expect(host.stderr()).toContain('Try: ')
  })
})
