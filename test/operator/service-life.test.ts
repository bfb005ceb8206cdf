import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { run } from '../../cli/run.ts'
import { serviceInstall } from '../../server/operator/service.ts'
import { serviceStatus } from '../../server/operator/service-status.ts'
import { serviceUninstall } from '../../server/operator/service-uninstall.ts'
import { type TestHost, type TestHostOptions, testHost } from '../cli/test-host.ts'

let root = ''

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'robotrace-root-'))
})

afterEach(() => rmSync(root, { recursive: true, force: true }))

interface Options extends TestHostOptions {
  uid?: number
  /** What systemctl prints; absent: systemd does not run this machine. */
  systemctl?: (args: readonly string[]) => string
}

async function service(
  words: string[],
  { uid = 0, systemctl, ...options }: Options = {},
): Promise<{ status: number; host: TestHost }> {
  const host = testHost(options)
  const machine = { program: () => ['/usr/local/bin/robotrace'], uid, systemctl }
  const commands = [serviceInstall(machine), serviceStatus(machine), serviceUninstall(machine)]
  return { status: await run(['service', ...words], host, commands), host }
}

const unit = (): string => join(root, 'etc/systemd/system/robotrace.service')
const variables = (): string => join(root, 'etc/robotrace/robotrace.env')

describe('service uninstall', () => {
  test('removes the unit and its place in the start of the machine, and keeps data, variables and drop-ins', async () => {
    await service(['install', '--root', root])
    const wanted = join(root, 'etc/systemd/system/multi-user.target.wants')
    mkdirSync(wanted)
    symlinkSync('/etc/systemd/system/robotrace.service', join(wanted, 'robotrace.service'))
    const [data, drop_in] = ['var/lib/robotrace', 'etc/systemd/system/robotrace.service.d'].map((path) =>
      join(root, path),
    )
    for (const folder of [data, drop_in]) mkdirSync(String(folder), { recursive: true })
    const { status, host } = await service(['uninstall', '--root', root, '--yes'])
    expect(status).toBe(0)
    expect(existsSync(unit())).toBe(false)
    // Where the link leads there is nothing either way.
    expect(readdirSync(wanted)).toEqual([])
    for (const kept of [data, drop_in, variables()]) {
      expect(host.stderr()).toContain(`✓ Kept ${kept}.`)
      expect(existsSync(String(kept))).toBe(true)
    }
    const again = await service(['uninstall', '--root', root])
    expect(again.status).toBe(0)
    expect(again.host.stderr()).toContain('nothing to remove')
  })

  test('asks first, and shows with --print what it would do', async () => {
    await service(['install', '--root', root])
    const shown = await service(['uninstall', '--root', root, '--print'])
    expect(shown.status).toBe(0)
    expect(shown.host.stdout()).toBe(`rm ${unit()}\n`)
    const refused = await service(['uninstall', '--root', root], { answers: ['n'] })
    expect(refused.status).toBe(1)
    expect(refused.host.questions).toEqual([`Remove ${unit()}? [y/N] `])
    expect((await service(['uninstall', '--root', root])).status).toBe(2)
    expect(existsSync(unit())).toBe(true)
  })

  test('leaves a unit alone that somebody else wrote', async () => {
    mkdirSync(join(root, 'etc/systemd/system'), { recursive: true })
    writeFileSync(unit(), '[Service]\nExecStart=/usr/bin/robotrace serve\n')
    const { status, host } = await service(['uninstall', '--root', root, '--yes'])
    expect(status).toBe(1)
    expect(host.stderr()).toContain('was not written by `robotrace service install`')
    expect(existsSync(unit())).toBe(true)
  })
})

function noBus(): string {
  throw new Error('Command failed: systemctl')
}

/** As systemd 252 prints it, cut to what is asked for. */
const SHOWN = {
  running: `LoadState=loaded
ActiveState=active
SubState=running
Result=success
UnitFileState=enabled
FragmentPath=/etc/systemd/system/robotrace.service
ActiveEnterTimestamp=Mon 2026-05-04 17:08:14 UTC
InactiveEnterTimestamp=
MainPID=812
NRestarts=0
NeedDaemonReload=no
`,
  failed: `LoadState=loaded
ActiveState=failed
SubState=failed
Result=start-limit-hit
UnitFileState=disabled
FragmentPath=/etc/systemd/system/robotrace.service
ActiveEnterTimestamp=Mon 2026-05-04 19:00:00 UTC
InactiveEnterTimestamp=Mon 2026-05-04 20:03:14 UTC
MainPID=0
NRestarts=5
NeedDaemonReload=yes
`,
  missing: 'LoadState=not-found\nActiveState=inactive\nSubState=dead\nResult=success\nMainPID=0\n',
}

describe('service status', () => {
  test('of one that runs: since when, as which process, and 0', async () => {
    const { status, host } = await service(['status'], { systemctl: () => SHOWN.running, clock: 'fake' })
    expect(status).toBe(0)
    expect(host.stdout()).toBe(
      'Service: running since 2026-05-04T17:08:14Z (3 h ago)\nProcess: 812\nStarts with the machine: yes\n' +
        'Unit: /etc/systemd/system/robotrace.service\nLog: journalctl -u robotrace -n 20\n',
    )
  })

  test('of one that fell over: what ended it, what to do, and 1', async () => {
    const { status, host } = await service(['status'], { systemctl: () => SHOWN.failed, clock: 'fake' })
    expect(status).toBe(1)
    expect(host.stdout()).toContain(
      'Service: failed since 2026-05-04T20:03:14Z (5 min ago), ended by start-limit-hit\n' +
        'Starts with the machine: no: systemctl enable robotrace\nStarted again: 5 times after a failure\n',
    )
    expect(host.stdout()).toContain('systemctl daemon-reload, then systemctl restart robotrace')
  })

  test('is one JSON object for programs', async () => {
    const { status, host } = await service(['status', '--json'], { systemctl: () => SHOWN.missing })
    expect(status).toBe(1)
    expect(JSON.parse(host.stdout())).toEqual({
      ...{ state: 'not installed', enabled: false, since: null, pid: null, restarts: 0 },
      ...{ result: 'success', unit: null, outdated: false },
    })
  })

  test('without systemd says where to look instead', async () => {
    const { status, host } = await service(['status'])
    expect(status).toBe(1)
    expect(host.stderr()).toContain('Try: `robotrace health` asks the server itself')
  })

  test('of a systemd that does not answer is a sentence and no stack', async () => {
    const { status, host } = await service(['status'], { systemctl: noBus })
    expect(status).toBe(1)
    expect(host.stderr()).toMatch(/^Error: systemctl does not answer\.\nTry: `robotrace health`/)
    expect(host.stderr()).not.toContain('Command failed')
  })
})
