import { COMMON_FLAGS, type Command, type Flag } from './command.ts'
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
        say(host, script(spotsOf(commands()), host.program))
        return EXIT.ok
      }
      throw new Failure('There is completion for bash, zsh and fish.', {
        hint: '`robotrace completion bash`',
        status: EXIT.usage,
      })
    },
  }
}

/** A place on the command line, and what can follow it: `device`, or `device list`. */
interface Spot {
  /** Empty: right behind the program's name. */
  path: string
  /** Names of commands, or the choices of an argument, with what they are. */
  words: { word: string; about: string }[]
  flags: readonly Flag[]
}

const HELP: Flag = { name: 'help', about: 'print this help' }

/** Every place there is: each command, and each word that only leads to some. */
function spotsOf(commands: readonly Command[]): Spot[] {
  const spots = new Map<string, Spot>()
  const at = (path: string): Spot => {
    const spot = spots.get(path) ?? { path, words: [], flags: path === '' ? [HELP, VERSION] : [HELP] }
    spots.set(path, spot)
    return spot
  }
  for (const command of commands) {
    const words = command.name.split(' ')
    for (const [index, word] of words.entries()) {
      const above = at(words.slice(0, index).join(' '))
      const about = index === words.length - 1 ? command.summary : `${word} commands`
      if (!above.words.some((known) => known.word === word)) above.words.push({ word, about })
    }
    const spot = at(command.name)
    spot.flags = [...command.flags, ...COMMON_FLAGS, HELP]
    spot.words.push(...(command.argument?.choices ?? []).map((word) => ({ word, about: '' })))
  }
  at('').words.push({ word: 'help', about: 'print the help of a command' })
  return [...spots.values()]
}

const VERSION: Flag = { name: 'version', about: 'print the version' }

function bash(spots: Spot[], program: string): string {
  const cases = spots.map(({ path, words, flags }) => {
    const all = [...words.map(({ word }) => word), ...flags.map(({ name }) => `--${name}`)].join(' ')
    return `    "${path}") words="${all}" ;;`
  })
  const values = valuesOf(spots).map(
    ({ path, flag, choices }) => `    "${path} --${flag}") words="${choices.join(' ')}" ;;`,
  )
  return `# ${program} completion for bash
_robotrace() {
  local path="" word words=""
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "\${path:+$path }$word" in
      ${pathsOf(spots).join('|')}) path="\${path:+$path }$word" ;;
    esac
  done
  case "$path" in
${cases.join('\n')}
  esac
  case "$path \${COMP_WORDS[COMP_CWORD-1]}" in
${values.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _robotrace ${program}`
}

/** Quoted, because most have a blank in them. */
function pathsOf(spots: Spot[]): string[] {
  return spots.filter(({ path }) => path !== '').map(({ path }) => `"${path}"`)
}

function valuesOf(spots: Spot[]): { path: string; flag: string; choices: readonly string[] }[] {
  return spots.flatMap(({ path, flags }) =>
    flags.flatMap(({ name, choices }) => (choices ? [{ path, flag: name, choices }] : [])),
  )
}

function zsh(spots: Spot[], program: string): string {
  const cases = spots.map(({ path, words, flags }) => {
    const described = words.map(({ word, about }) => `'${forZsh(word)}:${forZsh(about)}'`).join(' ')
    const specs = flags.map(zshFlag).join(' ')
    return `    '${path}') commands=(${described}); flags=(${specs}) ;;`
  })
  return `#compdef ${program}
_robotrace() {
  local -a commands flags
  local route="" word
  integer depth=1
  for word in \${words[2,CURRENT-1]}; do
    case "\${route:+$route }$word" in
      ${pathsOf(spots).join('|')}) route="\${route:+$route }$word"; (( depth++ )) ;;
    esac
  done
  case "$route" in
${cases.join('\n')}
  esac
  local rest='*:file:_files'
  if (( CURRENT == depth + 1 )) && (( $#commands )); then
    _describe command commands
    rest='*: :()'
  fi
  words=("\${(@)words[depth,-1]}")
  (( CURRENT -= depth - 1 ))
  _arguments -s $flags $rest
}
if [ "$funcstack[1]" = _robotrace ]; then _robotrace "$@"; else compdef _robotrace ${program}; fi`
}

function zshFlag({ name, value, many, choices, about }: Flag): string {
  const takes = value ? `:${value}:${choices ? `(${choices.map(forZsh).join(' ')})` : '_files'}` : ''
  return `'${many ? '*' : ''}--${name}[${forZsh(about)}]${takes}'`
}

function fish(spots: Spot[], program: string): string {
  const lines = spots.flatMap(({ path, words, flags }) => {
    const here = `-n '__${program}_at ${path ? `"${path}"` : '""'}'`
    return [
      ...words.map(({ word, about }) => `complete -c ${program} ${here} -f -a ${word} -d '${quoted(about)}'`),
      ...flags.map(({ name, value, choices, about }) => {
        const takes = choices ? ` -x -a '${choices.join(' ')}'` : value ? ' -r' : ''
        return `complete -c ${program} ${here} -l ${name}${takes} -d '${quoted(about)}'`
      }),
    ]
  })
  return `# ${program} completion for fish
function __${program}_at
  set -l route ""
  for word in (commandline -opc)[2..-1]
    set -l next (string trim -- "$route $word")
    contains -- $next ${pathsOf(spots).join(' ')}; and set route $next
  end
  test "$route" = "$argv[1]"
end
${lines.join('\n')}`
}

/** Fit for single quotes. */
function quoted(text: string): string {
  return text.replace(/'/g, '’')
}

/** The same where zsh reads brackets and colons of its own. */
function forZsh(text: string): string {
  return quoted(text).replace(/[[\]:]/g, (mark) => `\\${mark}`)
}
