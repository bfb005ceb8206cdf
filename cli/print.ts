import { hasLinks } from '../sdk/host/portal-line.ts'
import type { Host, Output } from './host.ts'

const LONGEST_TEXT = 500

/**
 * Text of somebody else, such as a server's, without anything that would steer a terminal or that nobody would
 * see: escape sequences, C0 and C1 controls, line breaks, the marks that turn the direction of writing around,
 * and characters without a width or a look of their own.
 *
 * @example clean('\u001b[31mart\u0007') // 'art'
 */
export function clean(text: string): string {
  return text
    .replace(/(?:\u001b\[|\u009b)[0-?]*[ -/]*[@-~]/g, '')
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu, '')
    .slice(0, LONGEST_TEXT)
}

/** The same value with every string in it cleaned. @example cleanAll(await startDeviceLogin(who, options)) */
export function cleanAll<Value>(value: Value): Value {
  const walk = (one: unknown): unknown => {
    if (typeof one === 'string') return clean(one)
    if (Array.isArray(one)) return one.map(walk)
    if (typeof one !== 'object' || one === null) return one
    return Object.fromEntries(Object.entries(one).map(([name, member]) => [name, walk(member)]))
  }
  // Strings stay strings, so the shape is the one that came in.
  return walk(value) as Value
}

/** How text looks on one output: plain unless a person watches and wants colour. */
export interface Paint {
  bold: (text: string) => string
  dim: (text: string) => string
  good: (text: string) => string
  bad: (text: string) => string
  /** An address that can be clicked where the terminal knows how (OSC 8). */
  link: (url: string) => string
}

/** True when lines may be rewritten and coloured there. */
export function isLively(output: Output, env: Host['env']): boolean {
  return output.tty && env('NO_COLOR') === undefined && env('TERM') !== 'dumb'
}

/** @example const { good } = paint(host.out, host.env); host.out.write(`${good('✓')} done\n`) */
export function paint(output: Output, env: Host['env']): Paint {
  const lively = isLively(output, env)
  const style = (on: number, off: number) => (text: string) =>
    lively ? `\u001b[${on}m${text}\u001b[${off}m` : text
  return {
    bold: style(1, 22),
    dim: style(2, 22),
    good: style(32, 39),
    bad: style(31, 39),
    link: (url) => (lively && hasLinks(env) ? `\u001b]8;;${url}\u001b\\${url}\u001b]8;;\u001b\\` : url),
  }
}

/**
 * A sentence of ours with the name that the program was called by.
 *
 * @example asCalled(host, 'run `robotrace login`') // 'run `rbtk login`'
 */
export function asCalled({ program }: Pick<Host, 'program'>, text: string): string {
  return text.replace(/(^|[`\s])robotrace (?=[a-z-])/g, `$1${program} `)
}

/** One line of result. */
export function say(host: Host, line = ''): void {
  host.out.write(`${line}\n`)
}

/** One line that is not the result: something to know, on standard error. */
export function warn(host: Host, line: string): void {
  if (!host.quiet) host.err.write(`${paint(host.err, host.env).bold('!')} ${asCalled(host, line)}\n`)
}

/** What was done, on standard error: standard output is for what scripts read. */
export function done(host: Host, line: string): void {
  if (!host.quiet) host.err.write(`${paint(host.err, host.env).good('✓')} ${line}\n`)
}

/**
 * Facts, one a line. On a terminal the values stand under each other; elsewhere one space follows the colon,
 * so that what is documented can be searched for.
 *
 * @example rows(host, [['Profile', 'default'], ['User', 'art@robotrace.dev']])
 */
export function rows(host: Host, facts: [label: string, value: string][]): void {
  const width = host.out.tty ? Math.max(...facts.map(([label]) => label.length)) + 1 : 0
  const { dim } = paint(host.out, host.env)
  for (const [label, value] of facts) {
    const name = `${label}:`
    say(host, `${dim(name)}${' '.repeat(Math.max(width - name.length, 0))} ${clean(value)}`)
  }
}

/** One JSON document a line, for scripts, whose logs end up on a terminal as well. */
export function sayJson(host: Host, value: object): void {
  host.out.write(`${JSON.stringify(cleanAll(value))}\n`)
}
