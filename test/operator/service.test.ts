import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { run } from '../../cli/run.ts'
import { serviceInstall } from '../../server/operator/service.ts'
import { unitText } from '../../server/operator/service-unit.ts'
import { type TestHost, type TestHostOptions, testHost } from '../cli/test-host.ts'

let root = ''

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'robotrace-root-'))
})

afterEach(() => rmSync(root, { recursive: true, force: true }))

const unitFile = (): string => join(root, 'etc/systemd/system/robotrace.service')
const variables = (): string => join(root, 'etc/robotrace/robotrace.env')

interface Options extends TestHostOptions {
  /** Where the program lies. */
  lies?: string
  uid?: number
}

async function install(
  flags: string[],
  { lies = '/usr/local/bin/robotrace', uid = 0, ...options }: Options = {},
): Promise<{ status: number; host: TestHost }> {
  const host = testHost(options)
  const command = serviceInstall({ program: () => [lies], uid, systemctl: undefined })
  return { status: await run(['service', 'install', ...flags], host, [command]), host }
}

/** @returns exit status and everything said */
function analyze(...args: string[]): { status: number | null; said: string } {
  const { status, stdout, stderr } = spawnSync('systemd-analyze', args, { encoding: 'utf8' })
  return { status, said: stdout + stderr }
}

describe('the unit', () => {
  test.each([
    ['as it is', {}],
    [
      'on a port of root, with a certificate',
      { port: 443, tls: { cert: '/etc/ssl/c.pem', key: '/etc/ssl/k.pem' } },
    ],
    [
      'with a path that has blanks and percent signs',
      { program: [process.execPath, '/opt/robo trace/100% $x.js'] },
    ],
    ['under an account of the machine', { user: 'daemon' }],
  ])('%s is one that systemd reads without a complaint, and counts among the safe ones', (_case, facts) => {
    const file = join(root, 'robotrace.service')
    writeFileSync(file, unitText({ program: [process.execPath], ...facts }))
    expect(analyze('verify', file)).toEqual({ status: 0, said: '' })
    // Exposure 2.0 of 10 at most; without hardening a service has 9.6.
    const judged = analyze('security', '--offline=yes', '--threshold=20', '--no-pager', file)
    expect(judged.status, judged.said).toBe(0)
  })

  test('starts this very program, with its own folders and no right of root', () => {
    const text = unitText({ program: ['/usr/local/bin/robotrace'] })
    expect(text).toContain('\nExecStart=/usr/local/bin/robotrace serve\n')
    expect(text).toContain('\nDynamicUser=yes\n')
    expect(text).toContain('\nEnvironment=ROBOTRACE_DATA=%S/robotrace XDG_CACHE_HOME=%C\n')
    expect(text).toContain('\nCapabilityBoundingSet=\n')
    expect(unitText({ program: ['/x'], port: 443 })).toContain(
      '\nCapabilityBoundingSet=CAP_NET_BIND_SERVICE\n',
    )
    expect(unitText({ program: ['/x'], port: 3000 })).toContain('\nCapabilityBoundingSet=\n')
  })
})

describe('robotrace service install', () => {
  test('--print shows the unit, needs no root and writes nothing', async () => {
    const { status, host } = await install(['--print', '--root', root], { uid: 1000 })
    expect(status).toBe(0)
    expect(host.stdout()).toBe(unitText({ program: ['/usr/local/bin/robotrace'] }))
    expect(() => statSync(join(root, 'etc'))).toThrow('ENOENT')
  })

  test('writes the unit for everybody to read and a file of variables for root alone, and says what comes next', async () => {
    const { status, host } = await install(['--root', root, '--port', '80'])
    expect(status).toBe(0)
    expect(readFileSync(unitFile(), 'utf8')).toBe(
      unitText({ program: ['/usr/local/bin/robotrace'], port: 80 }),
    )
    expect(statSync(unitFile()).mode & 0o777).toBe(0o644)
    expect(statSync(variables()).mode & 0o777).toBe(0o600)
    expect(host.stdout()).toContain('systemctl daemon-reload\n  systemctl enable --now robotrace\n')
  })

  test('a second time changes nothing, and leaves the variables to their operator', async () => {
    await install(['--root', root])
    writeFileSync(variables(), 'PUBLIC_URL=https://robotrace.example.org\n')
    const { status, host } = await install(['--root', root])
    expect(status).toBe(0)
    expect(host.stderr()).toContain('is up to date.')
    expect(host.stdout()).not.toContain('daemon-reload')
    expect(readFileSync(variables(), 'utf8')).toBe('PUBLIC_URL=https://robotrace.example.org\n')
  })

  test('shows what would change in a unit that says something else, and asks before it does', async () => {
    await install(['--root', root])
    const before = readFileSync(unitFile(), 'utf8')
    const refused = await install(['--root', root, '--user', 'ada'], { answers: ['n'] })
    expect(refused.status).toBe(1)
    expect(refused.host.stderr()).toContain('  - DynamicUser=yes\n  + User=ada\n')
    expect(readFileSync(unitFile(), 'utf8')).toBe(before)
    expect((await install(['--root', root, '--user', 'ada'])).status).toBe(2)
    expect((await install(['--root', root, '--user', 'ada', '--yes'])).status).toBe(0)
    expect(readFileSync(unitFile(), 'utf8')).toContain('\nUser=ada\n')
  })

  test.each([
    ['without root', [], { uid: 1000 }, 1, 'Only root may write /etc/systemd/system/robotrace.service.'],
    ['from a home folder', [], { lies: '/home/ada/robotrace' }, 1, 'would not see /home/ada/robotrace'],
    ['a port that is none', ['--port', '70000'], {}, 2, '--port: 70000 is not a port.'],
    ['half a certificate', ['--tls-cert', '/etc/ssl/c.pem'], {}, 2, 'give both --tls-cert and --tls-key'],
    ['the account of nobody', ['--user', 'nobody'], {}, 2, 'is not the name of an account'],
    ['an account that is none', ['--user', 'a\nExecStart=/bin/sh'], {}, 2, 'is not the name of an account'],
    ['a path with a line break', ['--tls-cert', '/a\nb', '--tls-key', '/c'], {}, 2, 'without blanks'],
  ])('%s: says what is wrong, and writes nothing', async (_case, flags, options: Options, status, said) => {
    // Only what is refused before anything is written may go without a folder of its own.
    const where = 'uid' in options || 'lies' in options ? [] : ['--root', root]
    const { status: answered, host } = await install([...flags, ...where], options)
    expect(answered).toBe(status)
    expect(host.stderr()).toContain(said)
    expect(() => statSync(join(root, 'etc'))).toThrow('ENOENT')
  })
})
