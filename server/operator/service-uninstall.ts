import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Command, Given } from '../../cli/command.ts'
import { confirm, YES_FLAG } from '../../cli/confirm.ts'
import { EXIT, Failure } from '../../cli/failure.ts'
import type { Host } from '../../cli/host.ts'
import { done, say, warn } from '../../cli/print.ts'
import { operate } from './operate.ts'
import { isOurs } from './service-unit.ts'
import { type Machine, ROOT_FLAG, requireRoot, THIS_MACHINE, UNIT, VARIABLES } from './systemd.ts'

/** What `systemctl enable` made: a link that starts the service with the machine. */
const WANTED = 'etc/systemd/system/multi-user.target.wants/robotrace.service'

/** What an operator might have written or stored: named, and left alone. */
const KEPT = [
  'var/lib/robotrace',
  'var/lib/robotrace-backups',
  VARIABLES,
  'etc/systemd/system/robotrace.service.d',
]

/** Takes back what `service install` did, without touching anything that was kept. */
export function serviceUninstall(machine: Machine = THIS_MACHINE): Command {
  return {
    name: 'service uninstall',
    summary: 'stop the service and remove its unit; data, backups and variables stay',
    examples: ['sudo robotrace service uninstall', 'robotrace service uninstall --print'],
    flags: [{ name: 'print', about: 'show what would be done, and do nothing' }, ROOT_FLAG, YES_FLAG],
    run: (host, given) => operate(() => uninstallService(host, given, machine)),
  }
}

async function uninstallService(host: Host, given: Given, machine: Machine): Promise<number> {
  const root = given.text('root') ?? '/'
  const unit = join(root, UNIT)
  const systemctl = root === '/' ? machine.systemctl : undefined
  if (!existsSync(unit)) {
    done(host, `There is no ${unit}: nothing to remove.`)
    return EXIT.ok
  }
  requireOurs(unit)
  if (given.flag('print')) {
    const steps = [
      ...(systemctl ? ['systemctl disable --now robotrace'] : []),
      `rm ${unit}`,
      ...(systemctl ? ['systemctl daemon-reload'] : []),
    ]
    say(host, steps.join('\n'))
    return EXIT.ok
  }
  if (root === '/') requireRoot(machine, 'uninstall')
  const stops = systemctl ? 'The server stops, and does not start with this machine any more. ' : ''
  await confirm(host, given, { facts: `${stops}Its data stays.`, question: `Remove ${unit}?` })
  stop(systemctl)
  rmSync(join(root, WANTED), { force: true })
  rmSync(unit)
  done(host, `Removed ${unit}.`)
  forget(host, systemctl)
  for (const path of KEPT.map((one) => join(root, one)).filter(existsSync)) done(host, `Kept ${path}.`)
  return EXIT.ok
}

/** The unit is gone: systemd's not having heard of it is worth a word, and no failure. */
function forget(host: Host, systemctl: Machine['systemctl']): void {
  try {
    systemctl?.(['daemon-reload'])
  } catch {
    warn(host, 'systemd did not read its units again. Call it yourself: systemctl daemon-reload')
  }
}

/** @throws Failure for a unit that somebody else wrote */
function requireOurs(unit: string): void {
  if (isOurs(readFileSync(unit, 'utf8'))) return
  throw new Failure(`${unit} was not written by \`robotrace service install\`.`, {
    hint: 'remove it the way it came there: with its package, or by hand',
  })
}

/** @throws Failure while it cannot be stopped: a unit that is gone could not be stopped by its name */
function stop(systemctl: Machine['systemctl']): void {
  try {
    systemctl?.(['disable', '--now', 'robotrace'])
  } catch {
    throw new Failure('systemctl could not stop it, so its unit stays.', {
      hint: 'systemctl status robotrace, and journalctl -u robotrace -n 50',
    })
  }
}
