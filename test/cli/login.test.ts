import { existsSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { KEY } from '../sdk/wire-server.ts'
import { makeHome } from './home.ts'
import { approved, CLIENT_ID, LOST, PENDING, startLoginServer } from './login-server.ts'

const EXPIRED = { status: 410, json: { status: 'expired', error: 'over' } }
const secret = KEY.slice(14)

describe('signing in', () => {
  test('what the server learns of this machine is its name and this program', async () => {
    using home = makeHome()
    await using server = await startLoginServer()
    expect((await home.robotrace(`login --base-url ${server.url}`)).status).toBe(0)
    const [start] = server.to('/start')
    expect(start?.json).toEqual({ user_agent: 'robotrace-js/0.1.0 test', hostname: 'rig-07' })
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
  test.each(cases)('%s', async (_, line, env, times) => {
    using home = makeHome()
    await using server = await startLoginServer()
    const { host } = await home.robotrace(`${line} --base-url ${server.url}`, { env })
    expect(host.opened).toEqual(times ? [`${server.url}/cli/auth?code=XKDF-PQ4N`] : [])
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
  test('a poll whose connection breaks is repeated until the login is over', async () => {
    using home = makeHome()
    await using server = await startLoginServer({
      polls: [PENDING, LOST, LOST, PENDING, approved('http://127.0.0.1:1')],
    })
    const { status, host } = await home.robotrace(`login --base-url ${server.url}`)
    expect(status).toBe(0)
    expect(server.to('/poll').length).toBe(5)
    expect(host.stderr().match(/Still trying/g)?.length).toBe(1)
  })

  test('after ten minutes it ends by itself, even when the server is not heard any more', async () => {
    using home = makeHome()
    await using server = await startLoginServer({ polls: [LOST] })
    const { status, host } = await home.robotrace(`login --base-url ${server.url}`)
    expect(status).toBe(1)
    expect(host.stderr()).toContain('Login window expired before the device was authorized.')
    expect(host.now() - Date.parse('2026-05-04T20:08:14Z')).toBe(600_000)
    // Every four seconds, twice the interval, after the first one.
    expect(server.to('/poll').length).toBe(151)
    expect(existsSync(home.credentials)).toBe(false)
  })

  test('the pace is what the server asks for', async () => {
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
    ['404', { status: 404, json: { error: 'No such login.' } }, 'No such login.'],
    ['410', EXPIRED, 'Login window expired'],
  ])('a poll that is answered with %s ends it', async (_, reply, sentence) => {
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

describe('another account than before', () => {
  const OLD = `[default]\napi_key = "${KEY}"\nbase_url = "URL"\nclient_id = "${CLIENT_ID}"\nuser_email = "ada@lab.example"\n`

  test('is named with its organization, and taken only after a yes', async () => {
    for (const [answer, status] of [
      ['y', 0],
      ['YES', 0],
      ['n', 1],
      ['', 1],
      [undefined, 130],
    ] as const) {
      using home = makeHome()
      await using server = await startLoginServer()
      const before = OLD.replace('URL', server.url)
      home.save(before)
      const ran = await home.robotrace(`login --force --base-url ${server.url}`, { answers: [answer] })
      expect(ran.status).toBe(status)
      expect(ran.host.stderr()).toContain('art@robotrace.dev')
      expect(ran.host.stderr()).toContain('Halcyon Robotics (halcyon)')
      expect(ran.host.questions).toEqual(['Save it all the same? [y/N] '])
      expect(home.read() === before).toBe(status !== 0)
      // A key that is not kept does not stay alive.
      expect(server.to('/revoke').map(({ headers }) => headers.authorization)).toEqual(
        status === 0 ? [] : [`Bearer ${KEY}`],
      )
    }
  })

  test('where nobody can be asked it takes --force', async () => {
    using home = makeHome()
    await using server = await startLoginServer()
    home.save(OLD.replace('URL', 'https://old.example'))
    const refused = await home.robotrace(`login --base-url ${server.url}`)
    expect(refused.status).toBe(1)
    expect(refused.host.stderr()).toContain('The new key has been revoked again.')
    expect(home.read()).toContain('ada@lab.example')
    const forced = await home.robotrace(`login --force --base-url ${server.url}`)
    expect(forced.status).toBe(0)
    expect(home.read()).toContain('art@robotrace.dev')
  })

  test('another organization of the same person counts as well', async () => {
    using home = makeHome()
    const other = '00000000-0000-4000-8000-000000000001'
    await using server = await startLoginServer({ approved: { client_id: other } })
    home.save(OLD.replace('URL', server.url).replace('ada@lab.example', 'art@robotrace.dev'))
    expect((await home.robotrace(`login --force --base-url ${server.url}`, { answers: ['n'] })).status).toBe(
      1,
    )
  })
})

describe('what cannot be trusted', () => {
  test('a link to another origin is refused before anybody sees it', async () => {
    for (const member of ['verification_uri', 'verification_uri_complete']) {
      for (const link of ['https://evil.example/cli/auth', 'javascript:alert(1)', 'not a link']) {
        using home = makeHome()
        await using server = await startLoginServer({ start: () => ({ [member]: link }) })
        const { status, host } = await home.robotrace(`login --base-url ${server.url}`, {
          env: { DISPLAY: ':0' },
        })
        expect(status).toBe(1)
        expect(host.text()).not.toContain(link)
        expect(host.opened).toEqual([])
        expect(server.to('/poll')).toEqual([])
      }
    }
  })

  test('an approval that names another deployment keeps the one that was asked', async () => {
    using home = makeHome()
    const elsewhere = { base_url: 'https://evil.example', portal_url: 'https://evil.example/portal' }
    await using server = await startLoginServer({ approved: elsewhere })
    const { host } = await home.robotrace(`login --base-url ${server.url}`)
    expect(home.read()).toContain(`base_url = "${server.url}"`)
    expect(host.text() + home.read()).not.toContain('evil.example')
  })

  test('plain http over a network is warned about, on this machine it is not', async () => {
    using home = makeHome()
    const far = await home.robotrace('login --base-url http://robotrace.invalid')
    expect(far.host.stderr()).toContain('not encrypted')
    await using server = await startLoginServer()
    expect((await home.robotrace(`login --base-url ${server.url}`)).host.stderr()).not.toContain('encrypted')
  })

  test('a key that does not arrive whole is not saved', async () => {
    using home = makeHome()
    const last = KEY.endsWith('A') ? 'B' : 'A'
    await using server = await startLoginServer({ approved: { api_key: KEY.slice(0, -1) + last } })
    const { status, host } = await home.robotrace(`login --base-url ${server.url}`)
    expect(status).toBe(1)
    expect(host.stderr()).toContain('checksum')
    expect(host.text()).not.toContain(secret.slice(0, -1))
    expect(existsSync(home.credentials)).toBe(false)
  })

  test('a file that cannot be written stops it before anybody clicks', async () => {
    await using server = await startLoginServer()
    using linked = makeHome()
    linked.save('')
    rmSync(linked.credentials)
    symlinkSync(join(linked.folder, 'elsewhere'), linked.credentials)
    const link = await linked.robotrace(`login --base-url ${server.url}`)
    expect(link.status).toBe(1)
    expect(link.host.stderr()).toContain('symbolic link')
    using home = makeHome()
    home.save('[default\n')
    const broken = await home.robotrace(`login --base-url ${server.url}`)
    expect(broken.status).toBe(1)
    expect(broken.host.stderr()).toContain('neither TOML nor JSON')
    expect(server.arrived).toEqual([])
  })

  test('Ctrl-C while waiting leaves nothing behind and ends with 130', async () => {
    using home = makeHome()
    await using server = await startLoginServer({ polls: [PENDING] })
    const { status, host } = await home.robotrace(`login --base-url ${server.url}`, {
      on_write: (text, world) => {
        if (text.includes('Waiting')) setImmediate(() => world.interrupt(130))
      },
    })
    expect(status).toBe(130)
    expect(host.stderr()).toContain('Nothing was saved')
    expect(existsSync(join(home.folder, '.robotrace'))).toBe(false)
  })
})

describe('--json', () => {
  const events = (text: string): Record<string, unknown>[] =>
    text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))

  test('one event a line, from started to approved', async () => {
    using home = makeHome()
    await using server = await startLoginServer()
    const { host } = await home.robotrace(`login --json --base-url ${server.url}`)
    expect(events(host.stdout())).toEqual([
      {
        event: 'started',
        base_url: server.url,
        user_code: 'XKDF-PQ4N',
        verification_uri: `${server.url}/cli/auth`,
        verification_uri_complete: `${server.url}/cli/auth?code=XKDF-PQ4N`,
        expires_in: 600,
        interval: 2,
      },
      { event: 'pending', browser_opened: false },
      {
        event: 'approved',
        profile: 'default',
        base_url: server.url,
        client_id: CLIENT_ID,
        user_email: 'art@robotrace.dev',
        portal_url: `${server.url}/portal`,
        organization: { id: CLIENT_ID, slug: 'halcyon', name: 'Halcyon Robotics' },
        key_prefix: KEY.slice(0, 13),
        credentials_path: home.credentials,
      },
    ])
    const again = await home.robotrace(`login --json --base-url ${server.url}`)
    expect(events(again.host.stdout())[0]?.event).toBe('already_signed_in')
  })

  test('a failure is an event as well', async () => {
    using home = makeHome()
    await using server = await startLoginServer({ polls: [{ status: 200, json: { status: 'denied' } }] })
    const { status, host } = await home.robotrace(`login --json --base-url ${server.url}`)
    expect(status).toBe(1)
    expect(events(host.stdout()).at(-1)).toEqual({
      event: 'failed',
      reason: 'denied',
      message: 'Device login was refused.',
    })
  })
})
