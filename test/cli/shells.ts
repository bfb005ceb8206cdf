import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Home } from './home.ts'

/**
 * What a real shell offers behind each of these lines, with the completion that the program prints for it.
 *
 * @returns sorted, without what is said about each
 * @example await offered('fish', home, ['robotrace lo']) // [['login', 'logout']]
 */
export async function offered(shell: keyof typeof ASK, home: Home, lines: string[]): Promise<string[][]> {
  const script = join(home.folder, 'completion')
  writeFileSync(script, (await home.robotrace(`completion ${shell}`)).host.stdout())
  const answers = ASK[shell](home.folder, script, lines)
  return answers.map((words) => words.filter((word) => word !== '').sort())
}

const ASK = { bash: askBash, zsh: askZsh, fish: askFish }

function askBash(_folder: string, script: string, lines: string[]): string[][] {
  // An empty last word is the one that is being completed.
  const asked = lines.map((line) => {
    const words = line.split(' ')
    return `COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}; _robotrace; echo "\${COMPREPLY[@]}"`
  })
  const said = execFileSync('bash', ['-c', [`source ${script}`, ...asked].join('\n')], { encoding: 'utf8' })
  return said.split('\n').map((line) => line.split(' '))
}

function askFish(folder: string, script: string, lines: string[]): string[][] {
  const asked = lines.map((line) => `complete -C '${line}'; echo =`)
  const program = [`source ${script}`, ...asked].join('\n')
  const said = execFileSync('fish', ['--no-config', '-c', program], {
    ...{ encoding: 'utf8', cwd: folder, env: { ...process.env, HOME: folder } },
  })
  return said.split('=\n').map((part) => part.split('\n').map((line) => line.split('\t')[0] ?? ''))
}

/**
 * The completion of zsh runs within its line editor alone, so one is started on a terminal, puts each line into its
 * buffer before a key is pressed, and writes down what would be listed.
 */
function askZsh(folder: string, script: string, lines: string[]): string[][] {
  const [asked, answered] = [join(folder, 'lines'), join(folder, 'answers')]
  writeFileSync(asked, lines.join('\n'))
  writeFileSync(
    join(folder, '.zshrc'),
    `autoload -Uz compinit
compinit -u -D
source ${script}
compadd() {
  if (( \${argv[(I)-[OAD]]} )); then builtin compadd "$@"; return; fi
  local -a found
  builtin compadd -O found "$@"
  offered+=("\${found[@]}")
  builtin compadd "$@"
}
answer() {
  local line
  for line in "\${(@f)$(<${asked})}"; do
    offered=()
    BUFFER=$line
    CURSOR=$#BUFFER
    zle list-choices
    print -r -- "$offered" >> ${answered}
  done
  exit
}
zle -N zle-line-init answer
`,
  )
  const env = { PATH: process.env.PATH ?? '', TERM: 'xterm', HOME: folder, ZDOTDIR: folder }
  execFileSync('script', ['-qec', 'zsh -d -i', '/dev/null'], { env, cwd: folder, stdio: 'ignore' })
  return readFileSync(answered, 'utf8')
    .split('\n')
    .map((line) => line.split(' '))
}
