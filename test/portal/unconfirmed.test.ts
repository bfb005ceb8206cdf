import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { likeness, mostAlike, stem } from '../../portal/fleet/similar.ts'
import { projectOf } from '../fleet-requests.ts'
import { startTestServer, type TestServer } from '../harness.ts'
import { portalClient } from '../portal-client.ts'
import { type Tenant, tenant } from '../seed.ts'
import { launchBrowser, openPage } from './browser.ts'
import { sdk } from './seeded.ts'

let browser: Browser
beforeAll(async () => {
  browser = await launchBrowser()
})
afterAll(() => browser.close())

/** Episodes of old clients, which name their robot with whatever text. */
async function logAs(server: TestServer, at: Tenant, ...names: string[]): Promise<void> {
  for (const name of names) await sdk(server, at.api_key).logEpisode({ robot: name, status: 'ready' })
}

const names = async (server: TestServer, at: Tenant) => {
  const { items } = await portalClient(server, at.owner).fleet.list.query(projectOf(at))
  return items.map(({ name, confirmed }) => `${name}${confirmed ? '' : ' ?'}`)
}

test('robots that only episodes know are announced, confirmed and renamed; the new name can be taken back', async () => {
  await using server = await startTestServer()
  const at = await tenant(server)
  await logAs(server, at, 'UR5e cell 2', 'cart', 'UR5e cell 2')
  await using tab = await openPage(browser, server, at.owner)
  const { page } = tab
  await page.goto('/portal/devices')
  await page.getByText('2 robots logged episodes and nobody has confirmed them.').waitFor()
  await page.getByRole('button', { name: 'Review' }).click()
  await page.getByRole('row', { name: /UR5e cell 2 2/ }).waitFor()
  await page.getByRole('button', { name: 'Confirm cart' }).click()
  await page.getByText('cart is confirmed').waitFor()
  await page.getByRole('button', { name: 'Rename UR5e cell 2' }).click()
  await page.getByRole('textbox', { name: 'Name' }).fill('cell-2')
  await page.getByRole('button', { name: 'Rename and confirm' }).click()
  await page.getByText('Every device is confirmed').waitFor()
  expect(await names(server, at)).toEqual(['cart', 'cell-2'])
})

test('a robot is merged into the device it is: the one with a similar name is offered, and all say how many episodes move', async () => {
  await using server = await startTestServer()
  const at = await tenant(server)
  const { fleet } = portalClient(server, at.owner)
  for (const name of ['bench-arm-01', 'bench-arm-03', 'cart-1']) {
    await fleet.create.mutate({ ...projectOf(at), name })
  }
  await logAs(server, at, 'Bench arm 3', 'Bench arm 3', 'mystery')
  await using tab = await openPage(browser, server, at.owner)
  const { page } = tab
  await page.goto('/portal/devices?unconfirmed=1')
  await page.getByRole('button', { name: 'Merge Bench arm 3 into another device' }).click()
  const dialog = page.getByRole('dialog', { name: 'Merge Bench arm 3 into…' })
  await dialog.getByText('similar name').waitFor()
  expect(await dialog.getByRole('radio', { name: /bench-arm-03/ }).isChecked()).toBe(true)
  await dialog.getByText('Its 2 episodes move to bench-arm-03').waitFor()
  await dialog.getByRole('button', { name: 'Merge' }).click()
  await page.getByText('Bench arm 3 is bench-arm-03').waitFor()
  await page.getByRole('button', { name: 'Merge mystery into another device' }).click()
  await page.getByLabel('Which device is it?').fill('cart')
  await page.getByRole('radio', { name: /cart-1/ }).check()
  await page.getByText('Its one episode moves to cart-1').waitFor()
  await page.getByRole('dialog').getByRole('button', { name: 'Merge' }).click()
  await page.getByText('Every device is confirmed').waitFor()
  expect(await names(server, at)).toEqual(['bench-arm-01', 'bench-arm-03', 'cart-1'])
  const { robot_names } = await fleet.get.query({ ...projectOf(at), device: 'bench-arm-03' })
  expect(robot_names).toEqual(['Bench arm 3'])
})

test('how many episodes devices have is told of one’s own devices only', async () => {
  await using server = await startTestServer()
  const [at, other] = [await tenant(server), await tenant(server)]
  await logAs(server, at, 'cart', 'cart')
  await logAs(server, other, 'cart')
  const idOf = async (whose: Tenant) => {
    const { items } = await portalClient(server, whose.owner).fleet.list.query(projectOf(whose))
    return items[0]?.id ?? ''
  }
  const [own, foreign] = [await idOf(at), await idOf(other)]
  const { fleet } = portalClient(server, at.owner)
  const device_ids = [own, foreign, 'dev_nobody']
  expect(await fleet.episodeCounts.query({ org: at.organization_id, device_ids })).toEqual({ [own]: 2 })
  await expect(fleet.episodeCounts.query({ org: other.organization_id, device_ids })).rejects.toThrow(
    'No such organization.',
  )
})

test('on its own page an unconfirmed robot can be settled as well', async () => {
  await using server = await startTestServer()
  const at = await tenant(server)
  await logAs(server, at, 'mystery')
  await using tab = await openPage(browser, server, at.owner)
  const { page } = tab
  await page.goto('/portal/devices')
  await page.getByRole('link', { name: 'mystery' }).click()
  await page.getByText('nobody has confirmed that it is one').waitFor()
  await page.getByRole('button', { name: 'Confirm', exact: true }).click()
  await page.getByText('nobody has confirmed that it is one').waitFor({ state: 'detached' })
  expect(await names(server, at)).toEqual(['mystery'])
})

test('names are alike beyond case, separators and leading zeros; another number is another robot', () => {
  expect(likeness('Arm 07', 'arm-7')).toBe(1)
  expect(likeness('bench_arm_3', 'bench-arm-03')).toBe(1)
  expect(likeness('arm-1', 'arm-2')).toBeLessThan(0.5)
  expect(likeness('picker', 'cart')).toBeLessThan(0.2)
  const known = [{ name: 'arm-1' }, { name: 'arm-2' }, { name: 'armature-2' }]
  expect(mostAlike('ARM 2', known)).toEqual({ name: 'arm-2' })
  expect(mostAlike('gantry', known)).toBeUndefined()
  expect(stem('UR5e_Cell 02')).toBe('cell')
})
