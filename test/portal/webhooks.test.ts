import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { portalClient } from '../portal-client.ts'
import { member, tenant } from '../seed.ts'
import {
  runEpisode,
  serverFor,
  startReceiver,
  tenantWithWebhook,
  verify,
  webhook,
} from '../webhook-receiver.ts'
import { launchBrowser, openPage, violations } from './browser.ts'

let browser: Browser
beforeAll(async () => {
  browser = await launchBrowser()
})
afterAll(() => browser.close())

const panel = (page: Page) => page.getByRole('region', { name: 'Webhooks' })
const item = (page: Page) => panel(page).getByRole('listitem')

describe('the webhooks of an organization', () => {
  test('begin with an address, show their secret once, and tell what a test came to', async () => {
    await using receiver = await startReceiver()
    await using server = await serverFor(receiver)
    const at = await tenant(server)
    await using tab = await openPage(browser, server, at.owner)
    const { page } = tab
    await page.goto('/portal/organization#webhooks')
    await panel(page).getByText('Nothing is told elsewhere yet').waitFor()
    await panel(page).getByRole('button', { name: 'Add webhook' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('URL').fill('http://127.0.0.1/hook')
    await dialog.getByRole('checkbox', { name: /An episode is ready/ }).check()
    await dialog.getByRole('button', { name: 'Add webhook' }).click()
    await dialog.getByText('must begin with https://').waitFor()
    await dialog.getByLabel('URL').fill(receiver.url)
    await dialog.getByLabel('Description').fill('on-call channel')
    await dialog.getByRole('button', { name: 'Add webhook' }).click()
    await page.getByRole('dialog', { name: 'Copy the signing secret' }).waitFor()
    const secret = (await dialog.getByText(/^whsec_/).textContent()) ?? ''
    await dialog.getByRole('tab', { name: 'Python' }).click()
    await dialog.getByText('pip install standardwebhooks').waitFor()
    await page.keyboard.press('Escape')
    await dialog.getByText('You have not copied it here.').waitFor()
    await dialog.getByRole('button', { name: 'Close for good' }).click()
    await item(page).getByText('Not tried yet').waitFor()
    expect(await page.content()).not.toContain(secret)

    await item(page).getByRole('button', { name: 'Send test' }).click()
    await item(page).getByRole('cell', { name: 'Delivered' }).waitFor()
    const [sent] = receiver.received
    expect(sent && verify(secret, sent).type).toBe('test')
    await item(page).getByText('Delivering').waitFor()
    // The browser says so of the address that was refused.
    expect(tab.complaints).toEqual([expect.stringContaining('status of 400')])
  })

  test('show why something did not arrive, as text, and deliver it again', async () => {
    await using receiver = await startReceiver()
    receiver.answer({ status: 500, body: '<script>document.title = "got you"</script>' })
    await using server = await serverFor(receiver)
    const { at } = await tenantWithWebhook(server, receiver.url)
    await runEpisode(server, at, 'failed', { name: 'pick' })
    await server.ctx.background.drain()
    await using tab = await openPage(browser, server, at.owner)
    const { page } = tab
    await page.goto('/portal/organization#webhooks')
    await item(page).getByText('Failing').waitFor()
    await item(page).getByRole('button', { name: 'Deliveries', exact: true }).click()
    await item(page)
      .getByRole('button', { name: /Details of episode.failed/ })
      .click()
    await item(page).getByText('It answered 500 instead of 200 to 299.').waitFor()
    await item(page).getByText('<script>document.title').waitFor()
    expect(await page.title()).toBe('Organization · RoboTrace')
    receiver.answer({ status: 200 })
    server.clock.advance('1m')
    await server.ctx.background.drain()
    await item(page).getByRole('button', { name: 'Deliver again' }).and(page.locator(':enabled')).click()
    await expect.poll(() => receiver.received.length).toBe(3)
    const ids = receiver.received.map(({ headers }) => headers['webhook-id'])
    expect(new Set(ids).size).toBe(1)
    expect(tab.complaints).toEqual([])
  })

  test('are disabled with their consequences named, enabled, rotated and removed', async () => {
    await using receiver = await startReceiver()
    await using server = await serverFor(receiver)
    const { at, hook } = await tenantWithWebhook(server, receiver.url, ['episode.failed', 'key.revoked'])
    await using tab = await openPage(browser, server, at.owner)
    const { page } = tab
    const dialog = page.getByRole('dialog')
    await page.goto('/portal/organization#webhooks')
    await item(page).getByRole('button', { name: 'Disable' }).click()
    await dialog.getByText('It hears no more of episode.failed and key.revoked').waitFor()
    await dialog.getByRole('button', { name: 'Disable' }).click()
    await item(page).getByText('Disabled', { exact: true }).waitFor()
    await item(page).getByRole('button', { name: 'Enable' }).click()
    await item(page).getByText('Not tried yet').waitFor()

    await item(page).getByRole('button', { name: 'Rotate secret' }).click()
    await dialog.getByRole('button', { name: 'Rotate' }).click()
    await page.getByRole('dialog', { name: 'Copy the signing secret' }).waitFor()
    const secret = (await dialog.getByText(/^whsec_/).textContent()) ?? ''
    expect(secret).not.toBe(hook.secret)
    await dialog.getByRole('button', { name: 'I have stored it' }).click()
    await dialog.getByRole('button', { name: 'Close for good' }).click()
    await item(page).getByText('the old secret signs as well').waitFor()

    await item(page).getByRole('button', { name: 'Edit' }).click()
    await dialog.getByRole('checkbox', { name: /A device fell silent/ }).check()
    await dialog.getByRole('button', { name: 'Save' }).click()
    await item(page).getByText('device.offline').waitFor()

    await item(page).getByRole('button', { name: 'Remove' }).click()
    await dialog.getByRole('button', { name: 'Remove webhook' }).click()
    await panel(page).getByText('Nothing is told elsewhere yet').waitFor()
    expect(tab.complaints).toEqual([])
  })

  test('are looked after by admins; others learn no more than that', async () => {
    await using receiver = await startReceiver()
    await using server = await serverFor(receiver)
    const { at } = await tenantWithWebhook(server, receiver.url)
    const worker = await member(server, at.organization_id, 'member')
    await using tab = await openPage(browser, server, worker)
    await tab.page.goto('/portal/organization#webhooks')
    await panel(tab.page).getByText('Admins and owners see and change').waitFor()
    expect(await panel(tab.page).getByRole('button').count()).toBe(0)
    expect(await tab.page.content()).not.toContain(receiver.url)
    expect(tab.complaints).toEqual([])
  })

  test('that were given up are a notice to their admins', async () => {
    await using receiver = await startReceiver()
    receiver.answer({ status: 410 })
    await using server = await serverFor(receiver)
    const { at } = await tenantWithWebhook(server, receiver.url)
    await runEpisode(server, at)
    await server.ctx.background.drain()
    await using tab = await openPage(browser, server, at.owner)
    await tab.page.goto('/portal/episodes')
    const notices = tab.page.getByRole('region', { name: 'Notices' })
    await notices.getByText(/The webhook to 127.0.0.1:\d+ of Halcyon Robotics was disabled/).waitFor()
    await notices.getByRole('button', { name: 'Dismiss' }).click()
    await notices.waitFor({ state: 'detached' })
    // It is gone from the page before the server has heard of it.
    await expect.poll(() => portalClient(server, at.owner).notices.list.query()).toEqual([])
  })

  test.each(['light', 'dark'] as const)('have nothing that axe finds wrong, %s', async (colorScheme) => {
    await using receiver = await startReceiver()
    await using server = await serverFor(receiver)
    const { at, portal, address } = await tenantWithWebhook(server, receiver.url)
    await portal.webhooks.test.mutate(address)
    await server.ctx.background.drain()
    await webhook(server, at, 'https://hooks.example.com/training', ['episode.ready'])
    receiver.answer({ status: 503, body: 'down for repairs' })
    await runEpisode(server, at, 'failed')
    await server.ctx.background.drain()
    server.clock.advance('7s')
    await server.ctx.background.drain()
    await using tab = await openPage(browser, server, at.owner, { colorScheme })
    const { page } = tab
    await page.goto('/portal/organization#webhooks')
    await item(page).first().getByRole('button', { name: 'Deliveries', exact: true }).click()
    await item(page)
      .first()
      .getByRole('button', { name: /Details of episode.failed/ })
      .click()
    await page.getByText('It answered, as far as it was kept').waitFor()
    const attempts = page.getByRole('list', { name: 'Attempts' }).getByRole('listitem')
    await attempts.nth(1).waitFor()
    expect(await attempts.allInnerTexts()).toEqual([
      expect.stringMatching(/ · 503 · \d+ ms$/),
      expect.stringMatching(/ · 503 · \d+ ms$/),
    ])
    await page.getByText('2 deliveries', { exact: true }).waitFor()
    expect(await violations(page)).toEqual([])
    await panel(page).getByRole('button', { name: 'Add webhook' }).click()
    await page.getByRole('dialog').getByLabel('URL').waitFor()
    expect(await violations(page)).toEqual([])
  })
})
