import { readFileSync } from 'node:fs'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestServer, type TestServer } from '../harness.ts'
import { person, tenant } from '../seed.ts'
import { apiToken, readTokens } from '../token-requests.ts'
import { launchBrowser, openPage } from './browser.ts'

let browser: Browser
beforeAll(async () => {
  browser = await launchBrowser()
})
afterAll(() => browser.close())

const panel = (page: Page) => page.getByRole('region', { name: 'token', exact: true })

/** Presses the button and answers the text that the panel then shows. */
async function make(page: Page): Promise<string> {
  await page.getByRole('button', { name: 'make API token', exact: true }).click()
  return shownText(page)
}

async function shownText(page: Page): Promise<string> {
  return (await panel(page).locator('code').first().textContent()) ?? ''
}

async function saved(page: Page): Promise<{ name: string; bytes: string }> {
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    panel(page).getByRole('button', { name: 'download', exact: true }).click(),
  ])
  return { name: download.suggestedFilename(), bytes: readFileSync(await download.path(), 'latin1') }
}

async function status(server: TestServer, token: string): Promise<number> {
  return (await readTokens(server, token)).status
}

test('a token is made, copied, downloaded as jwt.txt, works, and is shown again as the very same text', async () => {
  await using server = await startTestServer()
  const { owner } = await tenant(server)
  await using tab = await openPage(browser, server, owner, {
    permissions: ['clipboard-read', 'clipboard-write'],
  })
  const { page } = tab
  await page.goto('/tokens')
  await page.waitForURL('**/portal/tokens')
  await page.getByText('No active tokens').waitFor()
  expect(await page.getByRole('region', { name: 'curl example' }).textContent()).toContain(
    server.ctx.config.public_url,
  )
  expect(await page.getByLabel('Validity').inputValue()).toBe('24h')

  const token = await make(page)
  expect(token).toMatch(/^eyJ[\w-]+\.[\w-]+\.[\w-]+$/)
  await panel(page).getByRole('button', { name: 'Copy token' }).click()
  await panel(page).getByText('Copied').waitFor()
  expect(await page.evaluate('navigator.clipboard.readText()')).toBe(token)
  expect(await saved(page)).toEqual({ name: 'jwt.txt', bytes: token })
  expect(await status(server, token)).toBe(200)

  await page.reload()
  await page.getByText('1 active token').waitFor()
  expect(await page.content()).not.toContain(token)
  await page.getByRole('row', { name: /tok_/ }).getByText('in 24 h').click()
  await panel(page).waitFor()
  expect(await shownText(page)).toBe(token)
  expect(await page.evaluate('JSON.stringify([{ ...localStorage }, { ...sessionStorage }])')).not.toContain(
    'eyJ',
  )
  expect(tab.complaints).toEqual([])
})

test('revoke asks first, ends the token at once, and closes its panel', async () => {
  await using server = await startTestServer()
  const who = await person(server)
  const { id, token } = await apiToken(server, who)
  await using tab = await openPage(browser, server, who)
  const { page } = tab
  await page.goto('/portal/tokens')
  const name = id.slice(0, 12)
  await page.getByRole('button', { name: `Show token ${name}` }).click()
  await panel(page).waitFor()
  await page.getByRole('button', { name: `Revoke token ${name}` }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByText('refused from its next request on').waitFor()
  await dialog.getByRole('button', { name: 'Cancel' }).click()
  expect(await status(server, token)).toBe(200)

  await page.getByRole('button', { name: `Revoke token ${name}` }).click()
  await dialog.getByRole('button', { name: 'Revoke token' }).click()
  await page.getByText('No active tokens').waitFor()
  await panel(page).waitFor({ state: 'detached' })
  expect(await status(server, token)).toBe(401)
})

test('an expired token is shown as such and offers neither its text nor a revocation', async () => {
  await using server = await startTestServer()
  const who = await person(server)
  const { token } = await apiToken(server, who, '1h')
  await using tab = await openPage(browser, server, who)
  const { page } = tab
  await page.clock.install({ time: Date.now() })
  await page.goto('/portal/tokens')
  await page.getByText('Active', { exact: true }).waitFor()
  server.clock.advance('1h')
  await page.clock.runFor('01:00:00')
  const row = page.getByRole('row', { name: /tok_/ })
  await row.getByText('Expired').waitFor()
  expect(await row.getByRole('button').count()).toBe(0)
  await page.getByText('0 active tokens, 1 expired').waitFor()
  expect(await status(server, token)).toBe(401)
})

test('another validity can be chosen, up to 365 days', async () => {
  await using server = await startTestServer()
  const who = await person(server)
  await using tab = await openPage(browser, server, who)
  const { page } = tab
  await page.goto('/portal/tokens')
  await page.getByLabel('Validity').selectOption('Another number of days…')
  await page.getByLabel('Days').fill('200')
  const token = await make(page)
  const row = page.getByRole('row', { name: /tok_/ })
  await row.getByText('in 200 d').waitFor()
  server.clock.advance('199d')
  expect(await status(server, token)).toBe(200)
  server.clock.advance('1d')
  expect(await status(server, token)).toBe(401)
})

test('revoke all ends every one of them', async () => {
  await using server = await startTestServer()
  const who = await person(server)
  const tokens = [await apiToken(server, who), await apiToken(server, who, '1h')]
  await using tab = await openPage(browser, server, who)
  const { page } = tab
  await page.goto('/portal/tokens')
  await page.getByRole('button', { name: 'Revoke all' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByText('2 active tokens').waitFor()
  await dialog.getByRole('button', { name: 'Revoke all' }).click()
  await page.getByText('No active tokens').waitFor()
  for (const { token } of tokens) expect(await status(server, token)).toBe(401)
})
