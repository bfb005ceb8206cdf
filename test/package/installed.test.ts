import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readSession, runStep } from '../cli/session.ts'
import { startTestServer } from '../harness.ts'
import { NODE_24 } from '../runtimes/run.ts'
import { tenant } from '../seed.ts'
import { type Installed, installPackage } from './installed.ts'

const run = promisify(execFile)
const [OWN = ''] = process.versions.node.split('.')
/** The one that runs the tests, which is the oldest supported one as a rule, and the one of the single binary. */
const NODES = [
  [OWN, process.execPath],
  ['24', NODE_24],
] as const

let installed: Installed
let home: string

beforeAll(async () => {
  installed = await installPackage()
  home = mkdtempSync(join(tmpdir(), 'robotrace-home-'))
})

afterAll(() => {
  installed[Symbol.dispose]()
  rmSync(home, { recursive: true })
})

describe('installed from npm into an empty folder', () => {
  test('npx finds both names, and they know their version', async () => {
    for (const name of ['robotrace', 'rbtk']) {
      const { stdout } = await run('npx', ['--no-install', name, '--version'], { cwd: installed.folder })
      expect(stdout).toMatch(new RegExp(`^${name} \\d+\\.\\d+\\.\\d+\\n$`))
    }
  })

  test.each(NODES)('whole sessions, as documented, on Node %s', { timeout: 180_000 }, async (major, node) => {
    expect((await run(node, ['--version'])).stdout).toMatch(new RegExp(`^v${major}\\.`))
    for (const name of ['first-login', 'episodes']) {
      await using server = await startTestServer()
      const where = mkdtempSync(join(tmpdir(), 'robotrace-session-'))
      const place = { server, tenant: await tenant(server), home: where, starter: `${node} ${installed.cli}` }
      for (const step of readSession(name)) {
        expect(`$ ${step.command}\n${await runStep(step, place)}`).toBe(`$ ${step.command}\n${step.expected}`)
      }
      rmSync(where, { recursive: true })
    }
  })

  test('what only the server itself can do is refused with where it is done', async () => {
    for (const line of ['serve', 'backup --to x', 'doctor', 'admin create-staff', 'serve --help']) {
      const refused: { stderr: string; code: number } = await run(
        process.execPath,
        [installed.cli, ...line.split(' ')],
        { env: { PATH: process.env.PATH, HOME: home } },
      ).then(
        () => ({ stderr: '', code: 0 }),
        (error) => error,
      )
      expect(refused.code, line).toBe(2)
      expect(refused.stderr).toContain('belongs to the server')
      expect(refused.stderr).toContain('Try: ')
      expect(refused.stderr).toContain('docs/upgrading.md')
    }
  })

  test('its types hold for a program that uses it, and refuse one that misuses it', async () => {
    const settings = {
      compilerOptions: {
        ...{ strict: true, noEmit: true, target: 'es2022', skipLibCheck: false, types: [] },
        ...{ lib: ['es2023', 'dom', 'esnext.disposable'] },
      },
    }
    const good = `import { Client, type EpisodeDetail, NotFoundError } from 'robotrace'
      import { Client as PageClient } from 'robotrace/web'
      const client: Client = new Client({ base_url: 'http://localhost:3000' })
      const read: EpisodeDetail = await client.getEpisode('ep_1')
      await new PageClient({ api_key: 'x' }).logEpisode({ name: read.name ?? 'none', video: new Blob(['mp4']) })
      export const known: boolean = new Error() instanceof NotFoundError\n`
    const bad = `import { Client } from 'robotrace'\nawait new Client().logEpisode({ duration_s: 'long' })\n`
    const tsc = resolve('node_modules/typescript/bin/tsc')
    for (const [module, resolution] of [
      ['nodenext', 'nodenext'],
      ['esnext', 'bundler'],
    ]) {
      const check = async (text: string): Promise<string> => {
        writeFileSync(join(installed.folder, 'program.ts'), text)
        const compilerOptions = { ...settings.compilerOptions, module, moduleResolution: resolution }
        writeFileSync(
          join(installed.folder, 'tsconfig.json'),
          JSON.stringify({ compilerOptions, files: ['program.ts'] }),
        )
        return await run(process.execPath, [tsc, '-p', '.'], { cwd: installed.folder }).then(
          ({ stdout }) => stdout,
          (error: { stdout: string }) => error.stdout,
        )
      }
      expect(await check(good), resolution).toBe('')
      expect(await check(bad), resolution).toContain("Type 'string' is not assignable to type 'number'")
    }
  })
})
