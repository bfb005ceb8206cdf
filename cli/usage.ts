import type { CommanderError } from 'commander'
import type { Command } from './command.ts'
import { EXIT, Failure } from './failure.ts'

/** What Commander throws where it has nothing to run, after `admin audit` for example. */
const NOTHING_TO_RUN = 'commander.help'

const SECRET = /(?:rt|rbtk|rte)_[0-9A-Za-z]{10}_[0-9A-Za-z_-]{20}|eyJ[\w-]{8,}\.eyJ[\w-]+\./

/**
 * Arguments show in every list of processes and in the shell's history.
 *
 * @throws Failure when one of them is a key or a token
 */
export function refuseKeys(args: readonly string[]): void {
  // The whole shape of a key: a profile may well be called rt_staging_eu.
  if (!args.some((arg) => SECRET.test(arg))) return
  throw new Failure('A key on the command line can be read by everybody on this machine.', {
    hint: 'run `robotrace login`, or put it into the variable ROBOTRACE_API_KEY',
    status: EXIT.usage,
  })
}

/** What Commander found wrong, in a sentence, with what to do about it. */
export function usage(error: CommanderError, args: readonly string[], commands: readonly Command[]): Failure {
  if (error.code === NOTHING_TO_RUN) return incomplete(args)
  const [what = '', suggestion] = error.message.replace(/^error: /, '').split('\n')
  const meant = /Did you mean (?:one of )?(.+)\?/.exec(suggestion ?? '')?.[1]
  const sentence = `${what.charAt(0).toUpperCase()}${what.slice(1)}${/[.?]$/.test(what) ? '' : '.'}`
  const line = `${args.join(' ')} `
  const command = commands.find(({ name }) => line.startsWith(`${name} `))
  const group = commands.find(({ name }) => name.includes(' ') && line.startsWith(`${name.split(' ')[0]} `))
  const prefix = command || !group ? '' : `${group.name.split(' ')[0]} `
  const help = `\`robotrace ${command ? `${command.name} ` : prefix}--help\``
  const hint = meant ? `\`${meant.startsWith('-') ? meant : `robotrace ${prefix}${meant}`}\`` : help
  return new Failure(sentence, { hint, status: EXIT.usage })
}

function incomplete(args: readonly string[]): Failure {
  const group = args[0] === 'help' ? '' : `${args.join(' ')} `
  const line = `robotrace ${args.join(' ')}`
  return new Failure(
    group ? `\`${line}\` is no command by itself.` : `\`${line}\`: there is no such command.`,
    { hint: `\`robotrace ${group}--help\``, status: EXIT.usage },
  )
}
