import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { COMMANDS } from '../../cli/commands.ts'
import { makeHome } from './home.ts'

test.each([
  ['robotrace lo', 'login logout'],
  [
    'robotrace login --',
    '--base-url --profile --scope --no-browser --force --json --no-color --quiet --help',
  ],
  ['robotrace logout --re', '--revoke'],
  ['robotrace completion f', 'fish'],
  ['robotrace device ', 'list show register enroll heartbeat --help'],
  ['robotrace device list --st', '--status'],
  ['robotrace device list --status m', 'maintenance'],
  ['robotrace context cl', 'clear'],
  ['robotrace login --scope f', 'fleet:write'],
])('bash completes %j', async (line, expected) => {
  using home = makeHome()
  const script = join(home.folder, 'completion')
  writeFileSync(script, (await home.robotrace('completion bash')).host.stdout())
  const words = line.split(' ')
  // An empty last word is the one that is being completed.
  const program = `source ${script}; COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}; _robotrace; echo "\${COMPREPLY[@]}"`
  expect(execFileSync('bash', ['-c', program], { encoding: 'utf8' }).trim()).toBe(expected)
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
