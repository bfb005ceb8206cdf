import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestServer } from '../harness.ts'
import { portalClient } from '../portal-client.ts'
import { bearer, member, person, tenant } from '../seed.ts'
import { device } from '../server/key-requests.ts'
import { launchBrowser, openPage } from './browser.ts'

let browser: Browser
beforeAll(async () => {
  browser = await launchBrowser()
})
afterAll(() => browser.close())

const DAY = 86_400_000

/** The key that the reveal dialog shows, closed again. */
async function revealed(page: Page): Promise<string> {
  const dialog = page.getByRole('dialog', { name: 'Copy your new API key' })
  const key = (await dialog.locator('code').first().textContent()) ?? ''
  await page.keyboard.press('Escape')
  await page.getByRole('button', { name: 'Close for good' }).click()
  await dialog.waitFor({ state: 'detached' })
  return key
}

test('a key is made with the rights, the pin and the life that were chosen', async () => {
  await using server = await startTestServer()
  const lab = await tenant(server)
  await device(server, lab)
  await using tab = await openPage(browser, server, lab.owner)
  const { page } = tab
  await page.goto('/portal/api-keys')
  await page.getByRole('button', { name: 'New API key' }).click()
  await page.getByLabel('Label').fill('bench arm')
  for (const name of [/^Read episodes/, /^Record evaluations/, /^Read evaluations/, /^See the fleet/]) {
    await page.getByRole('checkbox', { name }).uncheck()
  }
  await page.getByLabel('Good for').selectOption({ label: 'Only device arm-3' })
  await page.getByLabel('Works', { exact: true }).selectOption({ label: 'For 30 days' })
  await page.getByLabel('Note', { exact: true }).fill('left bench')
  await page.getByRole('button', { name: 'Create key' }).click()
  await revealed(page)
  // Keys of devices stand on the devices' pages, and here when they are asked for.
  await page.getByRole('button', { name: 'Show them here' }).click()
  const row = page.getByRole('row', { name: /bench arm/ })
  await row.getByText('Log episodes').waitFor()
  await row.getByText('Only device arm-3').waitFor()
  await row.getByText(/in 30 d/).waitFor()
  expect(tab.complaints).toEqual([])
})

test('(36) a rotated key is shown once: the page then says how far the roll-out is, and nothing keeps the text', async () => {
  await using server = await startTestServer()
  const lab = await tenant(server)
  await using tab = await openPage(browser, server, lab.owner)
  const { page } = tab
  const answers: string[] = []
  page.on('response', async (response) => {
    if (response.url().includes('/trpc/')) answers.push(await response.text().catch(() => ''))
  })
  await page.goto('/portal/api-keys')
  await page.getByRole('button', { name: 'Rotate prod robot rig' }).click()
  await page.getByRole('button', { name: 'Rotate key' }).click()
  const key = await revealed(page)
  const row = page.getByRole('row', { name: /Rotated/ })
  await row.getByText('new key not used yet, old key not used since').waitFor()
  await row.getByText(/in 24 h/).waitFor()

  expect((await server.fetch('/api/episodes', { headers: bearer(key) })).status).toBe(200)
  await server.ctx.background.drain()
  await page.reload()
  await row.getByText(/new key first used just now/).waitFor()
  const secret = key.slice(14)
  expect(answers.filter((text) => text.includes(secret))).toHaveLength(1)
  expect(await page.content()).not.toContain(secret)
  const kept = 'JSON.stringify([{ ...localStorage }, { ...sessionStorage }, location.href, history.state])'
  expect(await page.evaluate(kept)).not.toContain(secret)
})

test('a key that is 90 days old asks to be rotated, in its row and beside the way to the page', async () => {
  await using server = await startTestServer()
  const lab = await tenant(server)
  await server.ctx.db
    .updateTable('api_keys')
    .set({ created_at: new Date(Date.now() - 94 * DAY).toISOString() })
    .execute()
  await using tab = await openPage(browser, server, lab.owner)
  await tab.page.goto('/portal/api-keys')
  await tab.page.getByText('Rotate: 94 days old').waitFor()
  await tab.page.getByRole('link', { name: /^API keys\s*,\s*1\s*key to rotate$/ }).waitFor()
  // Whoever may not rotate it is not nagged.
  const viewer = await member(server, lab.organization_id, 'viewer')
  await using other = await openPage(browser, server, viewer)
  await other.page.goto('/portal/api-keys')
  await other.page.getByText('Rotate: 94 days old').waitFor()
  await other.page.getByRole('link', { name: 'API keys', exact: true }).waitFor()
})

test('the details of a key: from where, with what and how often it was used', async () => {
  await using server = await startTestServer({ ROBOTRACE_TRUSTED_PROXIES: '127.0.0.1/32' })
  const lab = await tenant(server)
  const headers = { ...bearer(lab.api_key), 'X-Forwarded-For': '10.0.4.17', 'User-Agent': '<img onerror=x>' }
  for (let n = 0; n < 3; n++) await server.fetch('/api/episodes', { headers })
  await server.ctx.background.drain()
  await using tab = await openPage(browser, server, lab.owner)
  const { page } = tab
  await page.goto('/portal/api-keys')
  await page
    .getByRole('row', { name: /prod robot rig/ })
    .getByText('10.0.4.17')
    .waitFor()
  await page.getByRole('button', { name: 'prod robot rig', exact: true }).click()
  const dialog = page.getByRole('dialog', { name: 'prod robot rig' })
  await dialog.getByRole('cell', { name: '<img onerror=x>' }).waitFor()
  await dialog.getByRole('img', { name: '3 uses in the last 30 days, 3 uses today' }).waitFor()
  await dialog.getByLabel('Note', { exact: true }).fill('left bench')
  await dialog.getByRole('button', { name: 'Save' }).click()
  await page.getByText('Saved').waitFor()
  const [key] = await portalClient(server, lab.owner).apiKeys.list.query({
    organization_id: lab.organization_id,
  })
  expect(key?.note).toBe('left bench')
})

test('personal keys are made and revoked on their own page', async () => {
  await using server = await startTestServer()
  const lab = await tenant(server)
  await using tab = await openPage(browser, server, lab.owner)
  const { page } = tab
  await page.goto('/portal/settings/api-keys')
  await page.getByRole('button', { name: 'New personal key' }).click()
  await page.getByLabel('Label').fill('my laptop')
  await page.getByRole('button', { name: 'Create key' }).click()
  const key = await revealed(page)
  expect(key).toMatch(/^rbtk_/)
  expect((await server.fetch('/api/whoami', { headers: bearer(key) })).status).toBe(200)
  await page.getByRole('button', { name: 'Revoke my laptop' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('button', { name: 'Revoke key' }).click()
  await page.getByRole('row', { name: /my laptop.*Revoked/s }).waitFor()
  expect((await server.fetch('/api/whoami', { headers: bearer(key) })).status).toBe(401)
})

test('staff set a client’s rate, key life and what happens to leaked keys', async () => {
  await using server = await startTestServer()
  const { organization_id } = await tenant(server)
  const staff = await person(server, { staff: true })
  await using tab = await openPage(browser, server, staff)
  const { page } = tab
  await page.goto(`/admin/clients/${organization_id}`)
  await page.getByLabel('Longest life of a new key, days').fill('90')
  await page.getByLabel('When a key is found in public').selectOption('notify')
  await page.getByLabel('Requests a minute for each key').fill('600')
  await page.getByRole('form', { name: 'Key policy' }).getByRole('button', { name: 'Save' }).click()
  await page.getByText('Saved').waitFor()
  expect(await portalClient(server, staff).keyPolicy.get.query({ organization_id })).toEqual({
    key_days_max: 90,
    leaked_keys: 'notify',
    rate_limit: 600,
  })
})
