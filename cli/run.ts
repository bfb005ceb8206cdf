import { Command as Commander, type Argument as CommanderArgument, CommanderError } from 'commander'
import { VERSION } from '../sdk/version.ts'
import { tellOfUpdate } from './client-update.ts'
import { type Argument, COMMON_FLAGS, type Command, type Flag, type Given } from './command.ts'
import { commandsOf } from './commands.ts'
import { EXIT, failureOf, showCrash, showFailure } from './failure.ts'
import type { Host } from './host.ts'
import { asCalled } from './print.ts'
import { commandOfServer } from './server-commands.ts'
import { refuseKeys, usage } from './usage.ts'
import { worldOf } from './world.ts'

const EXAMPLES = ['robotrace login', 'robotrace episode list --limit 20'] as const
const EXAMPLES_WITH_SERVER = ['robotrace serve', 'robotrace login'] as const

/**
 * Runs one command line and answers its exit status: 0 good, 1 failed, 2 wrong usage, 4 not signed in, 130
 * interrupted.
 *
 * @param more commands of the program that holds these ones: of the server, where it is one file with them
 * @example process.exitCode = await run(['whoami', '--json'], processHost('robotrace'))
 */
export async function run(
  args: readonly string[],
  outside: Host,
  more: readonly Command[] = [],
): Promise<number> {
  const host = worldOf(outside, args)
  let status: number = EXIT.ok
  const commands = commandsOf(host.program, more)
  const program = programOf(host, { commands, more }, (answered) => {
    status = answered
  })
  try {
    refuseKeys(args)
    const elsewhere = commandOfServer(
      args,
      commands.map(({ name }) => name),
    )
    if (elsewhere) throw elsewhere
    if (args.length === 0) program.outputHelp()
    else await program.parseAsync(args, { from: 'user' })
    return status
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return EXIT.ok
    return report(host, commands, error, args)
  } finally {
    await tellOfUpdate(host, args)
  }
}

function report(host: Host, commands: readonly Command[], error: unknown, args: readonly string[]): number {
  try {
    const failure = error instanceof CommanderError ? usage(error, args, commands) : failureOf(error)
    showFailure(host, failure)
    return failure.status
  } catch (unexpected) {
    showCrash(host, unexpected)
    return EXIT.failure
  }
}

function programOf(
  host: Host,
  { commands, more }: { commands: readonly Command[]; more: readonly Command[] },
  done: (status: number) => void,
): Commander {
  const program = new Commander(host.program)
  const examples = more.length > 0 ? EXAMPLES_WITH_SERVER : EXAMPLES
  prepare(program, host, 'robots, their episodes and their keys, from a terminal', examples)
  program.version(`${host.program} ${VERSION}`, '--version', 'print the version')
  for (const command of commands) {
    if (more.length > 0) program.commandsGroup(more.includes(command) ? AT_THE_SERVER : FROM_ANYWHERE)
    const wired = placeOf(program, host, command)
    prepare(wired, host, command.summary, command.examples)
    wired.summary(command.summary).helpOption('-h, --help', 'print this help')
    for (const argument of [command.argument, command.second]) {
      if (argument) wired.argument(...argumentOf(argument))
    }
    for (const flag of [...command.flags, ...COMMON_FLAGS]) addFlag(wired, flag)
    wired.action(async () => done(await command.run(host, givenTo(wired))))
  }
  program.helpCommand('help [command]', 'print the help of a command')
  return program
}

function addFlag(wired: Commander, { name, short, value, many, about }: Flag): void {
  const spelled = short ? `-${short}, --${name}` : `--${name}`
  if (!value) wired.option(spelled, about)
  else if (many) wired.option(`${spelled} <${value}>`, about, (one, all: string[]) => [...all, one], [])
  else wired.option(`${spelled} <${value}>`, about)
}

/** The two halves of the list in `robotrace --help`, where the program is server and client in one. */
const AT_THE_SERVER = 'At the machine of the server:'
const FROM_ANYWHERE = 'From any machine:'

/** What the groups hold, for the list in `robotrace --help`. */
const GROUPS: Record<string, string> = {
  admin: 'accounts, keys and quotas without a sign-in; the proof of the audit trail',
  'admin audit': 'the audit trail',
  auth: 'sign in and out',
  context: 'which organization and project commands are about',
  device: 'the robots of a project',
  episode: 'recorded runs: log, read, download and delete them',
  keys: 'API keys of the organization',
  service: 'the server as a service of this machine',
  'ssh-keys': 'your SSH keys, which open devices',
}

/** `admin audit verify` stands below `admin audit`, which only helps to find it. */
function placeOf(program: Commander, host: Host, { name, summary, examples }: Command): Commander {
  const words = name.split(' ')
  const last = words.pop() ?? name
  let parent = program
  for (const [index, word] of words.entries()) {
    const known = parent.commands.find((one) => one.name() === word)
    const about = GROUPS[words.slice(0, index + 1).join(' ')] ?? summary
    const group = known ?? parent.command(word).summary(about)
    if (!known) prepare(group, host, about, examples)
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
    // A flag belongs to the command it stands behind: `context` and `context list` have some of the same name.
    .enablePositionalOptions()
    .allowExcessArguments(false)
    .showSuggestionAfterError(true)
    .configureOutput({
      writeOut: host.out.write,
      // Errors are written once, by run().
      writeErr: () => {},
      getOutHelpWidth: () => Math.min(host.out.columns, 110),
      getOutHasColors: () => false,
    })
    // Which options a command has is in its own help; here they would be in the way of the names.
    .configureHelp({
      subcommandTerm: (command) =>
        [command.name(), ...command.registeredArguments.map(spelled)].filter(Boolean).join(' '),
    })
    .addHelpText('before', () => {
      const lines = examples.map((line) => `  $ ${asCalled(host, line)}`).join('\n')
      return `${fullName(wired)}: ${asCalled(host, summary)}\n\n${lines}\n`
    })
}

function spelled(argument: CommanderArgument): string {
  const name = argument.variadic ? `${argument.name()}...` : argument.name()
  return argument.required ? `<${name}>` : `[${name}]`
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
    command: fullName(wired).split(' ').slice(1).join(' '),
    text: (name) => {
      const value = find(name)
      return typeof value === 'string' ? value : undefined
    },
    flag: (name) => find(name) === true,
    list: (name) => {
      const value = find(name)
      return Array.isArray(value) ? value.map(String) : []
    },
    argument: wired.args[0],
    arguments: wired.args,
  }
}

function camel(name: string): string {
  return name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase())
}
