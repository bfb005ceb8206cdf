import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { newId } from '../../server/db/ids.ts'
import { insertOrganization } from '../../server/organizations/organizations.ts'
import { startTestServer, type TestServer } from '../harness.ts'
import { tenant } from '../seed.ts'
import { launchBrowser, openPage } from './browser.ts'

let browser: Browser
beforeAll(async () => {
  browser = await launchBrowser()
})
afterAll(() => browser.close())

async function project(server: TestServer, organization_id: string, slug: string, archived = false) {
  const created_at = server.ctx.now().toISOString()
  const name = slug.charAt(0).toUpperCase() + slug.slice(1)
  const row = { id: newId('prj'), organization_id, slug, name, created_at }
  const archived_at = archived ? created_at : null
  await server.ctx.db
    .insertInto('projects')
    .values({ ...row, archived_at })
    .execute()
}

test('the chosen project stands in the address, goes along with every link and is remembered', async () => {
  await using server = await startTestServer()
  const { owner, organization_id } = await tenant(server)
  await project(server, organization_id, 'warehouse')
  await project(server, organization_id, 'attic', true)
  await using tab = await openPage(browser, server, owner)
  const { page } = tab
  await page.goto('/portal/api-keys')
  await page.getByRole('button', { name: 'Project: All projects' }).click()
  const options = page.getByRole('listbox', { name: 'Project' }).getByRole('option')
  await expect
    .poll(() => options.allTextContents())
    .toEqual(['All projects', 'Default', 'Warehouse', 'Atticarchived', 'New project…'])
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Enter')
  await page.getByRole('button', { name: 'Project: Warehouse' }).waitFor()
  expect(new URL(page.url()).search).toBe('?project=warehouse')
  await page.getByRole('link', { name: 'Devices' }).click()
  await page.waitForURL('**/portal/devices?project=warehouse')
  await page.goto('/portal/api-keys')
  await page.getByRole('button', { name: 'Project: Warehouse' }).waitFor()
  await page.getByRole('button', { name: 'Project: Warehouse' }).click()
  await page.getByRole('option', { name: 'All projects' }).click()
  await page.getByRole('button', { name: 'Project: All projects' }).waitFor()
  expect(await page.getByRole('link', { name: 'Devices' }).getAttribute('href')).toBe(
    '/portal/devices?project=*',
  )
  expect(tab.complaints).toEqual([])
})

test('another organization brings the project used last there, and leaves filters and single things behind', async () => {
  await using server = await startTestServer()
  const { owner, organization_id } = await tenant(server)
  const at = server.ctx.now().toISOString()
  const other = { name: 'Otter Works', slug: 'otter' }
  const otter = await insertOrganization(server.ctx.db, owner.caller.account_id, other, at)
  await project(server, otter, 'river')
  await project(server, organization_id, 'warehouse')
  await using tab = await openPage(browser, server, owner)
  const { page } = tab
  await page.goto('/portal/api-keys?org=otter&project=river')
  await page.getByRole('button', { name: 'Project: River' }).click()
  await page.getByRole('option', { name: 'River' }).click()
  await page.getByRole('button', { name: 'Organization: Otter Works' }).click()
  await page.getByRole('option', { name: 'Halcyon Robotics' }).click()
  await page.getByRole('button', { name: 'Project: All projects' }).waitFor()
  await page.goto('/portal/episodes/ep_nothing?robot=arm')
  await page.getByText('There is no such episode').waitFor()
  await page.getByRole('button', { name: 'Organization: Halcyon Robotics' }).click()
  await page.getByRole('option', { name: 'Otter Works' }).click()
  await page.getByRole('button', { name: 'Project: River' }).waitFor()
  const { pathname, search } = new URL(page.url())
  expect(pathname + search).toBe('/portal/episodes?org=otter')
})

test('a long list is found through by typing, on a phone too', async () => {
  await using server = await startTestServer()
  const { owner, organization_id } = await tenant(server)
  for (const slug of 'abcdefghij') await project(server, organization_id, `${slug}-line`)
  await using tab = await openPage(browser, server, owner, { viewport: { width: 390, height: 844 } })
  const { page } = tab
  await page.goto('/portal/api-keys')
  await page.getByRole('button', { name: 'Project: All projects' }).click()
  await page.getByRole('combobox', { name: 'Find project' }).waitFor()
  await page.keyboard.type('h-li')
  const list = page.getByRole('listbox', { name: 'Project' })
  await expect.poll(() => list.getByRole('option').allTextContents()).toEqual(['H-line', 'New project…'])
  await page.keyboard.press('Enter')
  await page.getByRole('button', { name: 'Project: H-line' }).waitFor()
  expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true)
  await page.keyboard.press('Enter')
  await page.getByRole('combobox', { name: 'Find project' }).waitFor()
  await page.keyboard.type('nothing like it')
  await page.getByText('Nothing fits').waitFor()
  await page.keyboard.press('Escape')
  await page.getByRole('combobox', { name: 'Find project' }).waitFor({ state: 'detached' })
})

test('the list of episodes is that of the chosen project, or of all', async () => {
  await using server = await startTestServer()
  const { owner, organization_id, api_key } = await tenant(server)
  await project(server, organization_id, 'warehouse')
  await project(server, organization_id, 'attic')
  for (const slug of ['default', 'warehouse']) {
    await server.fetch('/api/ingest/episode', {
      method: 'POST',
      headers: {
        Authorization: `Bearer ${api_key}`,
        'Content-Type': 'application/json',
        'X-RoboTrace-Project': slug,
      },
      body: JSON.stringify({ name: `run in ${slug}` }),
    })
  }
  await using tab = await openPage(browser, server, owner)
  const { page } = tab
  await page.goto('/portal/episodes')
  await page.getByText('run in default').waitFor()
  await page.getByText('run in warehouse').waitFor()
  const choose = async (from: string, to: string) => {
    await page.getByRole('button', { name: `Project: ${from}` }).click()
    await page.getByRole('option', { name: to }).click()
  }
  await choose('All projects', 'Attic')
  await page.getByText('Waiting for the first episode').waitFor()
  await choose('Attic', 'Warehouse')
  await page.getByText('run in warehouse').waitFor()
  await page.getByText('run in default').waitFor({ state: 'detached' })
  expect(await page.getByText('First episode received').count()).toBe(0)
  expect(tab.complaints).toEqual([])
})
