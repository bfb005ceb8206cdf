import { cpSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { RECORDINGS } from '../../scripts/sample/sample.ts'
import { launchBrowser, openPage } from '../portal/browser.ts'
import { authorizeOn } from '../portal/terminal.ts'
import { bareMachine, type Machine } from './one-file.ts'

// Many processes one after the other, on a machine that may be busy.
vi.setConfig({ testTimeout: 120_000 })

let browser: Browser
beforeAll(async () => {
  browser = await launchBrowser()
})
afterAll(() => browser.close())

test('one file in an empty folder, without Node: set up, log in, log an episode, read it back, stop', async () => {
  await using machine = bareMachine('copied')
  expect(readdirSync(machine.folder)).toEqual(['robotrace'])
  const server = machine.start(['serve'], { HOME: machine.home, PORT: '0' })
  const [, public_url = ''] = await server.until(/RoboTrace \S+ · (http:\S+) · data in \.\/data\n/)
  const [, link = ''] = await server.until(/(http\S+\/setup\?token=\S+)/)

  await using tab = await openPage(browser, { ctx: { config: { public_url } } })
  await setUp(tab.page, link)
  await logIn(machine, tab.page, public_url)
  const id = await logAndReadBack(machine)
  await tab.page.goto(`/portal/episodes/${id}`)
  await expect
    .poll(() => tab.page.evaluate('document.querySelector("video")?.readyState'))
    .toBeGreaterThanOrEqual(2)
  expect(tab.complaints).toEqual([])
  await tab.page.goto('/docs/api')
  await tab.page.getByRole('heading', { name: 'Episodes', exact: true }).first().waitFor()

  await backUpAndRestore(machine)
  server.child.kill('SIGTERM')
  expect(await server.exit).toBe(0)
  // Log lines, and no warning of Node among them.
  const lines = server.stderr().trim().split('\n')
  expect(lines.filter((line) => !line.startsWith('{"level":'))).toEqual([])
  expect(readdirSync(machine.folder).sort()).toEqual(
    ['data', 'data-2', 'back', 'backups', 'robotrace', 'run.mp4'].sort(),
  )
})

async function setUp(page: Page, link: string): Promise<void> {
  await page.goto(link)
  await page.getByLabel('Your name').fill('Ada Okafor')
  await page.getByLabel('E-mail').fill('ada@halcyon.example')
  await page.getByLabel('Password').fill('a sentence that nobody guesses')
  await page.getByLabel('Organization').fill('Halcyon Robotics')
  await page.getByRole('button', { name: 'Create account and organization' }).click()
  await page.waitForURL('**/portal/episodes')
}

async function logIn({ start, home }: Machine, page: Page, public_url: string): Promise<void> {
  const login = start(['login', '--no-browser', '--base-url', public_url], { HOME: home })
  const [link] = await login.until(/http:\S+\/cli\/auth\?code=[A-Z0-9]{4}-[A-Z0-9]{4}/)
  await page.goto(link)
  await page.getByRole('heading', { name: 'Is this your terminal?' }).waitFor()
  await authorizeOn(page)
  expect(await login.exit, login.stderr()).toBe(0)
  expect(login.stdout() + login.stderr()).toContain('Logged in as ada@halcyon.example')
}

/** @returns the episode's id */
async function logAndReadBack({ run, folder, home }: Machine): Promise<string> {
  const recording = readFileSync(join(RECORDINGS, 'dropped-cube', 'video.mp4'))
  cpSync(join(RECORDINGS, 'dropped-cube', 'video.mp4'), join(folder, 'run.mp4'))
  const env = { HOME: home }
  const logged = await run(
    ['episode', 'log', '--video', 'run.mp4', '--name', 'first of the lab', '--json'],
    env,
  )
  expect(logged).toMatchObject({ status: 0 })
  const { id } = JSON.parse(logged.stdout)

  const listed = await run(['episode', 'list'], env)
  expect(listed.stdout).toContain('first of the lab')
  const shown = await run(['episode', 'show', id], env)
  expect(shown).toMatchObject({ status: 0 })
  expect(shown.stdout).toContain('first of the lab')
  mkdirSync(join(folder, 'back'))
  expect(await run(['episode', 'download', id, '--to', 'back'], env)).toMatchObject({ status: 0 })
  const [name = ''] = readdirSync(join(folder, 'back'))
  expect(readFileSync(join(folder, 'back', name)).equals(recording)).toBe(true)
  return id
}

/** While the server is serving, as its operator does it. */
async function backUpAndRestore({ run, home }: Machine): Promise<void> {
  const env = { HOME: home }
  expect(await run(['backup', '--to', 'backups'], env)).toMatchObject({ status: 0 })
  expect(await run(['verify-backup', 'backups'], env)).toMatchObject({ status: 0 })
  expect(await run(['restore', 'backups', '--data', 'data-2'], env)).toMatchObject({ status: 0 })
}
