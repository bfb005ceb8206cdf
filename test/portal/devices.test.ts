import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { projectOf } from '../fleet-requests.ts'
import { startTestServer } from '../harness.ts'
import { portalClient } from '../portal-client.ts'
import { member, tenant } from '../seed.ts'
import { launchBrowser, openPage } from './browser.ts'
import { beat, fillFleet, robots } from './fleet-world.ts'

let browser: Browser
beforeAll(async () => {
  browser = await launchBrowser()
})
afterAll(() => browser.close())

test('a fleet is as high as all of its devices, loads where one looks, and keeps only the rows near the screen', async () => {
  await using server = await startTestServer()
  const at = await tenant(server)
  await fillFleet(server, at, 950)
  await using tab = await openPage(browser, server, at.owner)
  const { page } = tab

  await page.goto('/portal/devices')
  await page.getByRole('link', { name: 'unit-00000' }).waitFor()
  await page.getByText('950 devices', { exact: true }).waitFor()
  const height = await page.evaluate('document.documentElement.scrollHeight')
  expect(height).toBeGreaterThan(950 * 36)
  await page.keyboard.press('End')
  await page.getByRole('link', { name: 'unit-00949' }).waitFor()
  expect(await page.evaluate('document.documentElement.scrollHeight')).toBe(height)
  expect(await page.locator('[role=row] a').count()).toBeLessThan(70)
  expect(tab.complaints).toEqual([])
})

test('j and k walk over the devices, x selects, Enter opens, and coming back finds the place again', async () => {
  await using server = await startTestServer()
  const at = await tenant(server)
  await fillFleet(server, at, 3)
  await using tab = await openPage(browser, server, at.owner)
  const { page } = tab

  await page.goto('/portal/episodes')
  await page.getByText('Waiting for the first episode').waitFor()
  await page.keyboard.press('g')
  await page.keyboard.press('d')
  await page.getByRole('link', { name: 'unit-00000' }).waitFor()
  const focused = () => page.evaluate('document.activeElement.textContent')
  for (const key of ['j', 'j', 'j', 'j', 'k']) await page.keyboard.press(key)
  expect(await focused()).toBe('unit-00001')
  await page.keyboard.press('x')
  await page.getByText('1 device selected').waitFor()
  expect(await page.getByLabel('Select unit-00001').isChecked()).toBe(true)
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'unit-00001', level: 1 }).waitFor()
  await page.goBack()
  await page.getByRole('link', { name: 'unit-00002' }).waitFor()
})

test('what the table is narrowed to lives in the address, and the counts are those of the whole fleet', async () => {
  await using server = await startTestServer()
  const at = await tenant(server)
  await fillFleet(server, at, 30, (index) => (index < 4 ? 'maintenance' : 'offline'))
  const { fleet } = portalClient(server, at.owner)
  const line = await fleet.createGroup.mutate({ ...projectOf(at), name: 'Line 2' })
  for (const device of ['unit-00006', 'unit-00007']) {
    await fleet.update.mutate({ ...projectOf(at), device, group_ids: [line.id] })
  }
  await using tab = await openPage(browser, server, at.owner)
  const { page } = tab

  await page.goto('/portal/devices')
  const counts = page.getByRole('group', { name: 'Status' })
  await counts.getByRole('button', { name: 'Offline 26' }).click()
  await page.getByText('26 devices', { exact: true }).waitFor()
  await page.keyboard.press('/')
  await page.keyboard.type('unit-0000')
  await page.getByText('6 devices', { exact: true }).waitFor()
  await page.getByLabel('Only one type').selectOption('arm')
  await page.getByText('3 devices', { exact: true }).waitFor()
  await page.getByRole('button', { name: 'Line 2', exact: true }).first().click()
  await page.getByText('1 device', { exact: true }).waitFor()
  await counts.getByRole('button', { name: 'All 30' }).waitFor()
  await page.reload()
  await page.getByText('1 device', { exact: true }).waitFor()
  const { searchParams } = new URL(page.url())
  expect(Object.fromEntries(searchParams)).toMatchObject({
    ...{ status: 'offline', text: 'unit-0000', type: 'arm', group: line.id },
  })
  await page.getByRole('button', { name: 'Remove filter Group' }).click()
  await page.getByText('3 devices', { exact: true }).waitFor()
  await page.getByRole('button', { name: 'Remove filter Type' }).click()
  await page.getByLabel('Search by name').fill('nothing like it')
  await page.getByText('No device fits these filters').waitFor()
  await page.getByRole('button', { name: 'Show all devices' }).click()
  await page.getByText('30 devices', { exact: true }).waitFor()
})

test('the table follows the fleet by itself: rows change where they are, the focus and the place stay', async () => {
  await using server = await startTestServer()
  const at = await tenant(server)
  await fillFleet(server, at, 60)
  const [late] = await robots(server, at, 'unit-99999')
  if (!late) throw new Error('No robot enrolled.')
  await using tab = await openPage(browser, server, at.owner)
  const { page } = tab

  await page.goto('/portal/devices')
  await page.getByText('61 devices', { exact: true }).waitFor()
  await page.keyboard.press('End')
  const row = page.getByRole('row', { name: /unit-99999/ })
  await row.getByText('never heard').waitFor()
  await page.getByRole('link', { name: 'unit-99999' }).focus()
  const place = await page.evaluate('scrollY')
  await beat(server, at, late, { disk_usage: 93.4, backlog_episodes: 3, backlog_bytes: 1_300_000_000 })
  await row.getByText('Online').waitFor()
  await row.getByText('3 · 1.3 GB').waitFor()
  await row.getByLabel('Nearly full').waitFor()
  await page.getByRole('button', { name: 'Online 1' }).waitFor()
  expect(await page.evaluate('[scrollY, document.activeElement.textContent]')).toEqual([place, 'unit-99999'])
})

test('several devices are put into maintenance and into a group at once, and both can be undone', async () => {
  await using server = await startTestServer()
  const at = await tenant(server)
  await fillFleet(server, at, 5)
  const { fleet } = portalClient(server, at.owner)
  await fleet.createGroup.mutate({ ...projectOf(at), name: 'Night shift' })
  const state = async () => {
    const { items } = await fleet.list.query(projectOf(at))
    return items.map(({ status, groups }) => [status, ...groups.map(({ name }) => name)].join(' '))
  }
  await using tab = await openPage(browser, server, at.owner)
  const { page } = tab

  await page.goto('/portal/devices')
  await page.getByLabel('Select unit-00001').check()
  await page.getByLabel('Select unit-00003').click({ modifiers: ['Shift'] })
  await page.getByText('3 devices selected').waitFor()
  await page.getByRole('button', { name: 'Start maintenance' }).click()
  await page.getByText('3 devices in maintenance').waitFor()
  expect(await state()).toEqual(['offline', 'maintenance', 'maintenance', 'maintenance', 'offline'])
  await page.getByRole('button', { name: 'Undo' }).click()
  await expect.poll(state).toEqual(['offline', 'offline', 'offline', 'offline', 'offline'])
  await page.getByLabel('Select all that are loaded').check()
  await page.getByRole('button', { name: 'Add to group' }).click()
  await page.getByRole('menuitem', { name: 'Night shift' }).click()
  await page.getByText('5 devices added to Night shift').waitFor()
  expect(new Set(await state())).toEqual(new Set(['offline Night shift']))
  await page.getByRole('button', { name: 'Undo' }).last().click()
  await expect.poll(state).toEqual(['offline', 'offline', 'offline', 'offline', 'offline'])
})

test('whoever removes devices is told which, and which keys stop; one that is in use wants to be typed', async () => {
  await using server = await startTestServer()
  const at = await tenant(server)
  const [arm, cart] = await robots(server, at, 'arm-7', 'cart-1')
  if (!arm || !cart) throw new Error('No robots enrolled.')
  await beat(server, at, arm)
  // When a key was used is written down behind the request's back.
  await server.ctx.background.drain()
  await using tab = await openPage(browser, server, at.owner)
  const { page } = tab

  await page.goto('/portal/devices')
  await page.getByLabel('Select arm-7').check()
  await page.getByLabel('Select cart-1').check()
  await page.getByRole('button', { name: 'Remove', exact: true }).click()
  const dialog = page.getByRole('dialog', { name: 'Remove 2 devices?' })
  await dialog.getByText(`Key arm-7 ${arm.key.slice(0, 13)} was used`).waitFor()
  await dialog.getByText(`Key cart-1 ${cart.key.slice(0, 13)} was never used`).waitFor()
  const remove = dialog.getByRole('button', { name: 'Remove 2 devices' })
  expect(await remove.isDisabled()).toBe(true)
  await dialog.getByLabel('Some are in use').fill('2')
  await remove.click()
  await page.getByText('2 API keys stopped working.').waitFor()
  await page.getByRole('heading', { name: 'Enrol your first robot' }).waitFor()
})

test('a viewer sees the fleet and nothing to change it with', async () => {
  await using server = await startTestServer()
  const at = await tenant(server)
  await fillFleet(server, at, 2)
  const viewer = await member(server, at.organization_id, 'viewer')
  await using tab = await openPage(browser, server, viewer)
  const { page } = tab

  await page.goto('/portal/devices')
  await page.getByText('2 devices', { exact: true }).waitFor()
  for (const name of ['Enrol devices', 'New device', 'Groups']) {
    expect(await page.getByRole('button', { name }).count()).toBe(0)
  }
  expect(await page.getByRole('checkbox').count()).toBe(0)
  await page.getByRole('link', { name: 'unit-00000' }).click()
  await page.getByRole('heading', { name: 'unit-00000', level: 1 }).waitFor()
  for (const name of ['Edit', 'Remove', 'Start maintenance']) {
    expect(await page.getByRole('button', { name, exact: true }).count()).toBe(0)
  }
})
