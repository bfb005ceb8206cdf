import type { Host } from './host.ts'

/** What `rbtk` reads where the variable of ours is not set. */
const OTHER_NAMES: Record<string, string> = {
  ROBOTRACE_API_KEY: 'ROBOTICKS_API_KEY',
  ROBOTRACE_ORG: 'ROBOTICKS_ORG',
  ROBOTRACE_PROJECT: 'ROBOTICKS_PROJECT',
  ROBOTRACE_OUTPUT: 'ROBOTICKS_OUTPUT',
  ROBOTRACE_QUIET: 'ROBOTICKS_QUIET',
}

/** The world as a command sees it: `--no-color`, `--quiet`, and what the name it was called by brings along. */
export function worldOf(outside: Host, args: readonly string[]): Host {
  const plain = args.includes('--no-color')
  const env = (name: string): string | undefined => {
    if (name === 'NO_COLOR' && plain) return '1'
    return outside.env(nameOfVariable(outside, name))
  }
  const quiet = args.includes('--quiet') || /^(?:1|true|yes)$/i.test(env('ROBOTRACE_QUIET') ?? '')
  return { ...outside, env, quiet }
}

/**
 * Which variable counts: ours wins.
 *
 * @example nameOfVariable(host, 'ROBOTRACE_ORG') // 'ROBOTICKS_ORG', called as rbtk with only that one set
 */
export function nameOfVariable(host: Pick<Host, 'env' | 'program'>, name: string): string {
  const other = host.program === 'rbtk' ? OTHER_NAMES[name] : undefined
  if (other === undefined) return name
  return host.env(name) === undefined && host.env(other) !== undefined ? other : name
}
