import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestServer } from '../harness.ts'
import { bearer, member, person, tenant } from '../seed.ts'
import { launchBrowser, openPage } from './browser.ts'

let browser: Browser
beforeAll(async () => {
  browser = await launchBrowser()
})
afterAll(() => browser.close())

async function mint(page: Page, label: string): Promise<string> {
  await page.getByRole('button', { name: 'New API key' }).click()
  await page.getByLabel('Label').fill(label)
  await page.keyboard.press('Enter')
  return (await reveal(page).locator('code').first().textContent()) ?? ''
}

const reveal = (page: Page) => page.getByRole('dialog', { name: 'Copy your new API key' })

test('(36) the key is shown once and its dialog closes only on purpose', async () => {
  await using server = await startTestServer()
  const { owner } = await tenant(server)
  await using tab = await openPage(browser, server, owner)
  const { page } = tab
  const network: Promise<string>[] = []
  page.on('request', (request) =>
    network.push(Promise.resolve(`${request.url()} ${request.postData() ?? ''}`)),
  )
  // The picture of an icon has no text, and neither has what was there already.
  page.on('response', (response) => network.push(response.text().catch(() => '')))
  await page.goto('/portal/api-keys')
  const key = await mint(page, 'gripper rig')

  await page.keyboard.press('Escape')
  await page.getByText('You have not copied it here.').waitFor()
  await page.getByRole('button', { name: 'Keep it open' }).click()
  await page.mouse.click(8, 400)
  await page.getByText('You have not copied it here.').waitFor()
  await page.keyboard.press('Escape')
  expect(await reveal(page).isVisible()).toBe(true)
  await page.getByRole('button', { name: 'Close for good' }).click()
  await reveal(page).waitFor({ state: 'detached' })

  const secret = key.slice(14)
  expect(secret).toHaveLength(43)
  expect(await page.content()).not.toContain(secret)
  expect(
    await page.evaluate(
      'JSON.stringify([{ ...localStorage }, { ...sessionStorage }, location.href, history.state])',
    ),
  ).not.toContain(secret)
  await page.reload()
  await page.getByText('gripper rig').waitFor()
  expect(await page.content()).not.toContain(secret)
  const exchanged = await Promise.all(network)
  expect(exchanged.length).toBeGreaterThan(5)
  expect(exchanged.filter((text) => text.includes(secret))).toHaveLength(1)
})

test('once the key is copied, the button closes the dialog', async () => {
  await using server = await startTestServer()
  const { owner } = await tenant(server)
  await using tab = await openPage(browser, server, owner, {
    permissions: ['clipboard-read', 'clipboard-write'],
  })
  const { page } = tab
  await page.goto('/portal/api-keys')
  const key = await mint(page, 'gripper rig')
  await reveal(page).getByRole('button', { name: 'Copy API key' }).click()
  await reveal(page).getByText('Copied').waitFor()
  expect(await page.evaluate('navigator.clipboard.readText()')).toBe(key)
  await page.getByRole('button', { name: 'I have stored it' }).click()
  await reveal(page).waitFor({ state: 'detached' })
})

test('a revoked key stays in the table with its time and stops working at once', async () => {
  await using server = await startTestServer()
  const { owner, api_key } = await tenant(server)
  await using tab = await openPage(browser, server, owner)
  const { page } = tab
  expect((await server.fetch('/api/episodes', { headers: bearer(api_key) })).status).toBe(200)
  await server.ctx.background.drain()
  await page.goto('/portal/api-keys')
  await page.getByRole('button', { name: 'Revoke prod robot rig' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByText('stops logging with its next request').waitFor()

  // It was used today, so its label has to be typed.
  expect(await dialog.getByRole('button', { name: 'Revoke key' }).isDisabled()).toBe(true)
  await dialog.getByLabel(/Type “prod robot rig”/).fill('prod robot rig')
  await dialog.getByRole('button', { name: 'Revoke key' }).click()
  const row = page.getByRole('row', { name: /prod robot rig/ })
  await row.getByText(/Revoked/).waitFor()
  expect(
    await row
      .getByText(/Revoked/)
      .locator('time')
      .getAttribute('datetime'),
  ).toMatch(/^\d{4}-.*Z$/)
  expect(await row.getByRole('button', { name: /Revoke/ }).count()).toBe(0)
  expect((await server.fetch('/api/episodes', { headers: bearer(api_key) })).status).toBe(401)
})

test('a viewer sees the keys and no button to make or revoke one', async () => {
  await using server = await startTestServer()
  const { organization_id } = await tenant(server)
  const viewer = await member(server, organization_id, 'viewer')
  await using tab = await openPage(browser, server, viewer)
  await tab.page.goto('/portal/api-keys')
  await tab.page.getByText('prod robot rig').waitFor()
  expect(await tab.page.getByRole('button', { name: /New API key|Revoke/ }).count()).toBe(0)
})

test('staff makes a client and mints a key in its API access panel', async () => {
  await using server = await startTestServer()
  const staff = await person(server, { staff: true, name: 'Sam Staff' })
  await using tab = await openPage(browser, server, staff)
  const { page } = tab
  await page.goto('/admin/clients')
  await page.getByRole('button', { name: 'New client' }).click()
  await page.getByLabel('Name').fill('Northwind Manipulation')
  await page.getByRole('button', { name: 'Create client' }).click()
  await page.waitForURL('**/admin/clients/*')
  await page.getByRole('heading', { name: 'API access' }).waitFor()
  await mint(page, 'casey laptop')
  await page.keyboard.press('Escape')
  await page.getByRole('button', { name: 'Close for good' }).click()
  const row = page.getByRole('row', { name: /casey laptop/ })
  await row.getByText('Sam Staff').waitFor()
  await row.getByText('Never').waitFor()
  await row.getByText('Live').waitFor()
})

test('the pages of administrators are closed to everybody else', async () => {
  await using server = await startTestServer()
  const { owner } = await tenant(server)
  await using tab = await openPage(browser, server, owner)
  await tab.page.goto('/admin/clients')
  await tab.page.getByText('For administrators').waitFor()
})
