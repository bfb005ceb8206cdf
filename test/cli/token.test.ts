import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { startTestServer } from '../harness.ts'
import { person } from '../seed.ts'
import { apiToken } from '../token-requests.ts'
import { makeHome } from './home.ts'

/** What the clock of a test's terminal says: 2026-05-04T20:08:14Z. */
const NOW_S = Date.parse('2026-05-04T20:08:14Z') / 1000

function jwt(claims: object): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  return `${part({ alg: 'HS256' })}.${part(claims)}.c2lnbmF0dXJl`
}

const GOOD = jwt({ sub: 'acc_1', iss: 'https://r.example', iat: NOW_S - 7200, exp: NOW_S + 79_200 })
const DEAD = jwt({ sub: 'acc_1', org: 'acme', iat: NOW_S - 90_000, exp: NOW_S })

describe('robotrace token', () => {
  test('says whose the downloaded token is and until when, and never the token', async () => {
    using home = makeHome()
    const file = join(home.folder, 'jwt.txt')
    writeFileSync(file, `${GOOD}\n`)
    for (const line of [`token ${file}`, `token -t ${file}`, `token --token-file ${file}`]) {
      const { status, host } = await home.robotrace(line)
      expect(status).toBe(0)
      expect(host.stdout().split('\n')).toEqual([
        'Subject: acc_1',
        'Organization: (none)',
        'Deployment: https://r.example',
        'Issued: 2026-05-04T18:08:14Z (2 hours ago)',
        'Expires: 2026-05-05T18:08:14Z (in 22 hours)',
        '',
      ])
      expect(host.text()).not.toContain(GOOD.split('.')[1])
      expect(host.stderr()).toBe('')
    }
  })

  test('an expired one ends with 1 and a warning, from the second of its end on', async () => {
    using home = makeHome()
    const { status, host } = await home.robotrace('token', { env: { REROBOTS_API_TOKEN: DEAD } })
    expect(status).toBe(1)
    expect(host.stdout()).toContain('Organization: acme\n')
    expect(host.stdout()).toContain('Expires: 2026-05-04T20:08:14Z (now)')
    expect(host.stderr()).toContain('has expired')
  })

  test('--json is for scripts', async () => {
    using home = makeHome()
    const { status, host } = await home.robotrace('token --json', { input: `${DEAD}\n` })
    expect(status).toBe(1)
    expect(JSON.parse(host.stdout())).toEqual({
      subject: 'acc_1',
      organization: 'acme',
      deployment: null,
      issued_at: '2026-05-03T19:08:14Z',
      expires_at: '2026-05-04T20:08:14Z',
      expired: true,
    })
  })

  test('a named file wins over the environment, which wins over what is piped in; - is what is piped in', async () => {
    using home = makeHome()
    const file = join(home.folder, 'jwt.txt')
    const named = (sub: string): string => jwt({ sub, exp: NOW_S + 60 })
    writeFileSync(file, named('file'))
    const world = {
      env: { REROBOTS_API_TOKEN: named('rerobots'), ROBOTRACE_API_KEY: named('robotrace') },
      input: named('piped'),
    }
    const subject = async (line: string, where = world) =>
      /^Subject: (.*)$/m.exec((await home.robotrace(line, where)).host.stdout())?.[1]
    expect(await subject(`token ${file}`)).toBe('file')
    expect(await subject('token')).toBe('robotrace')
    expect(await subject('token -')).toBe('piped')
    const key = { ...world.env, ROBOTRACE_API_KEY: 'rt_8a4f01c2b3_x' }
    expect(await subject('token', { ...world, env: key })).toBe('rerobots')
  })

  test('a token without an end never expires; odd claims are shown as text', async () => {
    using home = makeHome()
    const odd = jwt({ sub: '\u001b[31mred', org: 7, exp: '9', iat: 1e300 })
    const { status, host } = await home.robotrace('token -', { input: odd })
    expect(status).toBe(0)
    expect(host.stdout().split('\n').slice(0, 5)).toEqual([
      'Subject: red',
      'Organization: (none)',
      'Deployment: (unknown)',
      'Issued: (unknown)',
      'Expires: (never)',
    ])
  })

  test.each(['rt_8a4f01c2b3_kPcDxQy7mN3eHvL2RtFwBgZsXn5J9aKyM4uV6oTr', 'a.b.c', '', 'eyJhbGciOiJ9..'])(
    '%j is no token, and is not repeated',
    async (text) => {
      using home = makeHome()
      const { status, host } = await home.robotrace('token -', { input: text })
      expect(status).toBeGreaterThan(0)
      expect(host.stdout()).toBe('')
      expect(host.stderr()).toContain('Try: ')
      if (text) expect(host.stderr()).not.toContain(text)
    },
  )

  test('(63) a token as an argument is refused, because everybody on the machine can read it', async () => {
    using home = makeHome()
    const { status, host } = await home.robotrace(`token ${GOOD}`)
    expect(status).toBe(2)
    expect(host.stderr()).toContain('can be read by everybody')
    expect(host.stderr()).not.toContain(GOOD.slice(0, 30))
  })

  test('reads what the server makes', async () => {
    await using server = await startTestServer()
    const who = await person(server)
    const { token } = await apiToken(server, who)
    using home = makeHome()
    const { host } = await home.robotrace('token --json -', { input: token })
    expect(JSON.parse(host.stdout())).toMatchObject({
      subject: who.caller.account_id,
      organization: null,
      deployment: server.ctx.config.public_url,
    })
  })
})

test('whoami names REROBOTS_API_TOKEN where it wins over the saved profile', async () => {
  using home = makeHome()
  home.save('[default]\napi_key = "rt_8a4f01c2b3_x"\nbase_url = "https://saved.example"\n')
  const { host } = await home.robotrace('whoami --offline', { env: { REROBOTS_API_TOKEN: GOOD } })
  expect(host.stderr()).toContain('REROBOTS_API_TOKEN is set, and wins over this profile')
  expect(host.stderr()).not.toContain(GOOD)
})
