import { describe, expect, test } from 'vitest'
import { clean } from '../../cli/print.ts'
import { KEY } from '../sdk/wire-server.ts'
import { makeHome } from './home.ts'
import { CLIENT_ID, known, PENDING, startLoginServer } from './login-server.ts'

/** An escape sequence, a title, a link, C1 controls, a bell, a line break, and a turned direction of writing. */
const EVIL =
  '\u001b[2J\u001b]0;owned\u0007\u001b]8;;https://evil.example\u001b\\\u009b31m\u0085\u0000\r\nError: \u202eart\u2028'
const STEERING = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069\u2028\u2029]/

describe('no server steers the terminal', () => {
  test('through what it says of the login', async () => {
    using home = makeHome()
    await using server = await startLoginServer({
      approved: {
        user_email: `art${EVIL}@robotrace.dev`,
        client_id: `${CLIENT_ID}${EVIL}`,
        organization: { id: EVIL, slug: EVIL, name: EVIL },
      },
    })
    for (const line of [
      `login --base-url ${server.url}`,
      'whoami --offline',
      'whoami --offline --json',
      'login',
      `login --json --force --base-url ${server.url}`,
      'logout',
    ]) {
      const { status, host } = await home.robotrace(line)
      expect(status).toBe(0)
      expect(host.text()).not.toMatch(STEERING)
    }
  })

  test('through the links: what is shown and opened is what a browser would make of it', async () => {
    using home = makeHome()
    await using server = await startLoginServer({
      start: (url) => ({ verification_uri_complete: `${url}/cli/auth?code=A\u001b[31m B\u0007"` }),
    })
    const { host } = await home.robotrace(`login --base-url ${server.url}`, { env: { DISPLAY: ':0' } })
    expect(host.opened).toEqual([`${server.url}/cli/auth?code=A%1B[31m%20B%07%22`])
    expect(host.text()).toContain(`${server.url}/cli/auth?code=A%1B[31m%20B%07%22`)
    expect(host.text()).not.toMatch(STEERING)
  })

  test('through errors', async () => {
    for (const json of [{ error: EVIL }, { error: `wrong key ${KEY}` }]) {
      using home = makeHome()
      await using server = await startLoginServer({
        polls: [{ status: 400, json }],
        whoami: { status: 500, json },
        revoke: { status: 500, json },
      })
      home.save(`[default]\napi_key = "${KEY}"\nbase_url = "${server.url}"\n`)
      for (const command of [
        'login --force',
        'login --force --json',
        'whoami',
        'whoami --json',
        'logout --revoke',
      ]) {
        const line = command.replace('login', `login --base-url ${server.url}`)
        const { status, host } = await home.robotrace(line)
        expect(status).toBe(1)
        expect(host.text()).not.toMatch(STEERING)
        expect(host.text()).not.toContain(KEY.slice(14))
      }
    }
  })

  test('through what it says of the key', async () => {
    using home = makeHome()
    const json = known({
      label: EVIL,
      organization: { id: EVIL, slug: EVIL, name: EVIL },
      scopes: [EVIL],
      expires_at: EVIL,
    })
    await using server = await startLoginServer({ whoami: { status: 200, json } })
    await home.robotrace(`login --base-url ${server.url}`)
    for (const line of ['whoami', 'whoami --json']) {
      const { status, host } = await home.robotrace(line)
      expect(status).toBe(0)
      expect(host.text()).not.toMatch(STEERING)
    }
  })

  test('a code of another form than XXXX-XXXX is refused before anybody sees it', async () => {
    for (const user_code of [`XKDF${EVIL}`, 'XKDF\u200b-PQ4N', 'XKDFPQ4N', 'XKDF-PQ4N-2', 'ХKDF-PQ4N', 5]) {
      using home = makeHome()
      await using server = await startLoginServer({ start: () => ({ user_code }) })
      const { status, host } = await home.robotrace(`login --base-url ${server.url}`)
      expect(status).toBe(1)
      expect(host.stderr()).toContain('Error: The server sent an unusable answer: user_code is')
      expect(host.stderr()).toContain('Try: check that the address is that of a RoboTrace deployment')
      expect(host.stdout()).not.toContain('Confirmation code')
    }
  })

  test('characters that nobody sees are gone', () => {
    for (const code of [0x200b, 0x061c, 0xfeff, 0x00ad, 0x2060, 0x180e, 0xe0041, 0x3164, 0x2028]) {
      expect(clean(`ar${String.fromCodePoint(code)}t`)).toBe('art')
    }
  })

  test('ordinary text of any language is left as it is', () => {
    expect(clean('Zoë Ōkafor · 機械 – 50 % [sic]')).toBe('Zoë Ōkafor · 機械 – 50 % [sic]')
  })
})

describe('how it looks', () => {
  const plain: [string, Record<string, string>, number | undefined][] = [
    ['a pipe', { TERM: 'xterm-256color' }, undefined],
    ['NO_COLOR', { TERM: 'xterm-256color', NO_COLOR: '1', TERM_PROGRAM: 'vscode' }, 100],
    ['TERM=dumb', { TERM: 'dumb', TERM_PROGRAM: 'vscode' }, 100],
  ]
  test.each(plain)('%s gets plain text', async (_, env, columns) => {
    using home = makeHome()
    await using server = await startLoginServer({ polls: [PENDING], start: () => ({ expires_in: 4 }) })
    const { host } = await home.robotrace(`login --base-url ${server.url}`, { env, columns })
    expect(host.text()).not.toMatch(STEERING)
    expect(host.stdout()).toContain('Waiting for browser approval...\n')
  })

  test('a terminal gets a line that counts down, links that can be clicked, and aligned facts', async () => {
    using home = makeHome()
    await using server = await startLoginServer()
    const options = { env: { TERM: 'xterm-256color', TERM_PROGRAM: 'vscode' }, columns: 100 }
    const { host } = await home.robotrace(`login --base-url ${server.url}`, options)
    expect(host.stdout()).toContain('10:00 left')
    expect(host.stdout()).toMatch(/\r\u001b\[2KWaiting for browser approval\.\.\.\n/)
    const link = `${server.url}/cli/auth?code=XKDF-PQ4N`
    expect(host.stdout()).toContain(`\u001b]8;;${link}\u001b\\${link}\u001b]8;;\u001b\\`)
    const { host: shown } = await home.robotrace('whoami', { columns: 100, env: { NO_COLOR: '1' } })
    expect(shown.stdout()).toContain('Profile:      default\nUser:         art@robotrace.dev\n')
  })

  test.each([20, 30, 40, 41, 42, 80])(
    'at %i columns the line that counts down never wraps',
    async (columns) => {
      using home = makeHome()
      await using server = await startLoginServer()
      const options = { env: { TERM: 'xterm-256color' }, columns }
      const { host } = await home.robotrace(`login --base-url ${server.url}`, options)
      const [, drawn] = /\r\u001b\[2K([^\r\n]*10:00 left[^\r\n]*)\r/.exec(host.stdout()) ?? []
      const line = (drawn ?? '').replace(/\u001b\[\d+m/g, '')
      expect(line).toContain('10:00 left')
      expect(line.length).toBeLessThan(columns)
    },
  )

  test('a picture for the phone is drawn where it fits and a phone could follow it', async () => {
    // The login cannot start there; what matters is decided by the address alone, so this asks the drawing.
    const { qrCode } = await import('../../cli/qr-code.ts')
    const url = 'https://robotrace.example.org/cli/auth?code=XKDF-PQ4N'
    const wide = qrCode(url, { columns: 80 })
    expect(wide).toMatch(/[▀▄█]/)
    const width = Math.max(
      ...(wide ?? '').split('\n').map((line) => line.replace(/\u001b\[[\d;]*m/g, '').length),
    )
    expect(qrCode(url, { columns: width })).toBe(wide)
    expect(qrCode(url, { columns: width - 1 })).toBeUndefined()
  })
})

describe('help and usage', () => {
  test.each(['', ' login', ' whoami', ' logout', ' version', ' completion'])(
    'robotrace%s --help opens with two examples',
    async (command) => {
      using home = makeHome()
      const { status, host } = await home.robotrace(`${command.trim()} --help`.trim())
      expect(status).toBe(0)
      const top = host.stdout().slice(0, host.stdout().indexOf('Usage:'))
      expect(top.match(/^ {2}\$ robotrace /gm)?.length).toBe(2)
      expect(host.stderr()).toBe('')
    },
  )

  test.each([
    ['logn', '`robotrace login`'],
    ['login --forse', '`--force`'],
    ['login --profile', '`robotrace login --help`'],
    ['version again', '`robotrace version --help`'],
    ['completion ksh', '`robotrace completion bash`'],
    [`login ${KEY}`, 'ROBOTRACE_API_KEY'],
    [`login --profile ${KEY}`, 'ROBOTRACE_API_KEY'],
  ])('robotrace %s is wrong usage, and says what is right', async (line, hint) => {
    using home = makeHome()
    const { status, host } = await home.robotrace(line)
    expect(status).toBe(2)
    expect(host.stderr()).toContain(`Try: `)
    expect(host.stderr()).toContain(hint)
    expect(host.stdout()).toBe('')
    expect(host.text()).not.toContain(KEY.slice(14))
  })

  test.each(['rt_staging_eu', 'rbtk_west_2'])(
    'a profile may be called %s: only what has the shape of a key is refused',
    async (name) => {
      using home = makeHome()
      const { status, host } = await home.robotrace(`whoami --offline --profile ${name}`)
      expect(status).toBe(4)
      expect(host.stderr()).toContain(`No saved credentials for profile '${name}'`)
    },
  )

  test('the version is that of the package', async () => {
    using home = makeHome()
    const { stdout } = (await home.robotrace('--version')).host
    expect(stdout()).toMatch(/^robotrace \d+\.\d+\.\d+\n$/)
    expect((await home.robotrace('version')).host.stdout()).toContain(`Client: ${stdout()}`)
  })
})
