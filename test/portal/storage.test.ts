import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { start, withVideo } from '../episode-requests.ts'
import { startTestServer } from '../harness.ts'
import { portalClient } from '../portal-client.ts'
import { member, person, tenant } from '../seed.ts'
import { launchBrowser, openPage, violations } from './browser.ts'
import { sdk } from './seeded.ts'

let browser: Browser
beforeAll(async () => {
  browser = await launchBrowser()
})
afterAll(() => browser.close())

test('an episode is deleted by name into the trash, taken back by undoing, and restored from its page', async () => {
  await using server = await startTestServer()
  const { owner, api_key } = await tenant(server)
  const episode = await sdk(server, api_key).logEpisode({ name: 'cube to bin' })
  await using tab = await openPage(browser, server, owner)
  const { page } = tab
  await page.goto(`/portal/episodes/${episode.id}`)
  await page.getByRole('button', { name: 'Delete', exact: true }).click()
  const dialog = page.getByRole('dialog', { name: 'Delete cube to bin?' })
  expect(await violations(page)).toEqual([])
  await dialog.getByRole('button', { name: 'Move to trash' }).click()
  await page.getByText('This episode is in the trash and goes for good in 30 d').waitFor()
  await page.getByRole('button', { name: 'Undo' }).click()
  await page.getByText('This episode is in the trash').waitFor({ state: 'detached' })
  await page.getByRole('button', { name: 'Delete', exact: true }).click()
  await dialog.getByRole('button', { name: 'Move to trash' }).click()
  await page.getByRole('button', { name: 'Restore' }).click()
  await page.getByRole('button', { name: 'Archive', exact: true }).waitFor()
  expect(tab.complaints).toEqual([])
})

test('a selection of the list goes to the trash; there one is deleted for good, and the rest by the name of the organization', async () => {
  await using server = await startTestServer()
  const at = await tenant(server)
  for (const name of ['run 1', 'run 2', 'run 3']) await sdk(server, at.api_key).logEpisode({ name })
  await using tab = await openPage(browser, server, at.owner)
  const { page } = tab
  await page.goto('/portal/episodes')
  await page.getByRole('checkbox', { name: 'Select run 3' }).click()
  await page.getByRole('checkbox', { name: 'Select run 1' }).click({ modifiers: ['Shift'] })
  await page.getByRole('region', { name: 'Selected episodes' }).getByText('3 episodes selected').waitFor()
  expect(await violations(page)).toEqual([])
  await page.getByRole('button', { name: 'Delete' }).click()
  await page.getByRole('dialog', { name: 'Delete 3 episodes?' }).getByText('run 2').waitFor()
  await page.getByRole('button', { name: 'Move to trash' }).click()
  await page.getByText('3 episodes moved to the trash').waitFor()
  await page.goto('/portal/trash')
  await page
    .getByRole('row', { name: /^run 2/ })
    .getByText('Ada Okafor')
    .waitFor()
  expect(await violations(page)).toEqual([])
  await page.getByRole('button', { name: 'Delete run 2 for good' }).click()
  await page
    .getByRole('dialog', { name: 'Delete run 2 for good?' })
    .getByRole('button', { name: 'Delete for good' })
    .click()
  await page.getByRole('row', { name: /^run 2/ }).waitFor({ state: 'detached' })
  await page.getByRole('button', { name: 'Restore run 3' }).click()
  await page.getByRole('row', { name: /^run 3/ }).waitFor({ state: 'detached' })
  await page.getByRole('button', { name: 'Empty the trash' }).click()
  const dialog = page.getByRole('dialog', { name: 'Empty the trash?' })
  expect(await dialog.getByRole('button', { name: 'Empty the trash' }).isDisabled()).toBe(true)
  await dialog.getByLabel(/^Type/).fill('Halcyon Robotics')
  await dialog.getByRole('button', { name: 'Empty the trash' }).click()
  await page.getByText('The trash is being emptied').waitFor()
  await server.ctx.background.drain()
  const left = await portalClient(server, at.owner).episodes.list.query({
    organization_id: at.organization_id,
  })
  expect(left.items.map(({ name }) => name)).toEqual(['run 3'])
  expect(tab.complaints).toEqual([])
})

test('members see the trash and can neither delete nor restore', async () => {
  await using server = await startTestServer()
  const at = await tenant(server)
  const episode = await sdk(server, at.api_key).logEpisode({ name: 'run 1' })
  await portalClient(server, at.owner).episodes.trash.mutate({ ids: [episode.id] })
  await sdk(server, at.api_key).logEpisode({ name: 'run 2' })
  await using tab = await openPage(browser, server, await member(server, at.organization_id, 'member'))
  const { page } = tab
  await page.goto('/portal/trash')
  await page.getByRole('row', { name: /^run 1/ }).waitFor()
  expect(await page.getByRole('button', { name: /Restore|Delete|Empty/ }).count()).toBe(0)
  await page.goto('/portal/episodes')
  await page.getByRole('link', { name: 'run 2' }).waitFor()
  expect(await page.getByRole('checkbox').count()).toBe(0)
})

test('a retention rule is set up only after its preview said what it would delete, and is removed again', async () => {
  await using server = await startTestServer()
  const at = await tenant(server)
  const { organization_id } = at
  await withVideo(server, at.api_key, 'x'.repeat(2_000), { name: 'still recording' })
  const old = await sdk(server, at.api_key).logEpisode({ name: 'old run', status: 'failed' })
  const began = new Date(Date.now() - 100 * 86_400_000).toISOString()
  await server.ctx.db.updateTable('episodes').set({ created_at: began }).where('id', '=', old.id).execute()
  await using tab = await openPage(browser, server, at.owner)
  const { page } = tab
  await page.goto('/portal/organization#storage')
  const storage = page.getByRole('region', { name: 'Storage' })
  await storage.getByText('2.0 kB').waitFor()
  await storage.getByText('No rules: everything is kept').waitFor()
  await storage.getByRole('button', { name: 'Add rule' }).click()
  const dialog = page.getByRole('dialog', { name: 'New retention rule' })
  await dialog.getByLabel('Status').selectOption('failed')
  await dialog.getByRole('button', { name: 'Preview' }).click()
  await dialog.getByText('1 episode, 0 B').waitFor()
  await dialog.getByText('old run').waitFor()
  expect(await violations(page)).toEqual([])
  await dialog.getByLabel('Older than, days').fill('120')
  await dialog.getByRole('button', { name: 'Preview' }).click()
  await dialog.getByText('0 episodes, 0 B').waitFor()
  await dialog.getByLabel('Older than, days').fill('90')
  await dialog.getByRole('button', { name: 'Preview' }).click()
  await dialog.getByRole('button', { name: 'Add rule: 1 episode to the trash' }).click()
  await storage.getByText('Failed episodes of all projects that are older than 90 days').waitFor()
  const portal = portalClient(server, at.owner)
  expect(await portal.storage.rules.query({ organization_id })).toMatchObject([
    { status: 'failed', days: 90 },
  ])
  expect((await portal.episodes.trashed.query({ organization_id })).items).toEqual([])
  await storage.getByRole('button', { name: /^Remove:/ }).click()
  await page.getByRole('button', { name: 'Remove rule' }).click()
  await storage.getByText('No rules: everything is kept').waitFor()
  expect(tab.complaints).toEqual([])
})

test('staff sets a quota, its owner sees how much of it is used, and an interrupted episode says what that means', async () => {
  await using server = await startTestServer()
  const at = await tenant(server)
  const episode = await withVideo(server, at.api_key, 'x'.repeat(500_000), { name: 'night run' })
  await using admin = await openPage(browser, server, await person(server, { staff: true }))
  await admin.page.goto(`/admin/clients/${at.organization_id}`)
  await admin.page.getByLabel('Quota, GB').fill('0.001')
  await admin.page.getByRole('button', { name: 'Set quota' }).click()
  await admin.page.getByText('of 1.0 MB stored').waitFor()
  await server.ctx.db.updateTable('episodes').set({ status: 'interrupted' }).execute()
  await using tab = await openPage(browser, server, at.owner)
  const { page } = tab
  await page.goto('/portal/organization')
  await page.getByRole('meter', { name: 'Share of the quota that is used' }).waitFor()
  expect(await page.getByRole('meter').getAttribute('aria-valuenow')).toBe('50')
  expect(await page.getByLabel('Quota, GB').count()).toBe(0)
  expect(await violations(page)).toEqual([])
  await page.goto('/portal/episodes?status=interrupted')
  await page
    .getByRole('row', { name: /night run/ })
    .getByText('Interrupted')
    .waitFor()
  await page.goto(`/portal/episodes/${episode.id}`)
  await page.getByText('it can still be finalized, and records again when an upload arrives').waitFor()
  expect(await violations(page)).toEqual([])
  expect(tab.complaints).toEqual([])
})

test('when the last of the trash has come, the keyboard goes on from where it was', async () => {
  await using server = await startTestServer()
  const at = await tenant(server)
  const ids: string[] = []
  for (let n = 0; n < 51; n++) ids.push((await start(server, at.api_key)).episode_id)
  await portalClient(server, at.owner).episodes.trash.mutate({ ids })
  await using tab = await openPage(browser, server, at.owner)
  const { page } = tab
  await page.goto('/portal/trash')
  const more = page.getByRole('button', { name: 'Show more' })
  await more.focus()
  await page.keyboard.press('Enter')
  await more.waitFor({ state: 'detached' })
  const rows = page.getByRole('button', { name: /for good$/ })
  await expect.poll(() => rows.count()).toBe(ids.length)
  await page.keyboard.press('Shift+Tab')
  expect(await rows.last().evaluate((element) => element.matches(':focus'))).toBe(true)
  expect(tab.complaints).toEqual([])
})
