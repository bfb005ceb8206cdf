import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Browser, Page } from 'playwright-core'
import { readConfig } from '../server/config.ts'
import { type RunningServer, startServer } from '../server/serve.ts'
import { launchBrowser } from '../test/portal/browser.ts'
import { buildIfStale } from './build.ts'
import { beatAll, type EnrolledRobot, enrolFleet, liveADay, logFleetEpisodes } from './fleet.ts'
import { type LoggedEpisode, logSampleEpisodes, type SeededOrganization, seedOrganization } from './seed.ts'

/**
 * The pictures of the documents, taken from the demo data in both themes, so that they never lie. The server, its
 * folder and its keys are gone afterwards, and no picture shows a secret.
 *
 *   npx tsx scripts/screenshots.ts      writes docs/images/*.png
 */
const FOLDER = fileURLToPath(new URL('../docs/images', import.meta.url))
const SIZE = { width: 1280, height: 800 }
const THEMES = ['light', 'dark'] as const
const [MINUTE, HOUR, DAY] = [60_000, 3_600_000, 86_400_000]

const PUBLIC_KEY =
  'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl art@laptop'

/** The server's clock, set back while the past is made. */
let behind_ms = 0

interface Scene {
  server: RunningServer
  seeded: SeededOrganization
  episodes: LoggedEpisode[]
  robots: EnrolledRobot[]
}

async function takeAll(): Promise<void> {
  await buildIfStale()
  const data = mkdtempSync(join(tmpdir(), 'robotrace-pictures-'))
  const { config, secrets } = readConfig({ PORT: '0', ROBOTRACE_DATA: data, ROBOTRACE_LOG_LEVEL: 'error' })
  const server = await startServer(config, secrets, { now: () => new Date(Date.now() - behind_ms) })
  const browser = await launchBrowser()
  try {
    mkdirSync(FOLDER, { recursive: true })
    const scene = await setScene(server, browser)
    for (const theme of THEMES) await takeTheme(browser, scene, theme)
  } finally {
    await browser.close()
    await server[Symbol.asyncDispose]()
    rmSync(data, { recursive: true })
  }
}

/** A week in a small lab: three runs last week by a script, then a rig with a key of its own, then a fleet. */
async function setScene(server: RunningServer, browser: Browser): Promise<Scene> {
  behind_ms = 6 * DAY
  const who = { email: 'demo@lab.example', password: 'a password for pictures' }
  const seeded = await seedOrganization(server.ctx, who)
  await logSampleEpisodes(server.url, seeded.api_key)
  await server.ctx.background.drain()
  behind_ms = 5 * DAY
  const robots = await enrolFleet(server.ctx, seeded)
  behind_ms = 3 * DAY
  const page = await browser.newPage({ baseURL: server.url })
  await signIn(page, seeded)
  await mint(page, 'casey laptop')
  const rig_key = await mint(page, 'prod robot rig')
  await addRobot(page)
  behind_ms = 26 * HOUR
  await page.goto('/portal/api-keys')
  await page.getByRole('button', { name: 'Revoke casey laptop' }).click()
  await page.getByRole('button', { name: 'Revoke key' }).click()
  await page.getByText('casey laptop stopped working').waitFor()
  await page.context().close()
  await logSampleEpisodes(server.url, rig_key)
  behind_ms = 25 * MINUTE
  await logFleetEpisodes(server.url, seeded, robots)
  behind_ms = 12 * MINUTE
  const episodes = await logSampleEpisodes(server.url, rig_key)
  await server.ctx.background.drain()
  behind_ms = 0
  await liveADay(server.ctx, robots)
  await beatAll(server.url, seeded, robots)
  return { server, seeded, episodes, robots }
}

async function mint(page: Page, label: string): Promise<string> {
  await page.goto('/portal/api-keys')
  await page.getByRole('button', { name: 'New API key' }).click()
  await page.getByLabel('Label').fill(label)
  await page.keyboard.press('Enter')
  const key = await page.getByRole('dialog', { name: 'Copy' }).locator('code').first().textContent()
  await page.keyboard.press('Escape')
  await page.getByRole('button', { name: 'Close for good' }).click()
  return key ?? ''
}

/** A robot that a person may log in to, and a token for that person's scripts. */
async function addRobot(page: Page): Promise<void> {
  await page.goto('/portal/ssh-keys')
  await page.getByLabel('key text').fill(PUBLIC_KEY)
  await page.getByLabel('name').fill('work laptop')
  await page.getByRole('button', { name: 'submit' }).click()
  await page.getByText('ssh-ed25519', { exact: true }).waitFor()
  await page.goto('/portal/devices')
  await page.getByRole('button', { name: 'New device' }).click()
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill('arm-7')
  await page.keyboard.press('Enter')
  await page.getByRole('button', { name: 'Let in' }).click()
  await page.getByRole('button', { name: 'Remove work laptop' }).waitFor()
  await page.goto('/portal/tokens')
  await page.getByLabel('Validity').selectOption({ label: '30 days' })
  await page.getByRole('button', { name: 'make API token' }).click()
  await page.getByText('1 active token').waitFor()
}

async function takeTheme(browser: Browser, scene: Scene, theme: (typeof THEMES)[number]): Promise<void> {
  const { server, seeded, episodes, robots } = scene
  const context = await browser.newContext({
    baseURL: server.url,
    viewport: SIZE,
    colorScheme: theme,
    locale: 'en-GB',
    reducedMotion: 'reduce',
  })
  const page = await context.newPage()
  const take = (name: string): Promise<unknown> =>
    page.screenshot({ path: join(FOLDER, `${name}-${theme}.png`), animations: 'disabled' })
  await signIn(page, seeded)
  await takeDeviceLogin(page, server, () => take('device-login'))
  await page.goto('/portal/episodes')
  await page.getByText(/^\d+ episodes$/).waitFor()
  await dismissNotices(page)
  await take('episodes')
  const failed = episodes.find((one) => one.status === 'failed')
  await page.goto(`/portal/episodes/${failed?.id}?t=4000ms`)
  await untilPictured(page)
  await page.getByText('Failed at').first().waitFor()
  await take('episode')
  await beatAll(server.url, seeded, robots)
  await page.goto('/portal/devices')
  await page.getByRole('link', { name: 'picker-14' }).waitFor()
  await page.waitForLoadState('networkidle')
  await take('devices')
  await page.getByRole('link', { name: 'picker-13' }).click()
  await page.getByRole('img', { name: /^CPU/ }).waitFor()
  await page.waitForLoadState('networkidle')
  await take('device')
  await page.goto('/portal/api-keys')
  await page.getByText('bench-arm-03').first().waitFor()
  await page.waitForLoadState('networkidle')
  await take('api-keys')
  // Opened anew, the page shows the token's row and not its text.
  await page.goto('/portal/tokens')
  await page.getByText('1 active token').waitFor()
  await take('api-tokens')
  await page.goto('/portal/ssh-keys')
  await page.getByText('Opens arm-7').waitFor()
  await take('ssh-keys')
  await page.goto('/portal/audit')
  await page.getByText('let an SSH key log in').waitFor()
  await take('audit')
  await context.close()
}

async function signIn(page: Page, { email, password }: SeededOrganization): Promise<void> {
  await page.goto('/login')
  await page.getByLabel('E-mail').fill(email)
  await page.getByLabel('Password').fill(password)
  await page.keyboard.press('Enter')
  await page.waitForURL('**/portal/episodes')
}

/** A terminal asks, its page is taken, and it is let in: its key is then in the list of keys. */
async function takeDeviceLogin(
  page: Page,
  server: RunningServer,
  take: () => Promise<unknown>,
): Promise<void> {
  const user_agent = 'robotrace-js/0.1.0 node/20.20.0 linux/x64'
  const login = await post(server, '/api/cli/auth/start', { hostname: 'bench-arm-03', user_agent })
  await page.goto(login.verification_uri_complete ?? '')
  await page.getByText('Is this your terminal?').waitFor()
  await page.mouse.move(640, 20)
  await page.mouse.move(660, 30)
  await page.locator('button:not([aria-disabled])', { hasText: 'Authorize device' }).waitFor()
  await take()
  await page.getByRole('button', { name: 'Authorize device' }).click()
  await page.getByText('Waiting for the terminal').waitFor()
  await post(server, '/api/cli/auth/poll', { device_code: login.device_code })
}

async function dismissNotices(page: Page): Promise<void> {
  const notice = page.getByRole('button', { name: 'Dismiss' })
  await notice.first().click()
  await notice.first().waitFor({ state: 'detached' })
}

/** Until the video shows a frame. Asked from here: the page's policy forbids waiting inside of it. */
async function untilPictured(page: Page): Promise<void> {
  while (!(await page.evaluate('document.querySelector("video")?.readyState >= 2'))) {
    await page.evaluate('new Promise(requestAnimationFrame)')
  }
}

async function post(server: RunningServer, path: string, body: object): Promise<Record<string, string>> {
  const answer = await fetch(`${server.local_url}${path}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  })
  // The two answers that are read here consist of text, apart from numbers that nobody looks at.
  return (await answer.json()) as Record<string, string>
}

await takeAll()
