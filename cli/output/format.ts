import type { Flag, Given } from '../command.ts'
import { EXIT, Failure } from '../failure.ts'
import type { Host } from '../host.ts'

/** How a result is written: for people, or one of four for programs. */
export const FORMATS = ['table', 'json', 'yaml', 'csv', 'ids'] as const
export type Format = (typeof FORMATS)[number]

/** Of every command with a result that a script may read. */
export const OUTPUT_FLAGS: readonly Flag[] = [
  {
    name: 'output',
    value: 'format',
    choices: FORMATS,
    about: 'table, json, yaml, csv or ids (default: table on a terminal, else json)',
  },
  { name: 'json', about: 'the same as --output json' },
]

/** Of a list. */
export const LIMIT_FLAG: Flag = { name: 'limit', value: 'n', about: 'at most so many (default: all)' }

/**
 * Decided once for a command: `--output` or `--json`, else ROBOTRACE_OUTPUT, else a table on a terminal and JSON in a
 * pipe.
 *
 * @throws Failure for a format that there is not
 */
export function formatOf(host: Host, given: Given): Format {
  const asked = given.text('output')
  if (given.flag('json')) {
    if (asked === undefined || asked === 'json') return 'json'
    throw wrong(`--json and --output ${asked} cannot both be meant.`)
  }
  const variable = host.variable('ROBOTRACE_OUTPUT')
  const text = asked ?? host.env(variable)
  if (text === undefined) return host.out.tty ? 'table' : 'json'
  const format = FORMATS.find((known) => known === text)
  if (format) return format
  throw wrong(`${asked === undefined ? variable : '--output'} must be one of ${FORMATS.join(', ')}.`)
}

/** @throws Failure for what is no whole number from 1 on */
export function limitOf(given: Given): number {
  const text = given.text('limit')
  if (text === undefined) return Number.POSITIVE_INFINITY
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text)
  throw new Failure('--limit must be a whole number from 1 on.', { hint: '`--limit 20`', status: EXIT.usage })
}

function wrong(message: string): Failure {
  return new Failure(message, { hint: '`--output json`', status: EXIT.usage })
}
