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
  const variable = (name: string): string => {
    const other = outside.program === 'rbtk' ? OTHER_NAMES[name] : undefined
    // Ours wins.
    return other !== undefined && outside.env(name) === undefined && outside.env(other) !== undefined
      ? other
      : name
  }
  const env = (name: string): string | undefined =>
    name === 'NO_COLOR' && plain ? '1' : outside.env(variable(name))
  const quiet = args.includes('--quiet') || /^(?:1|true|yes)$/i.test(env('ROBOTRACE_QUIET') ?? '')
  return { ...outside, env, variable, quiet }
}
