import { chmodSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { makeKey } from '../../server/api-keys/key-format.ts'
import { KEY } from '../sdk/wire-server.ts'
import { makeHome } from './home.ts'
import { CLIENT_ID, known, startLoginServer } from './login-server.ts'

const OTHER = makeKey().key
const profile = (name: string, url: string, key = KEY) =>
  `[${name}]\napi_key = "${key}"\nbase_url = "${url}"\nclient_id = "${CLIENT_ID}"\nuser_email = "art@robotrace.dev"\nwritten_at = "2026-05-04T20:08:14Z"\n`

describe('whoami', () => {
  test('(64) the lines of the documentation, then what the server says of the key', async () => {
    using home = makeHome()
    await using server = await startLoginServer()
    home.save(profile('default', server.url))
    const { status, host } = await home.robotrace('whoami')
    expect(status).toBe(0)
    expect(host.stdout().split('\n')).toEqual([
      'Profile: default',
      'User: art@robotrace.dev',
      'Client ID: 9f8e7d…-c1a2',
      `Base URL: ${server.url}`,
      'Saved at: 2026-05-04T20:08:14Z',
      `File: ${home.credentials}`,
      `Key: ${KEY.slice(0, 13)} (works)`,
      'Kind: personal key',
      'Organization: Halcyon Robotics (halcyon)',
      'Rights: episodes:write, episodes:read',
      'Expires: never',
      '',
    ])
    expect(server.arrived.map(({ headers }) => headers.authorization)).toEqual([`Bearer ${KEY}`])
  })

  test('--offline asks nobody; --json gives the client id whole', async () => {
    using home = makeHome()
    await using server = await startLoginServer()
    home.save(profile('default', server.url))
    const { host } = await home.robotrace('whoami --offline --json')
    expect(JSON.parse(host.stdout())).toEqual({
      profile: 'default',
      user_email: 'art@robotrace.dev',
      client_id: CLIENT_ID,
      base_url: server.url,
      written_at: '2026-05-04T20:08:14Z',
      credentials_path: home.credentials,
      overridden_by: [],
    })
    expect(server.arrived).toEqual([])
  })

  test('a dead key ends with 1 and "run robotrace login"', async () => {
    using home = makeHome()
    await using server = await startLoginServer({ whoami: { status: 401, json: { error: 'no' } } })
    home.save(profile('default', server.url))
    const { status, host } = await home.robotrace('whoami')
    expect(status).toBe(1)
    expect(host.stdout()).toContain('(does not work)')
    expect(host.stderr()).toContain('run `robotrace login')
    const json = await home.robotrace('whoami --json')
    expect(json.status).toBe(1)
    expect(JSON.parse(json.host.stdout()).key_works).toBe(false)
  })

  test.each([
    ['expires_at', 5],
    ['client_id', null],
    ['scopes', 'all'],
    ['scopes', [5]],
    ['organization', null],
    ['organization', { id: 'x', slug: 'x' }],
    ['user_email', {}],
    ['key_prefix', ''],
  ])('an answer whose %s is %j is unusable, and what is saved stays what is shown', async (member, value) => {
    using home = makeHome()
    const whoami = { status: 200, json: known({ [member]: value }) }
    await using server = await startLoginServer({ whoami })
    home.save(profile('default', server.url))
    const { status, host } = await home.robotrace('whoami')
    expect(status).toBe(1)
    expect(host.stderr()).toContain('Error: The server sent an unusable answer: ')
    expect(host.stderr()).toContain('Try: ')
    const json = JSON.parse((await home.robotrace('whoami --json')).host.stdout())
    expect(json).toMatchObject({ client_id: CLIENT_ID, base_url: server.url, key_works: null })
  })

  test('(64) nothing but the documented members passes from the server to --json, and the key never', async () => {
    using home = makeHome()
    const json = known({
      label: `mine ${KEY}`,
      api_key: KEY,
      base_url: 'https://evil.example',
      credentials_path: '/evil',
      overridden_by: ['evil'],
    })
    await using server = await startLoginServer({ whoami: { status: 200, json } })
    home.save(profile('default', server.url))
    const { status, host } = await home.robotrace('whoami --json')
    expect(status).toBe(0)
    const { label, ...rest } = known()
    expect(JSON.parse(host.stdout())).toEqual({
      profile: 'default',
      base_url: server.url,
      written_at: '2026-05-04T20:08:14Z',
      credentials_path: home.credentials,
      key_works: true,
      label: `mine ${KEY.slice(0, 13)}…`,
      ...rest,
      overridden_by: [],
    })
  })

  test('a token that acts as its person: in which organizations, and with what rights', async () => {
    using home = makeHome()
    const organizations = [{ id: CLIENT_ID, slug: 'halcyon', name: 'Halcyon Robotics', role: 'admin' }]
    const json = known({
      kind: 'api_token',
      key_prefix: 'tok_0',
      client_id: null,
      organization: null,
      organizations,
      scopes: null,
      rotation: null,
    })
    await using server = await startLoginServer({ whoami: { status: 200, json } })
    home.save(profile('default', server.url))
    const { status, host } = await home.robotrace('whoami')
    expect(status).toBe(0)
    expect(host.stdout()).toContain('Key: tok_0 (works)\nKind: API token\nOrganizations: halcyon (admin)\n')
    expect(host.stdout()).toContain('Rights: whatever your role allows\n')
    expect(host.stderr()).toBe('')
  })

  test.each([
    ['age', 'is more than 90 days old', 'Rotate it'],
    ['expiry', 'It works until 2026-08-02T20:08:14.000Z.', 'Rotate it'],
    ['rotated', 'another key has taken its place', 'Put the new key here.'],
  ])('a key that is due for rotation (%s) says so on standard error', async (reason, why, what) => {
    using home = makeHome()
    const rotation = { due: true, reason, by: '2026-08-02T20:08:14.000Z' }
    const whoami = { status: 200, json: known({ rotation, device_id: 'dev_1' }) }
    await using server = await startLoginServer({ whoami })
    home.save(profile('default', server.url))
    const { status, host } = await home.robotrace('whoami')
    expect(status).toBe(0)
    expect(host.stdout()).toContain('Pinned to: device dev_1')
    expect(host.stderr()).toContain(why)
    expect(host.stderr()).toContain(what)
  })

  test('a deployment from before kinds and rotation is read all the same', async () => {
    using home = makeHome()
    const { kind, organizations, project_id, device_id, rotation, ...before } = known()
    await using server = await startLoginServer({ whoami: { status: 200, json: before } })
    home.save(profile('default', server.url))
    const { status, host } = await home.robotrace('whoami')
    expect(status).toBe(0)
    expect(host.stdout()).toContain('Organization: Halcyon Robotics (halcyon)')
  })

  test('a server in trouble: what to do, and how its own log calls the request', async () => {
    using home = makeHome()
    const down = { status: 503, json: { error: 'down' }, headers: { 'X-Request-Id': 'req_1' } }
    await using server = await startLoginServer({ whoami: down })
    home.save(profile('default', server.url))
    const { status, host } = await home.robotrace('whoami')
    expect(status).toBe(1)
    expect(host.stderr()).toContain('Try: again in a minute')
    expect(host.stderr()).toContain('request req_1')
  })

  test('a deployment that cannot say is no failure; one that does not answer is', async () => {
    using home = makeHome()
    await using server = await startLoginServer({ whoami: { status: 404, json: { error: 'Nothing here.' } } })
    home.save(profile('default', server.url))
    expect((await home.robotrace('whoami')).status).toBe(0)
    home.save(profile('default', 'http://127.0.0.1:1'))
    const lost = await home.robotrace('whoami')
    expect(lost.status).toBe(1)
    expect(lost.host.stderr()).toContain('--offline')
  })

  test('a variable that wins over the file is named', async () => {
    using home = makeHome()
    await using server = await startLoginServer()
    home.save(profile('default', server.url))
    const env = { ROBOTRACE_API_KEY: OTHER, ROBOTRACE_BASE_URL: 'https://other.example' }
    const { host } = await home.robotrace('whoami --offline', { env })
    expect(host.stderr()).toContain('ROBOTRACE_API_KEY is set')
    expect(host.stderr()).toContain('ROBOTRACE_BASE_URL is set')
    const same = { ROBOTRACE_API_KEY: KEY, ROBOTRACE_BASE_URL: `${server.url}/` }
    expect((await home.robotrace('whoami --offline', { env: same })).host.stderr()).toBe('')
  })

  test('nobody signed in ends with 4; a key in the environment counts', async () => {
    using home = makeHome()
    expect((await home.robotrace('whoami')).status).toBe(4)
    await using server = await startLoginServer()
    const env = { ROBOTRACE_API_KEY: KEY, ROBOTRACE_BASE_URL: server.url }
    const { status, host } = await home.robotrace('whoami', { env })
    expect(status).toBe(0)
    expect(host.stdout()).toContain('Halcyon Robotics')
    expect((await home.robotrace('whoami --profile staging', { env })).status).toBe(4)
  })

  test('a file that others can read is warned about, and read all the same', async () => {
    using home = makeHome()
    home.save(profile('default', 'http://127.0.0.1:1'))
    chmodSync(home.credentials, 0o644)
    const { status, host } = await home.robotrace('whoami --offline')
    expect(status).toBe(0)
    expect(host.stderr()).toContain('mode 644')
    expect(host.stderr()).toContain('chmod 600')
  })

  test('(64) whatever happens, key and token are shown by their public part alone', async () => {
    const token = `eyJhbGciOiJIUzI1NiJ9.${'a'.repeat(60)}.${'b'.repeat(43)}`
    const answers = [
      { status: 200, json: known({ label: KEY, user_email: token }) },
      { status: 401, json: { error: `${KEY} ${token}` } },
      { status: 500, json: { error: `${KEY} ${token}` } },
      { status: 200, json: { label: KEY } },
      { status: 0 },
    ]
    for (const answer of answers) {
      await using server = await startLoginServer({ whoami: answer })
      for (const secret of [KEY, token]) {
        for (const line of ['whoami', 'whoami --json', 'whoami --offline', 'whoami --offline --json']) {
          using home = makeHome()
          const env = { ROBOTRACE_BASE_URL: server.url, REROBOTS_API_TOKEN: secret }
          const inEnvironment = await home.robotrace(line, { env })
          home.save(profile('default', server.url, secret))
          const inFile = await home.robotrace(line, { env: { ROBOTRACE_API_KEY: secret } })
          for (const { host } of [inEnvironment, inFile]) {
            expect(host.text().length, line).toBeGreaterThan(20)
            expect(host.text(), line).not.toContain(KEY.slice(14))
            expect(host.text(), line).not.toMatch(/a{60}|b{43}/)
          }
        }
      }
    }
  })

  test('(64) a bug is told with its stack, and without the key that was in its message', async () => {
    using home = makeHome()
    home.save(profile('default', 'http://127.0.0.1:1'))
    let thrown = false
    const { status, host } = await home.robotrace('whoami --offline', {
      on_write: () => {
        if (thrown) return
        thrown = true
        throw new TypeError(`bad header\u001b[2J Bearer ${KEY}`, { cause: new Error(`in ${KEY}`) })
      },
    })
    expect(status).toBe(1)
    expect(host.stderr()).toContain(`TypeError: bad header Bearer ${KEY.slice(0, 13)}…`)
    expect(host.stderr()).toMatch(/\n\s+at .*whoami\.test\.ts/)
    expect(host.text()).not.toContain(KEY.slice(14))
    expect(host.text()).not.toContain('\u001b')
  })
})
