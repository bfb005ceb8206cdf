import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { COMMANDS } from '../../cli/commands.ts'
import { makeHome } from './home.ts'
import { offered } from './shells.ts'

/** A line, and what can stand where it ends. */
const OFFERED: [line: string, words: string][] = [
  ['robotrace lo', 'login logout'],
  ['robotrace logout --re', '--revoke'],
  ['robotrace completion f', 'fish'],
  ['robotrace episode ', 'log list show open download delete restore'],
  ['robotrace episode delete --y', '--yes'],
  ['robotrace device list --st', '--status'],
  ['robotrace device list --status m', 'maintenance'],
  ['robotrace device list --limit 5 --status m', 'maintenance'],
  ['robotrace context cl', 'clear'],
  ['robotrace login --scope f', 'fleet:write'],
  [
    'robotrace login --',
    '--base-url --profile --scope --no-browser --force --json --no-color --quiet --help',
  ],
]

test.each(['bash', 'zsh', 'fish'] as const)(
  '%s completes commands, flags and their values',
  async (shell) => {
    using home = makeHome()
    const lines = OFFERED.map(([line]) => line)
    const answers = await offered(shell, home, lines)
    for (const [at, [line, words]] of OFFERED.entries()) {
      // Behind a group, bash offers its help as well: it has no other way to show that there is one.
      const help = shell === 'bash' && line.endsWith(' ') ? ['--help'] : []
      expect([line, ...(answers[at] ?? [])]).toEqual([line, ...[...words.split(' '), ...help].sort()])
    }
  },
)

test('fish says what a command is for in the words of its help', async () => {
  using home = makeHome()
  const script = join(home.folder, 'completion')
  writeFileSync(script, (await home.robotrace('completion fish')).host.stdout())
  const { summary = '' } = COMMANDS.find(({ name }) => name === 'token') ?? {}
  // What other shells want escaped is none of its business.
  expect(summary).toContain(':')
  const said = execFileSync('fish', ['--no-config', '-c', `source ${script}; complete -C 'robotrace tok'`], {
    ...{ encoding: 'utf8', env: { ...process.env, HOME: home.folder } },
  })
  expect(said.trim()).toBe(`token\t${summary}`)
})

test.each(['bash', 'zsh', 'fish'])('%s knows every command and every flag', async (shell) => {
  using home = makeHome()
  const { host } = await home.robotrace(`completion ${shell}`)
  for (const { name, flags } of COMMANDS) {
    for (const word of name.split(' ')) expect(host.stdout()).toContain(word)
    for (const flag of flags)
      expect(host.stdout()).toContain(shell === 'fish' ? `-l ${flag.name}` : `--${flag.name}`)
  }
})
