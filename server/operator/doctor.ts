import type { Command, Given } from '../../cli/command.ts'
import { EXIT } from '../../cli/failure.ts'
import type { Host } from '../../cli/host.ts'
import { clean, paint, say, sayJson } from '../../cli/print.ts'
import { examine } from '../doctor/doctor.ts'
import type { Finding } from '../doctor/finding.ts'
import type { Environment } from '../environment.ts'
import { CONFIGURATION_FLAGS, configurationOf } from './configuration.ts'
import { operate } from './operate.ts'

/** Looks at everything a server needs and says what is wrong and what to do about it. */
export function doctor(environment: Environment): Command {
  return {
    name: 'doctor',
    summary: 'look for what is wrong with a server and its data, and say what to do',
    examples: ['robotrace doctor', 'robotrace doctor --fix'],
    flags: [
      { name: 'fix', about: 'do what is safe: close permissions, remove what belongs to nothing for a day' },
      { name: 'deep', about: 'read the whole database and all bytes, and compare them with their hashes' },
      { name: 'json', about: 'one JSON object a finding' },
      ...CONFIGURATION_FLAGS,
    ],
    run: (host, given) => operate(() => runDoctor(host, environment, given)),
  }
}

async function runDoctor(host: Host, environment: Environment, given: Given): Promise<number> {
  const counts = { ok: 0, warning: 0, problem: 0 }
  const configuration = configurationOf(environment, given, host.cwd)
  for await (const finding of examine(configuration, { fix: given.flag('fix'), deep: given.flag('deep') })) {
    counts[finding.level]++
    if (given.flag('json')) sayJson(host, finding)
    else show(host, finding)
  }
  if (!given.flag('json')) {
    say(host, `\nFound ${count(counts.problem, 'problem')} and ${count(counts.warning, 'warning')}.`)
  }
  return counts.problem > 0 ? EXIT.failure : EXIT.ok
}

function show(host: Host, { check, level, message, fix, fixed }: Finding): void {
  const { good, bad, bold, dim } = paint(host.out, host.env)
  const mark = { ok: good('✓'), warning: bold('!'), problem: bad('✗') }[level]
  if (host.quiet && level === 'ok' && fixed === undefined) return
  say(host, `${mark} ${dim(`${check}:`)} ${clean(message)}`)
  if (fixed !== undefined) say(host, `  ${good('Fixed:')} ${clean(fixed)}`)
  if (fix !== undefined) say(host, `  ${bold('Fix:')} ${clean(fix)}`)
}

function count(n: number, noun: string): string {
  return `${n === 0 ? 'no' : n} ${noun}${n === 1 ? '' : 's'}`
}
