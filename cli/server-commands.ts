import { EXIT, Failure } from './failure.ts'

/**
 * What the server's own program can do beside all of this: its operator's commands, by their first word. They work on
 * the data folder, which is at the machine that runs the server.
 */
export const SERVER_COMMANDS: readonly string[] = [
  ...['serve', 'service', 'config', 'doctor', 'health', 'migrate'],
  ...['backup', 'restore', 'verify-backup'],
]
/** Of this group only the trail is read from elsewhere. */
const ADMIN = 'admin'

/**
 * What to say to somebody who calls a command of the server in the program that is only its client; undefined when it
 * is none.
 *
 * @param known the names of the commands that this program has
 * @example commandOfServer(['serve', '--help'], ['login', 'whoami'])
 */
export function commandOfServer(args: readonly string[], known: readonly string[]): Failure | undefined {
  // The program that serves knows its own commands, and what it does not know is a typing error.
  if (known.includes('serve')) return undefined
  const [first = '', second = ''] = args[0] === 'help' ? args.slice(1) : args
  if (known.some((name) => name === first || (first !== ADMIN && name.startsWith(`${first} `))))
    return undefined
  const of_admin =
    first === ADMIN && /^[a-z]/.test(second) && !known.some((name) => name.split(' ')[1] === second)
  if (!SERVER_COMMANDS.includes(first) && !of_admin) return undefined
  const called = of_admin ? `${first} ${second}` : first
  return new Failure(`\`robotrace ${called}\` belongs to the server, and this program is its client alone.`, {
    details: ['the server is one file that is called robotrace too, or a checkout of the repository'],
    hint: `\`./robotrace ${called}\` at the machine that runs it; docs/upgrading.md says where to get it`,
    status: EXIT.usage,
  })
}
