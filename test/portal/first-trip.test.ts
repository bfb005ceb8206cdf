import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeSetupLink } from '../../server/accounts/setup.ts'
import { startTestServer } from '../harness.ts'
import { PASSWORD, tenant } from '../seed.ts'
import { launchBrowser, openPage } from './browser.ts'
import { logFailedRun } from './seeded.ts'

let browser: Browser
beforeAll(async () => {
  browser = await launchBrowser()
})
afterAll(() => browser.close())

test('somebody signs in, mints a key, logs an episode with the SDK and watches it play', async () => {
  await using server = await startTestServer()
  const { owner } = await tenant(server)
  await using tab = await openPage(browser, server)
  const { page } = tab

  await page.goto('/portal/api-keys')
  await page.waitForURL('**/login?next=%2Fportal%2Fapi-keys')
  await page.getByLabel('E-mail').fill(owner.email)
  await page.getByLabel('Password').fill(PASSWORD)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await page.waitForURL('**/portal/api-keys')

  await page.getByRole('button', { name: 'New API key' }).click()
  await page.getByLabel('Label').fill('bench script')
  await page.getByRole('button', { name: 'Create key' }).click()
  const dialog = page.getByRole('dialog', { name: 'Copy your new API key' })
  const key = (await dialog.locator('code').first().textContent()) ?? ''
  expect(key).toMatch(/^rt_[0-9a-z]{10}_[0-9A-Za-z]{43}$/)
  await page.keyboard.press('Escape')
  await page.getByRole('button', { name: 'Close for good' }).click()

  await page.getByRole('link', { name: 'Episodes', exact: true }).click()
  await page.getByText('Waiting for the first episode').waitFor()
  expect(await page.locator('pre').textContent()).toContain(server.ctx.config.public_url)
  const episode = await logFailedRun(server, key)
  await page.getByText('First episode received').waitFor()
  await page.getByRole('link', { name: 'cube to bin' }).click()
  await page.waitForURL(`**/portal/episodes/${episode.id}`)

  await expect
    .poll(() => page.evaluate('document.querySelector("video")?.readyState'))
    .toBeGreaterThanOrEqual(2)
  await page.getByRole('button', { name: 'Play' }).click()
  await expect.poll(() => page.evaluate('document.querySelector("video").currentTime')).toBeGreaterThan(0.3)
  expect(tab.complaints).toEqual([])
})

test('a new server is set up by its link, once', async () => {
  await using server = await startTestServer()

  const link = (await makeSetupLink(server.ctx)) ?? ''
  await using tab = await openPage(browser, server)
  const { page } = tab

  await page.goto(link)
  await page.getByLabel('Your name').fill('Ada Okafor')
  await page.getByLabel('E-mail').fill('ada@halcyon.example')
  await page.getByLabel('Password').fill('a sentence that nobody guesses')
  await page.getByLabel('Organization').fill('Halcyon Robotics')
  expect(page.url()).not.toContain('token')
  await page.getByRole('button', { name: 'Create account and organization' }).click()
  await page.waitForURL('**/portal/episodes')
  await page.getByText('Halcyon Robotics').waitFor()
  await page.getByRole('link', { name: 'Clients' }).waitFor()

  await page.goto(link)
  await page.getByText('This server is set up already').waitFor()
  expect(tab.complaints).toEqual([])
})

test('a refused set-up names the field and keeps what was typed', async () => {
  await using server = await startTestServer()

  await using tab = await openPage(browser, server)
  const { page } = tab
  await page.goto((await makeSetupLink(server.ctx)) ?? '')
  await page.getByLabel('Your name').fill('Ada Okafor')
  await page.getByLabel('E-mail').fill('ada@halcyon')
  await page.getByLabel('Password').fill('a sentence that nobody guesses')
  await page.getByLabel('Organization').fill('Halcyon Robotics')
  await page.getByRole('button', { name: 'Create account and organization' }).click()
  await page.getByText('must be an e-mail address').first().waitFor()
  expect(await page.getByLabel('E-mail').getAttribute('aria-invalid')).toBe('true')
  expect(await page.getByLabel('Your name').inputValue()).toBe('Ada Okafor')
})
