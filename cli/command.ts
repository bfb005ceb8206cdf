import { Command as Commander, CommanderError } from 'commander'
import { VERSION } from '../sdk/version.ts'
import { auditVerify } from './admin/audit-verify.ts'
import { authorizedKeys } from './authorized-keys.ts'
import { completionOf } from './completion.ts'
import { EXIT, Failure, failureOf, showCrash, showFailure } from './failure.ts'
import type { Host } from './host.ts'
import { login } from './login.ts'
import { logout } from './logout.ts'
import { scan } from './scan.ts'
import { token } from './token.ts'
import { version } from './version.ts'
import { whoami } from './whoami.ts'

/** What was given on the command line. */
export interface Given {
  /** The value of `--name <value>`; undefined when it was not given. */
  text: (name: string) => string | undefined
  /** Whether `--name` was given. */
  flag: (name: string) => boolean
  /** What follows the command's name without dashes. */
  argument: string | undefined
  /** All of it, where a command takes several. */
  arguments: readonly string[]
}

/** One command: what it is called, what it takes, what it does. */
export interface Command {
  name: string
  summary: string
  /** Two, for the top of its help. */
  examples: readonly [string, string]
  flags: readonly Flag[]
  argument?: Argument
  /** Answers the exit status. */
  run: (host: Host, given: Given) => Promise<number> | number
}

/** What follows the command's name: one of a few, or anything. */
export interface Argument {
  name: string
  optional?: boolean
  /** Any number of them. */
  many?: boolean
  choices?: readonly string[]
  about?: string
}

/** One flag: as help writes it, and what it is for. */
export interface Flag {
  name: string
  /** One letter that means the same. */
  short?: string
  /** The name of its value; absent: it takes none. */
  value?: string
  about: string
}

/** Every command there is. Completion is made from this list as well. */
export const COMMANDS: readonly Command[] = [
  login,
  whoami,
  logout,
  scan,
  auditVerify,
  token,
  authorizedKeys,
  version,
  completionOf(() => COMMANDS),
]

/** What Commander throws where it has nothing to run, after `admin audit` for example. */
const NOTHING_TO_RUN = 'commander.help'

const EXAMPLES = ['robotrace login', 'robotrace whoami'] as const

/**
 * Runs one command line and answers its exit status: 0 good, 1 failed, 2 wrong usage, 4 not signed in, 130
 * interrupted.
 *
 * @example process.exitCode = await run(['whoami', '--json'], processHost())
 */
export async function run(args: readonly string[], host: Host): Promise<number> {
  let status: number = EXIT.ok
  const program = programOf(host, (answered) => {
    status = answered
  })
  try {
    refuseKeys(args)
    if (args.length === 0) program.outputHelp()
    else await program.parseAsync(args, { from: 'user' })
    return status
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return EXIT.ok
    return report(host, error, args)
  }
}

function report(host: Host, error: unknown, args: readonly string[]): number {
  try {
    const failure = error instanceof CommanderError ? usage(error, args) : failureOf(error)
    showFailure(host, failure)
    return failure.status
  } catch (unexpected) {
    showCrash(host, unexpected)
    return EXIT.failure
  }
}

function programOf(host: Host, done: (status: number) => void): Commander {
  const program = new Commander('robotrace')
  prepare(program, host, 'log in to RoboTrace from a terminal', EXAMPLES)
  program.version(`robotrace ${VERSION}`, '--version', 'print the version')
  program.helpCommand('help [command]', 'print the help of a command')
  for (const command of COMMANDS) {
    const wired = placeOf(program, host, command)
    prepare(wired, host, command.summary, command.examples)
    wired.summary(command.summary).helpOption('-h, --help', 'print this help')
    if (command.argument) wired.argument(...argumentOf(command.argument))
    for (const { name, short, value, about } of command.flags) {
      const flag = short ? `-${short}, --${name}` : `--${name}`
      wired.option(value ? `${flag} <${value}>` : flag, about)
    }
    wired.action(async () => done(await command.run(host, givenTo(wired))))
  }
  return program
}

/** `admin audit verify` stands below `admin audit`, which only helps to find it. */
function placeOf(program: Commander, host: Host, { name, summary, examples }: Command): Commander {
  const words = name.split(' ')
  const last = words.pop() ?? name
  let parent = program
  for (const word of words) {
    const known = parent.commands.find((one) => one.name() === word)
    const group = known ?? parent.command(word).summary(summary)
    if (!known) prepare(group, host, summary, examples)
    parent = group
  }
  return parent.command(last)
}

function argumentOf({ name, optional, many, choices, about }: Argument): [string, string] {
  const named = many ? `${name}...` : name
  return [optional ? `[${named}]` : `<${named}>`, choices?.join(', ') ?? about ?? '']
}

function prepare(wired: Commander, host: Host, summary: string, examples: readonly string[]): void {
  wired
    .helpOption('-h, --help', 'print this help')
    .exitOverride()
    .allowExcessArguments(false)
    .showSuggestionAfterError(true)
    .configureOutput({
      writeOut: host.out.write,
      // Errors are written once, by run().
      writeErr: () => {},
      getOutHelpWidth: () => Math.min(host.out.columns, 110),
      getOutHasColors: () => false,
    })
    .addHelpText('before', () => {
      const lines = examples.map((line) => `  $ ${line}`).join('\n')
      return `${fullName(wired)}: ${summary}\n\n${lines}\n`
    })
}

/** `robotrace admin audit verify` */
function fullName(wired: Commander): string {
  return wired.parent ? `${fullName(wired.parent)} ${wired.name()}` : wired.name()
}

function givenTo(wired: Commander): Given {
  const options: Record<string, unknown> = wired.opts()
  const find = (name: string): unknown =>
    // Commander reads `--no-browser` as "browser: false" and `--base-url` as "baseUrl".
    name.startsWith('no-') ? options[camel(name.slice(3))] === false : options[camel(name)]
  return {
    text: (name) => {
      const value = find(name)
      return typeof value === 'string' ? value : undefined
    },
    flag: (name) => find(name) === true,
    argument: wired.args[0],
    arguments: wired.args,
  }
}

function camel(name: string): string {
  return name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase())
}

const SECRET = /(?:rt|rbtk)_[0-9A-Za-z]{10}_[0-9A-Za-z_-]{20}|eyJ[\w-]{8,}\.eyJ[\w-]+\./

/** Arguments show in every list of processes and in the shell's history. */
function refuseKeys(args: readonly string[]): void {
  // The whole shape of a key: a profile may well be called rt_staging_eu.
  if (!args.some((arg) => SECRET.test(arg))) return
  throw new Failure('A key on the command line can be read by everybody on this machine.', {
    hint: 'run `robotrace login`, or put it into the variable ROBOTRACE_API_KEY',
    status: EXIT.usage,
  })
}

function usage(error: CommanderError, args: readonly string[]): Failure {
  if (error.code === NOTHING_TO_RUN) {
    const group = args[0] === 'help' ? '' : `${args.join(' ')} `
    const line = `robotrace ${args.join(' ')}`
    return new Failure(
      group ? `\`${line}\` is no command by itself.` : `\`${line}\`: there is no such command.`,
      {
        hint: `\`robotrace ${group}--help\``,
        status: EXIT.usage,
      },
    )
  }
  const [what = '', suggestion] = error.message.replace(/^error: /, '').split('\n')
  const meant = /Did you mean (?:one of )?(.+)\?/.exec(suggestion ?? '')?.[1]
  const sentence = `${what.charAt(0).toUpperCase()}${what.slice(1)}${/[.?]$/.test(what) ? '' : '.'}`
  const command = COMMANDS.find(({ name }) => `${args.join(' ')} `.startsWith(`${name} `))
  const help = command ? `\`robotrace ${command.name} --help\`` : '`robotrace --help`'
  const hint = meant ? `\`${meant.startsWith('-') ? meant : `robotrace ${meant}`}\`` : help
  return new Failure(sentence, { hint, status: EXIT.usage })
}
