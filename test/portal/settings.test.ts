import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestServer } from '../harness.ts'
import { PASSWORD, tenant } from '../seed.ts'
import { launchBrowser, openPage } from './browser.ts'

let browser: Browser
beforeAll(async () => {
  browser = await launchBrowser()
})
afterAll(() => browser.close())

test('changing the password signs every other browser out and keeps this one', async () => {
  await using server = await startTestServer()
  const { owner } = await tenant(server)
  await using here = await openPage(browser, server, owner)
  await using there = await openPage(browser, server)
  await there.page.goto('/login?next=/portal/settings')
  await there.page.getByLabel('E-mail').fill(owner.email)
  await there.page.getByLabel('Password').fill(PASSWORD)
  await there.page.keyboard.press('Enter')
  await there.page.getByText('Chrome on Linux').waitFor()

  const { page } = here
  await page.goto('/portal/settings')
  await page.getByLabel('Current password').fill(PASSWORD)
  await page.getByLabel('New password').fill('another sentence to remember')
  await page.getByRole('button', { name: 'Change password' }).click()
  await page.getByText('1 other session signed out.').waitFor()
  await page.getByText('This browser').waitFor()
  await expect.poll(() => page.getByRole('table').locator('tbody tr').count()).toBe(1)

  await there.page.goto('/portal/episodes')
  await there.page.waitForURL('**/login**')
})

test('signing out everywhere ends on the sign-in page', async () => {
  await using server = await startTestServer()
  const { owner } = await tenant(server)
  await using tab = await openPage(browser, server, owner)
  const { page } = tab
  await page.goto('/portal/settings')
  await page.getByRole('button', { name: 'Sign out everywhere' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Sign out everywhere' }).click()
  await page.getByRole('heading', { name: 'Sign in' }).waitFor()
  await page.goto('/portal/episodes')
  await page.waitForURL('**/login?next=%2Fportal%2Fepisodes')
})

test('the chosen theme is there before anything else and survives a reload', async () => {
  await using server = await startTestServer()
  const { owner } = await tenant(server)
  await using tab = await openPage(browser, server, owner, { colorScheme: 'light' })
  const { page } = tab
  await page.goto('/portal/settings')
  await page.getByRole('button', { name: /Account menu/ }).click()
  await page.getByRole('menuitemradio', { name: 'Dark' }).click()
  expect(await page.evaluate('document.documentElement.dataset.theme')).toBe('dark')
  await page.reload({ waitUntil: 'commit' })
  await expect.poll(() => page.evaluate('document.documentElement.dataset.theme')).toBe('dark')
  expect(await page.evaluate('getComputedStyle(document.documentElement).colorScheme')).toBe('dark')
})

test('a page that could not be loaded names the request, and loads after a retry', async () => {
  await using server = await startTestServer()
  const { owner } = await tenant(server)
  await using tab = await openPage(browser, server, owner)
  const { page } = tab
  const problem = {
    title: 'Internal error',
    detail: 'Something went wrong on the server.',
    code: 'forbidden',
    status: 403,
    request_id: 'req_abc',
  }
  const refused = {
    error: { message: 'x', code: -32003, data: { code: 'FORBIDDEN', httpStatus: 403, problem } },
  }
  await page.route('**/trpc/apiKeys.list**', (route) => route.fulfill({ status: 403, json: [refused] }))
  await page.goto('/portal/api-keys')
  await page.getByText('req_abc').waitFor()
  await page.unroute('**/trpc/apiKeys.list**')
  await page.getByRole('button', { name: 'Try again' }).click()
  await page.getByText('prod robot rig').waitFor()
})
