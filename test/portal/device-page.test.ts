import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { healthSlot } from '../../server/fleet/health.ts'
import { projectOf } from '../fleet-requests.ts'
import { startTestServer, type TestServer } from '../harness.ts'
import { portalClient } from '../portal-client.ts'
import { tenant } from '../seed.ts'
import { launchBrowser, openPage } from './browser.ts'
import { beat, robot } from './fleet-world.ts'
import { sdk } from './seeded.ts'

let browser: Browser
beforeAll(async () => {
  browser = await launchBrowser()
})
afterAll(() => browser.close())

test('a device that beats is online; once it falls silent its page says offline by itself', async () => {
  await using server = await startTestServer()
  const at = await tenant(server)
  const arm = await robot(server, at, 'arm-7')
  await beat(server, at, arm, { cpu_usage: 31 })
  await using tab = await openPage(browser, server, at.owner)
  const { page } = tab
  await page.goto(`/portal/devices/${arm.id}`)
  const state = page.getByLabel('State', { exact: true })
  await state.getByText('Online').waitFor()
  await page.evaluate('document.body.dataset.same = "page"')
  server.clock.advance('91s')
  await state.getByText('Offline').waitFor()
  await beat(server, at, arm)
  await state.getByText('Online').waitFor()
  expect(await page.evaluate('document.body.dataset.same')).toBe('page')
  expect(tab.complaints).toEqual([])
})

/** Samples every five minutes over some hours of the day that lies behind, as heartbeats leave them. */
async function lived(
  server: TestServer,
  device_id: string,
  hours: [from: number, to: number],
): Promise<void> {
  const now = Date.now()
  for (let at = now - hours[0] * 3_600_000; at <= now - hours[1] * 3_600_000; at += 300_000) {
    const row = { device_id, slot: healthSlot(new Date(at)), at: new Date(at).toISOString() }
    const metrics = { cpu_usage: 40, memory_usage: 50, disk_usage: 60, clock_offset_ms: 2_400 }
    await server.ctx.db
      .insertInto('device_health')
      .values({ ...row, ...metrics, backlog_episodes: 0, backlog_bytes: 0 })
      .onConflict((conflict) => conflict.columns(['device_id', 'slot']).doNothing())
      .execute()
  }
}

test('the last day is drawn with its silences, every line is also said in words, and a wrong clock is warned of', async () => {
  await using server = await startTestServer()
  const at = await tenant(server)
  const arm = await robot(server, at, 'arm-7')
  await using tab = await openPage(browser, server, at.owner)
  const { page } = tab
  await page.goto(`/portal/devices/${arm.id}`)
  await page.getByRole('heading', { name: 'Not heard yet' }).waitFor()
  await page.getByText('robotrace device heartbeat --every 30s').waitFor()
  await lived(server, arm.id, [20, 12])
  await lived(server, arm.id, [6, 0])
  await beat(server, at, arm, { cpu_usage: 80, disk_usage: 95, clock_offset_ms: 2_400 })
  await page.reload()
  await page.getByRole('img', { name: 'CPU, last 24 hours: 40 % to 80 %' }).waitFor()
  await page.getByRole('img', { name: /^Clock, last 24 hours: \+2\.4 s/ }).waitFor()
  await page.getByText(/^The last 24 hours, now on the right\. Silent for (5 h 5\d min|6 h)/).waitFor()
  await page.getByText(/Its clock is 2\.4 s ahead of the server’s/).waitFor()
  await page.getByRole('img', { name: /^CPU/ }).hover({ position: { x: 20, y: 30 } })
  await page
    .getByText(/^Silent at \d\d:\d\d$/)
    .first()
    .waitFor()
  expect(await page.locator('figure svg path').count()).toBeGreaterThan(8)
})

test('a device’s page shows what it records now and its last twenty episodes', async () => {
  await using server = await startTestServer()
  const at = await tenant(server)
  const arm = await robot(server, at, 'arm-7')
  const client = sdk(server, arm.key)
  for (let run = 1; run <= 21; run++) await client.logEpisode({ name: `run ${run}`, status: 'ready' })
  await sdk(server, at.api_key).logEpisode({ name: 'of another', robot: 'other', status: 'ready' })
  await using tab = await openPage(browser, server, at.owner)
  const { page } = tab
  await page.goto(`/portal/devices/${arm.id}`)
  const episodes = page.getByRole('region', { name: 'Last episodes', exact: true })
  await episodes.getByText('The last 20 of 21 episodes').waitFor()
  expect(await episodes.getByRole('link').allTextContents()).toEqual(
    Array.from({ length: 20 }, (_, index) => `run ${21 - index}`),
  )
  const live = await client.startEpisode({ name: 'live' })
  await page.getByRole('status').getByRole('link', { name: 'live' }).waitFor()
  await live.finalize({ status: 'failed' })
  await episodes.getByRole('row', { name: /Failed live/ }).waitFor()
  await page.getByRole('status').getByRole('link', { name: 'live' }).waitFor({ state: 'detached' })
})

test('a device’s own keys are rotated and revoked on its page', async () => {
  await using server = await startTestServer()
  const at = await tenant(server)
  const arm = await robot(server, at, 'arm-7')
  await using tab = await openPage(browser, server, at.owner)
  const { page } = tab
  await page.goto(`/portal/devices/${arm.id}`)
  const keys = page.getByRole('region', { name: 'Its API keys' })
  await keys.getByText('1 live key').waitFor()
  await keys.getByRole('button', { name: 'Rotate arm-7' }).click()
  await page.getByRole('button', { name: 'Rotate key' }).click()
  await page.getByRole('dialog', { name: 'Copy your new API key' }).waitFor()
  await page.keyboard.press('Escape')
  await page.getByRole('button', { name: 'Close for good' }).click()
  await keys.getByText('2 live keys').waitFor()
  await keys.getByRole('button', { name: 'Revoke arm-7' }).last().click()
  await page.getByRole('button', { name: 'Revoke key' }).click()
  await keys.getByText('1 live key, 1 revoked').waitFor()
})

test('a device is renamed, described and put into groups and maintenance; its old name goes on meaning it', async () => {
  await using server = await startTestServer()
  const at = await tenant(server)
  const arm = await robot(server, at, 'arm-7')
  const { fleet } = portalClient(server, at.owner)
  await fleet.createGroup.mutate({ ...projectOf(at), name: 'Line 2' })
  await using tab = await openPage(browser, server, at.owner)
  const { page } = tab
  await page.goto(`/portal/devices/${arm.id}`)
  await page.getByRole('button', { name: 'Edit' }).click()
  await page.getByLabel('Name', { exact: true }).fill('no spaces allowed')
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByText('must be 1 to 64 letters').waitFor()
  await page.getByLabel('Name', { exact: true }).fill('picker-1')
  await page.getByLabel('Serial number').fill('UR-1')
  await page.getByLabel('Type').fill('arm')
  await page.getByLabel('Environment').fill('production')
  await page.getByLabel('Line 2').check()
  await page.getByLabel('In maintenance').check()
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByRole('heading', { name: 'picker-1', level: 1 }).waitFor()
  const state = page.getByLabel('State', { exact: true })
  for (const words of ['Maintenance', 'arm', 'production', 'Line 2']) await state.getByText(words).waitFor()
  await page.getByText('Also known as').getByText('arm-7').waitFor()
  await page.getByRole('button', { name: 'End maintenance' }).click()
  await page.getByText('picker-1 back from maintenance').waitFor()
  await state.getByText('Offline').waitFor()
})

test('a device is removed by its name once it is in use, and its address then says that there is none', async () => {
  await using server = await startTestServer()
  const at = await tenant(server)
  const arm = await robot(server, at, 'arm-7')
  await beat(server, at, arm)
  await using tab = await openPage(browser, server, at.owner)
  const { page } = tab
  await page.goto(`/portal/devices/${arm.id}`)
  await page.getByRole('button', { name: 'Remove', exact: true }).click()
  const dialog = page.getByRole('dialog', { name: 'Remove arm-7?' })
  const remove = dialog.getByRole('button', { name: 'Remove device' })
  await dialog.getByLabel('It is in use. Type “arm-7”').fill('arm')
  expect(await remove.isDisabled()).toBe(true)
  await dialog.getByLabel('It is in use. Type “arm-7”').fill('arm-7')
  await remove.click()
  await page.getByText('1 API key stopped working.').waitFor()
  await page.waitForURL('**/portal/devices')
  await page.goto(`/portal/devices/${arm.id}`)
  await page.getByText('There is no such device').waitFor()
})

test('a link to a device finds it in whatever project it is, and nobody else’s', async () => {
  await using server = await startTestServer()
  const [at, other] = [await tenant(server), await tenant(server)]
  const portal = portalClient(server, at.owner)
  const org = at.organization_id
  await portal.organization.createProject.mutate({ organization_id: org, name: 'Warehouse' })
  const { id } = await portal.fleet.create.mutate({ org, project: 'warehouse', name: 'cart-1' })
  const found = { id, name: 'cart-1', project: 'warehouse' }
  expect(await portal.fleet.get.query({ org, project: null, device: id })).toMatchObject(found)
  const refusal = (org: string, device: string) =>
    portal.fleet.get.query({ org, project: null, device }).catch((error: Error) => error.message)
  expect(await refusal(org, 'cart-1')).toBe('No such device.')
  const foreign = await portalClient(server, other.owner).fleet.create.mutate({
    ...projectOf(other),
    name: 'cart-1',
  })
  expect(await refusal(org, foreign.id)).toBe('No such device.')
  await using tab = await openPage(browser, server, at.owner)
  await tab.page.goto(`/portal/devices/${id}?project=default`)
  await tab.page.getByRole('heading', { name: 'cart-1', level: 1 }).waitFor()
})
