import type { Command, Given } from '../../cli/command.ts'
import { EXIT, Failure } from '../../cli/failure.ts'
import type { Host } from '../../cli/host.ts'
import { rows, say, sayJson } from '../../cli/print.ts'
import { ago } from '../../cli/words.ts'
import { operate } from './operate.ts'
import { type Machine, THIS_MACHINE } from './systemd.ts'

/** What `systemctl show` is asked for; systemd.unit(5) and org.freedesktop.systemd1(5) say what they hold. */
const PROPERTIES = [
  ...['LoadState', 'ActiveState', 'SubState', 'Result', 'UnitFileState', 'FragmentPath'],
  ...['ActiveEnterTimestamp', 'InactiveEnterTimestamp', 'MainPID', 'NRestarts', 'NeedDaemonReload'],
] as const

/** Says how the service is; whether the server behind it is well, `robotrace health` says. */
export function serviceStatus(machine: Machine = THIS_MACHINE): Command {
  return {
    name: 'service status',
    summary: 'say whether the service runs, since when, and what ended it; exit 1 when it does not',
    examples: ['robotrace service status', 'robotrace service status --json | jq .state'],
    flags: [{ name: 'json', about: 'one JSON object' }],
    run: (host, given) => operate(async () => showStatus(host, given, machine)),
  }
}

/** How the service is. */
interface Status {
  /** `not installed`, or systemd's own word: `active`, `inactive`, `failed`, `activating`, … */
  state: string
  /** Whether it starts with the machine. */
  enabled: boolean
  /** ISO 8601, UTC: since when it is in this state; null where systemd has not seen it in another one. */
  since: string | null
  pid: number | null
  /** How often systemd has started it again after a failure. */
  restarts: number
  /** `success`, or what ended it: `exit-code`, `oom-kill`, `start-limit-hit`, … */
  result: string
  unit: string | null
  /** The unit was changed, and systemd has not read it again. */
  outdated: boolean
}

function showStatus(host: Host, given: Given, { systemctl }: Machine): number {
  if (systemctl === undefined) {
    throw new Failure('systemd is not what runs this machine, so there is no service to look at.', {
      hint: '`robotrace health` asks the server itself',
    })
  }
  const status = statusOf(ask(systemctl))
  const running = status.state === 'active'
  if (given.flag('json')) sayJson(host, status)
  else if (status.state === 'not installed')
    say(host, 'There is no service. Make one: sudo robotrace service install')
  else rows(host, factsOf(status, host.now()))
  return running ? EXIT.ok : EXIT.failure
}

/** @throws Failure where systemd does not answer, as in a container without its bus */
function ask(systemctl: NonNullable<Machine['systemctl']>): string {
  try {
    return systemctl(['show', 'robotrace', '--timestamp=utc', `--property=${PROPERTIES.join(',')}`])
  } catch {
    throw new Failure('systemctl does not answer.', {
      hint: '`robotrace health` asks the server itself; `systemctl status robotrace` says what is wrong',
    })
  }
}

/** @param text lines of `Name=value` */
function statusOf(text: string): Status {
  const said = new Map(
    text.split('\n').map((line): [string, string] => {
      const at = line.indexOf('=')
      return [line.slice(0, at), line.slice(at + 1).trim()]
    }),
  )
  const value = (name: (typeof PROPERTIES)[number]): string => said.get(name) ?? ''
  const state = value('LoadState') === 'not-found' ? 'not installed' : value('ActiveState')
  const since = state === 'active' ? value('ActiveEnterTimestamp') : value('InactiveEnterTimestamp')
  const pid = Number(value('MainPID'))
  return {
    state,
    enabled: value('UnitFileState') === 'enabled',
    since: timeOf(since),
    pid: pid > 0 ? pid : null,
    restarts: Number(value('NRestarts')) || 0,
    result: value('Result'),
    unit: value('FragmentPath') || null,
    outdated: value('NeedDaemonReload') === 'yes',
  }
}

/** @param text such as `Sun 2026-11-22 21:04:11 UTC` */
function timeOf(text: string): string | null {
  const [, day, time] = /(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d) UTC$/.exec(text) ?? []
  return day && time ? `${day}T${time}Z` : null
}

function factsOf(status: Status, now: number): [label: string, value: string][] {
  const { state, since, pid, restarts, result } = status
  const when = since === null ? '' : ` since ${since} (${ago(since, now)})`
  const word = state === 'active' ? 'running' : state === 'inactive' ? 'stopped' : state
  const why = result === 'success' || result === '' ? '' : `, ended by ${result}`
  const facts: [string, string | null][] = [
    ['Service', `${word}${when}${state === 'active' ? '' : why}`],
    ['Process', pid === null ? null : String(pid)],
    ['Starts with the machine', status.enabled ? 'yes' : 'no: systemctl enable robotrace'],
    ['Started again', restarts === 0 ? null : `${restarts} times after a failure`],
    ['Unit', status.unit],
    ['Changed since', status.outdated ? 'systemctl daemon-reload, then systemctl restart robotrace' : null],
    ['Log', 'journalctl -u robotrace -n 20'],
  ]
  return facts.filter((fact): fact is [string, string] => fact[1] !== null)
}
