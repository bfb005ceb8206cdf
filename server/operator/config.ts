import type { Command, Given } from '../../cli/command.ts'
import { EXIT, Failure } from '../../cli/failure.ts'
import type { Host } from '../../cli/host.ts'
import type { Column } from '../../cli/output/column.ts'
import { makeTable } from '../../cli/output/table.ts'
import { done, say, sayJson, warn } from '../../cli/print.ts'
import type { Environment } from '../environment.ts'
import { certificateProblems } from '../http/certificate.ts'
import { fileKey, SETTINGS } from '../settings.ts'
import { type Configuration, configurationOf, SETTING_FLAGS, type Settled } from './configuration.ts'
import { operate } from './operate.ts'

/** Shows what holds and where it was set; says everything that is wrong with it. */
export function config(environment: Environment): Command {
  return {
    name: 'config',
    summary: 'check the configuration, and show where each value comes from',
    examples: ['robotrace config --print', 'robotrace config --print --json'],
    flags: [
      { name: 'print', about: 'every value with its source; of a secret only its length' },
      { name: 'json', about: 'the same as JSON' },
      ...SETTING_FLAGS,
    ],
    run: (host, given) => operate(async () => showConfig(host, given, environment)),
  }
}

function showConfig(host: Host, given: Given, environment: Environment): number {
  const configuration = configurationOf(environment, given, host.cwd)
  const { read, warnings } = configuration
  const problems = [...configuration.problems, ...certificateProblems(read?.config.tls)]
  if (given.flag('json')) sayJson(host, toJson(configuration, problems))
  else if (given.flag('print')) print(host, configuration)
  for (const warning of warnings) warn(host, warning)
  if (problems.length > 0) {
    throw new Failure('The configuration is not valid:', {
      details: problems,
      hint: 'docs/configuration.md lists every setting, and how each is written',
    })
  }
  if (!given.flag('print') && !given.flag('json')) done(host, 'The configuration is valid.')
  return EXIT.ok
}

const COLUMNS: readonly Column<Settled>[] = [
  { name: 'key', heading: 'SETTING', value: ({ name }) => fileKey(name) },
  { name: 'value', heading: 'VALUE', value: shown, elastic: true },
  {
    name: 'source',
    heading: 'SOURCE',
    value: ({ source, from }) => (source === 'default' ? source : `${source} ${from}`),
    look: ({ source }) => (source === 'default' ? 'dim' : undefined),
  },
]

function print(host: Host, { file, settings }: Configuration): void {
  say(host, `File: ${file ?? 'none'}\n`)
  const table = makeTable(host, COLUMNS)
  for (const one of settings) table.add(one)
  table.end()
}

function toJson({ file, settings, warnings }: Configuration, problems: string[]): object {
  const listed = settings.map((one) => ({
    ...{ name: one.name, key: fileKey(one.name) },
    ...{ value: shown(one) || null, secret: SETTINGS[one.name].secret === true },
    ...{ source: one.source, from: one.from || null },
  }))
  return { valid: problems.length === 0, file: file ?? null, settings: listed, problems, warnings }
}

/** Not a single character of a secret (security 64). */
function shown({ name, value }: Settled): string {
  if (!SETTINGS[name].secret || value === '') return value
  return `set, ${value.length} characters`
}
