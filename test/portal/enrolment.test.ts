import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { enrolSnippets } from '../../portal/fleet/enrol-snippets.ts'
import { projectOf } from '../fleet-requests.ts'
import { startTestServer } from '../harness.ts'
import { portalClient } from '../portal-client.ts'
import { member, tenant } from '../seed.ts'
import { launchBrowser, openPage } from './browser.ts'
import { beat, enroll } from './fleet-world.ts'

let browser: Browser
beforeAll(async () => {
  browser = await launchBrowser()
})
afterAll(() => browser.close())

test('an enrolment token is shown once with the commands that use it, and the page counts the robots by itself', async () => {
  await using server = await startTestServer()
  const at = await tenant(server)
  await using tab = await openPage(browser, server, at.owner)
  const { page } = tab
  await page.goto('/portal/devices')
  await page.getByText('Waiting for the first device').waitFor()
  await page.getByRole('button', { name: 'Make an enrolment token' }).click()
  await page.getByLabel('Label').fill('Warehouse arms')
  await page.getByLabel('How many robots').fill('2')
  await page.getByLabel('Their type').fill('arm')
  await page.getByLabel('Their environment').fill('production')
  await page.getByRole('button', { name: 'Make token' }).click()
  const dialog = page.getByRole('dialog', { name: 'Copy your enrolment token' })
  const token = (await dialog.locator('code').first().textContent()) ?? ''
  expect(token).toMatch(/^rte_[0-9a-z]{10}_/)
  const [one] = enrolSnippets(server.ctx.config.public_url, token)
  expect(await dialog.locator('pre').first().textContent()).toBe(one?.code)
  await dialog.getByText('Waiting for the first robot…').waitFor()
  const first = await enroll(server, token, 'arm-1')
  await dialog.getByText('1 of 2 enrolled').waitFor()
  await enroll(server, token, 'arm-2')
  await dialog.getByText('2 of 2 enrolled').waitFor()
  await page.keyboard.press('Escape')
  await dialog.getByText('You have not copied it here.').waitFor()
  await dialog.getByRole('button', { name: 'Close for good' }).click()
  expect(await page.content()).not.toContain(token.slice(15))
  await page.getByRole('row', { name: /arm-1/ }).getByText('never heard').waitFor()
  await beat(server, at, first)
  await page.getByRole('row', { name: /arm-1/ }).getByText('Online').waitFor()
  const line = page.getByRole('row', { name: /Warehouse arms/ })
  await line.getByText('2 of 2').waitFor()
  await line.getByText('Used up').waitFor()
  await line.getByText('arm · production').waitFor()
})

test('a revoked token lets nobody in any more; whoever is no admin sees tokens and makes none', async () => {
  await using server = await startTestServer()
  const at = await tenant(server)
  const { fleet } = portalClient(server, at.owner)
  const { token } = await fleet.makeEnrolmentToken.mutate({ ...projectOf(at), label: 'spare', uses: 3 })
  await enroll(server, token, 'arm-1')
  const somebody = await member(server, at.organization_id, 'member')
  await using theirs = await openPage(browser, server, somebody)
  await theirs.page.goto('/portal/devices')
  await theirs.page.getByRole('row', { name: /spare/ }).getByText('1 of 3').waitFor()
  expect(await theirs.page.getByRole('button', { name: /Enrol|Revoke/ }).count()).toBe(0)
  await using tab = await openPage(browser, server, at.owner)
  const { page } = tab
  await page.goto('/portal/devices')
  await page.getByRole('button', { name: 'Revoke spare' }).click()
  await page.getByText('The 2 robots it would still let in').waitFor()
  await page.getByRole('button', { name: 'Revoke token' }).click()
  await page.getByText('spare lets nobody in any more.').waitFor()
  await page.getByRole('row', { name: /spare/ }).getByText('Revoked').waitFor()
  await expect(enroll(server, token, 'arm-2')).rejects.toThrow()
})

test('groups are made, renamed, described and removed, and say how many devices they have', async () => {
  await using server = await startTestServer()
  const at = await tenant(server)
  const { fleet } = portalClient(server, at.owner)
  await fleet.create.mutate({ ...projectOf(at), name: 'arm-1' })
  await using tab = await openPage(browser, server, at.owner)
  const { page } = tab
  await page.goto('/portal/devices')
  await page.getByRole('button', { name: 'Groups' }).click()
  const dialog = page.getByRole('dialog', { name: 'Device groups of Default' })
  await dialog.getByRole('textbox', { name: 'New group' }).fill('Line 2')
  await dialog.getByLabel('Description').fill('Along the conveyor')
  await page.keyboard.press('Enter')
  await dialog.getByText('Along the conveyor').waitFor()
  await dialog.getByRole('textbox', { name: 'New group' }).fill('Line 2')
  await page.keyboard.press('Enter')
  await dialog.getByText('is taken by another group').waitFor()
  await dialog.getByRole('button', { name: 'Edit Line 2' }).click()
  await dialog.getByRole('textbox', { name: 'Name' }).fill('Line 3')
  await page.keyboard.press('Enter')
  await dialog.getByRole('button', { name: 'Remove Line 3' }).click()
  await dialog.getByText('0 devices lose it').waitFor()
  await dialog.getByRole('button', { name: 'Remove group' }).click()
  await page.getByText('Group Line 3 removed').waitFor()
  expect(await fleet.groups.query(projectOf(at))).toEqual({ items: [] })
  await page.keyboard.press('Escape')
  await dialog.waitFor({ state: 'detached' })
})
