import { execFile } from 'node:child_process'
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Client, enrollDevice } from '../../sdk/mod.ts'
import { projectOf } from '../fleet-requests.ts'
import { startTestServer } from '../harness.ts'
import { portalClient } from '../portal-client.ts'
import { NODE_24, RUNTIMES } from '../runtimes/run.ts'
import { tenant } from '../seed.ts'
import { type Installed, installPackage } from './installed.ts'

const run = promisify(execFile)
const DENO_RIGHTS = ['--allow-net', '--allow-read', '--allow-env', '--allow-sys']
const VIDEO = Buffer.from('what a camera saw, '.repeat(4_000))

let installed: Installed

beforeAll(async () => {
  installed = await installPackage()
  writeFileSync(join(installed.folder, 'seen.mp4'), VIDEO)
})

afterAll(() => installed[Symbol.dispose]())

test.each([
  [`Node ${process.versions.node.split('.')[0]}`, 'robot-node.mjs', process.execPath, []],
  ['Node 24', 'robot-node.mjs', NODE_24, []],
  ['Deno 2', 'robot-deno.ts', RUNTIMES.deno.command, ['run', '--cached-only', ...DENO_RIGHTS]],
  ['Bun 1', 'robot-bun.ts', RUNTIMES.bun.command, []],
])(
  'on %s docs/examples/%s beats and logs a run, word for word',
  { timeout: 120_000 },
  async (_, file, command, args) => {
    await using server = await startTestServer()
    const at = await tenant(server)
    const { token } = await portalClient(server, at.owner).fleet.makeEnrolmentToken.mutate({
      ...projectOf(at),
      label: 'cell',
    })
    const { api_key, device } = await enrollDevice({ token, base_url: server.url, name: 'arm-7' })
    copyFileSync(join('docs/examples', file), join(installed.folder, file))
    const env = {
      ...{ PATH: process.env.PATH, HOME: installed.folder, NO_COLOR: '1', DENO_DIR: process.env.DENO_DIR },
      ...{ ROBOTRACE_API_KEY: api_key, ROBOTRACE_BASE_URL: server.url },
    }
    const { stdout, stderr } = await run(command, [...args, file, 'seen.mp4'], { cwd: installed.folder, env })
    expect(stderr).not.toContain('No heartbeat')
    const reader = new Client({ api_key: at.api_key, base_url: server.url, verbose: false })
    const { items } = await reader.listEpisodesPage()
    expect(items).toMatchObject([{ name: 'pick_and_place v3', status: 'ready', bytes_total: VIDEO.length }])
    expect(stdout).toContain(`Logged ${items[0]?.id}`)
    const beats = await server.ctx.db.selectFrom('devices').selectAll().where('id', '=', device.id).execute()
    expect(beats).toMatchObject([{ name: 'arm-7' }])
    expect(beats[0]?.memory_usage).toBeGreaterThan(0)
  },
)

test('every example that imports the package has the types of the package', async () => {
  const folder = join(installed.folder, 'typed')
  mkdirSync(folder)
  const named = readdirSync('docs/examples').filter((file) => {
    return (
      /\.(ts|mjs)$/.test(file) &&
      readFileSync(join('docs/examples', file), 'utf8').includes("from 'robotrace'")
    )
  })
  expect(named.sort()).toEqual(['browser.ts', 'robot-bun.ts', 'robot-deno.ts', 'robot-node.mjs'])
  for (const file of named) copyFileSync(join('docs/examples', file), join(folder, file))
  // What the two runtimes have beside the Web's own, as far as the examples use it.
  const own = `declare const Bun: { argv: string[] }
    declare const Deno: {
      args: string[]
      exitCode: number
      systemMemoryInfo(): { available: number; total: number }
    }\n`
  writeFileSync(join(folder, 'runtimes.d.ts'), own)
  const compilerOptions = {
    ...{ strict: true, noEmit: true, target: 'es2022', module: 'esnext', moduleResolution: 'bundler' },
    ...{ lib: ['es2023', 'dom', 'dom.iterable', 'esnext.disposable'], types: ['node'], allowJs: true },
    ...{ checkJs: true, skipLibCheck: true, moduleDetection: 'force' },
    typeRoots: [resolve('node_modules/@types')],
  }
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({ compilerOptions, files: [...named, 'runtimes.d.ts'] }),
  )
  const found = await run(process.execPath, [resolve('node_modules/typescript/bin/tsc'), '-p', '.'], {
    cwd: folder,
  }).then(
    ({ stdout }) => stdout,
    (error: { stdout: string }) => error.stdout,
  )
  expect(found).toBe('')
  rmSync(folder, { recursive: true })
})
