import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify, stripVTControlCharacters } from 'node:util'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestServer } from '../harness.ts'
import { portalClient } from '../portal-client.ts'
import { tenant } from '../seed.ts'
import { launchBrowser, openPage } from './browser.ts'
import { authorizeOn, signInOn } from './terminal.ts'

const run = promisify(execFile)
const TSX = ['--import', 'tsx']

let browser: Browser
let home: string
let terminal: Terminal | undefined

beforeAll(async () => {
  browser = await launchBrowser()
  home = mkdtempSync(join(tmpdir(), 'robotrace-home-'))
})

afterAll(async () => {
  terminal?.child.kill('SIGKILL')
  await browser.close()
  rmSync(home, { recursive: true })
})

interface Terminal {
  child: ChildProcess
  /** Settles with the first match on the screen. */
  reads: (pattern: RegExp) => Promise<RegExpExecArray>
  exit: Promise<number | null>
}

/** A command in a pseudo-terminal: `script` gives it one, so that it behaves as in front of a person. */
function openTerminal(command: string): Terminal {
  const child = spawn('script', ['--quiet', '--flush', '--return', '--command', command, '/dev/null'], {
    env: { PATH: process.env.PATH, HOME: home, TERM: 'xterm-256color' },
  })
  let screen = ''
  const waiting = new Set<() => void>()
  child.stdout.on('data', (chunk) => {
    screen += stripVTControlCharacters(String(chunk))
    for (const look of waiting) look()
  })
  const exit = new Promise<number | null>((settle) => child.once('close', settle))
  const reads = (pattern: RegExp) =>
    new Promise<RegExpExecArray>((found, reject) => {
      const look = (): void => {
        const match = pattern.exec(screen)
        if (match) found(match)
      }
      waiting.add(look)
      look()
      exit.then((code) => reject(new Error(`the terminal ended with ${code} before ${pattern}:\n${screen}`)))
    })
  return { child, reads, exit }
}

test('a person logs a terminal in with one click, and the next script needs no environment variable', async () => {
  await using server = await startTestServer()
  const { owner, organization_id } = await tenant(server)
  const cli = `${process.execPath} --import tsx cli/main.ts login --no-browser --base-url ${server.ctx.config.public_url}`
  terminal = openTerminal(cli)
  const [link] = await terminal.reads(/http:\S+\/cli\/auth\?code=[A-Z0-9]{4}-[A-Z0-9]{4}/)
  await terminal.reads(/Waiting for browser approval/)

  await using tab = await openPage(browser, server)
  await tab.page.goto(link)
  await signInOn(tab.page, owner)
  await tab.page.getByRole('heading', { name: 'Is this your terminal?' }).waitFor()
  await authorizeOn(tab.page)

  await terminal.reads(new RegExp(`✓ Logged in as ${owner.email}`))
  expect(await terminal.exit).toBe(0)
  await tab.page
    .getByText(/picked up|has its key|signed in/i)
    .first()
    .waitFor()
  expect(tab.complaints).toEqual([])

  const script = join(home, 'next.mts')
  writeFileSync(
    script,
    `import { Client } from '${resolve('sdk/mod.ts')}'
     const episode = await new Client().logEpisode({ name: 'no variables', duration_s: 1 })
     console.log(episode.portal_url)`,
  )
  const { stdout } = await run(process.execPath, [...TSX, script], {
    env: { PATH: process.env.PATH, HOME: home },
  })
  const { items } = await portalClient(server, owner).episodes.list.query({ organization_id })
  expect(items).toMatchObject([{ name: 'no variables', status: 'ready' }])
  expect(stdout).toContain(items[0]?.id)
})
