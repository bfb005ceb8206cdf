import type { Command } from './command.ts'
import { EXIT, Failure } from './failure.ts'
import { say } from './print.ts'

const SHELLS = { bash, zsh, fish } as const

/** The command that prints a shell's completion of the others. @example completionOf(() => COMMANDS) */
export function completionOf(commands: () => readonly Command[]): Command {
  return {
    name: 'completion',
    summary: 'print what makes a shell complete commands and flags',
    examples: [
      'robotrace completion bash > ~/.local/share/bash-completion/completions/robotrace',
      'robotrace completion fish > ~/.config/fish/completions/robotrace.fish',
    ],
    argument: { name: 'shell', choices: Object.keys(SHELLS) },
    flags: [],
    run: (host, { argument }) => {
      const script = Object.entries(SHELLS).find(([shell]) => shell === argument)?.[1]
      if (script) {
        say(host, script(commands().map(byFirstWord)))
        return EXIT.ok
      }
      throw new Failure('There is completion for bash, zsh and fish.', {
        hint: '`robotrace completion bash`',
        status: EXIT.usage,
      })
    },
  }
}

/** Shells complete word by word: `admin audit verify` is the command `admin`, and two words that may follow. */
function byFirstWord(command: Command): Command {
  const [name = '', ...rest] = command.name.split(' ')
  return rest.length === 0 ? command : { ...command, name, argument: { name: 'what', choices: rest } }
}

/** What can follow a command's name. */
function words({ flags, argument }: Command): string {
  return [...(argument?.choices ?? []), ...flags.map(({ name }) => `--${name}`), '--help'].join(' ')
}

function names(commands: readonly Command[]): string {
  return [...commands.map(({ name }) => name), 'help', '--help', '--version'].join(' ')
}

function bash(commands: readonly Command[]): string {
  const cases = commands.map((command) => `    ${command.name}) words="${words(command)}" ;;`).join('\n')
  return `# robotrace completion for bash
_robotrace() {
  local words="${names(commands)}"
  case "\${COMP_WORDS[1]}" in
${cases}
  esac
  if [ "$COMP_CWORD" -eq 1 ]; then words="${names(commands)}"; fi
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -F _robotrace robotrace`
}

function zsh(commands: readonly Command[]): string {
  const described = commands.map(({ name, summary }) => `    '${name}:${quoted(summary)}'`).join('\n')
  const cases = commands
    .map((command) => `    ${command.name}) _arguments ${zshFlags(command)} ;;`)
    .join('\n')
  return `#compdef robotrace
_robotrace() {
  local -a commands=(
${described}
  )
  if (( CURRENT == 2 )); then _describe command commands; return; fi
  local command=$words[2]
  shift words
  (( CURRENT-- ))
  case $command in
${cases}
  esac
}
if [ "$funcstack[1]" = _robotrace ]; then _robotrace "$@"; else compdef _robotrace robotrace; fi`
}

function zshFlags({ flags, argument }: Command): string {
  const specs = flags.map(
    ({ name, value, about }) => `'--${name}[${quoted(about)}]${value ? `:${value}:` : ''}'`,
  )
  const choices = argument
    ? [`'1:${argument.name}:${argument.choices ? `(${argument.choices.join(' ')})` : '_files'}'`]
    : []
  return [...choices, ...specs, "'--help[print this help]'"].join(' ')
}

function fish(commands: readonly Command[]): string {
  const lines = commands.flatMap(({ name, summary, flags, argument }) => [
    `complete -c robotrace -n __fish_use_subcommand -f -a ${name} -d '${quoted(summary)}'`,
    ...flags.map(({ name: flag, value, about }) => {
      const takes = value ? ' -x' : ''
      return `complete -c robotrace -n '__fish_seen_subcommand_from ${name}' -f -l ${flag}${takes} -d '${quoted(about)}'`
    }),
    ...(argument?.choices ?? []).map(
      (choice) => `complete -c robotrace -n '__fish_seen_subcommand_from ${name}' -f -a ${choice}`,
    ),
  ])
  return `# robotrace completion for fish\n${lines.join('\n')}`
}

/** Fit for single quotes and for the brackets and colons of zsh. */
function quoted(text: string): string {
  return text.replace(/'/g, '’').replace(/[[\]:]/g, (mark) => `\\${mark}`)
}
