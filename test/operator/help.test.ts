import { expect, test } from 'vitest'
import { run } from '../../cli/run.ts'
import { operatorCommands } from '../../server/operator/commands.ts'
import { testHost } from '../cli/test-host.ts'

/** What `--help` lists below a heading. */
function listed(help: string, heading: string): string[] {
  const [, below = ''] = help.split(`${heading}\n`)
  return [...(below.split('\n\n')[0] ?? '').matchAll(/^ {2}(\S+)/gm)].map(([, name = '']) => name)
}

test('help of the one program lists what is called at the machine of the server apart from the rest', async () => {
  const host = testHost()
  await run(['--help'], host, operatorCommands({}))
  const [there, anywhere] = ['At the machine of the server:', 'From any machine:'].map((heading) =>
    listed(host.stdout(), heading),
  )
  expect(there).toEqual(expect.arrayContaining(['serve', 'backup', 'restore', 'doctor', 'admin']))
  expect(anywhere).toEqual(expect.arrayContaining(['login', 'episode', 'keys', 'help']))
  expect(host.stdout()).not.toMatch(/^Commands:/m)
})

test('the client alone has one list', async () => {
  const host = testHost()
  await run(['--help'], host)
  expect(listed(host.stdout(), 'Commands:')).toEqual(expect.arrayContaining(['login', 'help']))
})

test('a path that cannot be used is said in words, with what to do', async () => {
  const host = testHost()
  expect(await run(['backup', '--data', '/dev/null/data'], host, operatorCommands({}))).toBe(1)
  expect(host.stderr()).toBe(
    'Error: There is no database in /dev/null/data.\nTry: name the data folder of the server with `--data`\n',
  )
  const restored = testHost()
  const from = new URL('.', import.meta.url).pathname
  expect(await run(['restore', `${from}none`], restored, operatorCommands({}))).toBe(1)
  expect(restored.stderr()).toBe(
    `Error: There is no ${from}none.\nTry: name a folder that \`robotrace backup --to\` was given, or an archive\n`,
  )
})
