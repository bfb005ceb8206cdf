import { TOTP } from 'otpauth'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestServer, type TestServer } from '../harness.ts'
import { portalClient } from '../portal-client.ts'
import { member, type Person, person, tenant } from '../seed.ts'
import { launchBrowser, openPage, violations } from './browser.ts'

let browser: Browser
beforeAll(async () => {
  browser = await launchBrowser()
})
afterAll(() => browser.close())

/** Sets an authenticator up in the page that is open. */
async function setUpFactor(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Set up', exact: true }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('img', { name: 'The key, as a picture to scan' }).waitFor()
  const secret = ((await dialog.locator('code').textContent()) ?? '').replaceAll(' ', '')
  await page.getByLabel('Code').fill(new TOTP({ secret }).generate())
  await page.getByRole('button', { name: 'Turn on' }).click()
  await page.getByText('Keep your recovery codes').waitFor()
  await page.keyboard.press('Escape')
  await page.getByRole('button', { name: 'Close for good' }).click()
}

function toast(page: Page, title: string) {
  return page.getByRole('region', { name: 'Notifications' }).getByText(title)
}

describe('projects', () => {
  test('are made in the head of the page, which then looks at them', async () => {
    await using server = await startTestServer()
    const { owner } = await tenant(server)
    await using tab = await openPage(browser, server, owner)
    const { page } = tab
    await page.goto('/portal/devices')
    await page.getByRole('button', { name: 'Project: Default' }).click()
    await page.keyboard.press('End')
    await page.keyboard.press('Enter')
    const dialog = page.getByRole('dialog', { name: 'New project' })
    await dialog.getByLabel('Name').fill('Hall 2, north')
    expect(await dialog.getByLabel('Slug').getAttribute('placeholder')).toBe('hall-2-north')
    await page.keyboard.press('Enter')
    await page.getByRole('button', { name: 'Project: Hall 2, north' }).waitFor()
    expect(new URL(page.url()).search).toBe('?project=hall-2-north')
    expect(tab.complaints).toEqual([])
  })

  test('are in the table that was still being read when they were made', async () => {
    await using server = await startTestServer()
    const { owner } = await tenant(server)
    await using tab = await openPage(browser, server, owner)
    const { page } = tab
    let letGo = (): void => {}
    const made = new Promise<void>((resolve) => {
      letGo = resolve
    })
    // Answered before there is a second project, and on its way until there is.
    await page.route(
      /organization\.projects/,
      async (route) => {
        const response = await route.fetch()
        await made
        await route.fulfill({ response })
      },
      { times: 1 },
    )
    await page.goto('/portal/organization')
    await page.getByRole('button', { name: 'New project' }).click()
    await page.getByRole('dialog').getByLabel('Name').fill('Hall')
    const created = page.waitForResponse(/createProject/)
    await page.keyboard.press('Enter')
    await created
    letGo()
    await page.getByRole('cell', { name: 'hall', exact: true }).waitFor()
    await page.getByText('2 projects').waitFor()
  })

  test('are renamed, archived with the keys named that stop, and restored by undoing', async () => {
    await using server = await startTestServer()
    const { owner, organization_id } = await tenant(server)
    const portal = portalClient(server, owner)
    const made = await portal.organization.createProject.mutate({ organization_id, name: 'Warehouse' })
    await portal.apiKeys.mint.mutate({ organization_id, label: 'hall rig', project_id: made.id })
    await using tab = await openPage(browser, server, owner)
    const { page } = tab
    await page.goto('/portal/organization')
    await page.getByRole('button', { name: 'Rename Warehouse' }).click()
    await page.getByRole('dialog').getByLabel('Name').fill('Hall')
    await page.keyboard.press('Enter')
    const row = page.getByRole('row', { name: /^Hall/ })
    await row.getByRole('cell', { name: 'warehouse' }).waitFor()
    await row.getByRole('button', { name: 'Archive Hall' }).click()
    const dialog = page.getByRole('dialog', { name: 'Archive Hall?' })
    await dialog.getByText('hall rig').waitFor()
    expect(await violations(page)).toEqual([])
    await dialog.getByRole('button', { name: 'Archive' }).click()
    await row.getByText('Archived').waitFor()
    await page.getByRole('button', { name: 'Undo' }).click()
    await row.getByRole('button', { name: 'Archive Hall' }).waitFor()
    const projects = await portal.organization.projects.query({ organization_id })
    expect(projects.map(({ slug, archived_at }) => [slug, archived_at])).toEqual([
      ['default', null],
      ['warehouse', null],
    ])
    const everyday = page.getByRole('row', { name: /^Default/ })
    expect(await everyday.getByRole('button', { name: 'Archive' }).count()).toBe(0)
  })

  test('and policies are read-only for members and viewers', async () => {
    await using server = await startTestServer()
    const { organization_id } = await tenant(server)
    const viewer = await member(server, organization_id, 'viewer')
    await using tab = await openPage(browser, server, viewer)
    const { page } = tab
    await page.goto('/portal/organization')
    await page.getByText('From anywhere').waitFor()
    await page.getByText('2 people: 1 owner, 1 viewer.').waitFor()
    await page.getByText('Not required').waitFor()
    const main = page.getByRole('main')
    expect(await main.getByRole('textbox').count()).toBe(0)
    expect(await main.getByRole('button', { name: /Save|New|Rename|Archive|Require|Change/ }).count()).toBe(0)
    await page.getByRole('button', { name: 'Project: Default' }).click()
    await expect.poll(() => page.getByRole('option').allTextContents()).toEqual(['Default'])
    expect(tab.complaints).toEqual([])
  })
})

describe('the organization', () => {
  test('gets another name, which the head of the page says at once', async () => {
    await using server = await startTestServer()
    const { owner } = await tenant(server)
    await using tab = await openPage(browser, server, owner)
    const { page } = tab
    await page.goto('/portal/organization')
    await page.getByRole('textbox', { name: 'Name' }).fill('Otter Works')
    await page.getByRole('button', { name: 'Change name' }).click()
    await page.getByRole('banner').getByText('Otter Works').waitFor()
  })

  test('has its sections in the address', async () => {
    await using server = await startTestServer()
    const { owner } = await tenant(server)
    await using tab = await openPage(browser, server, owner)
    const { page } = tab
    await page.goto('/portal/api-keys')
    await page.getByRole('main').getByRole('link', { name: 'Organization' }).click()
    await page.waitForURL('**/portal/organization#key-policy')
    await page.getByLabel('Longest life of a new key, days').waitFor()
    await page.waitForFunction('scrollY > 200')
    await page.getByRole('link', { name: 'General' }).click()
    await page.waitForURL('**/portal/organization#general')
    await page.waitForFunction('scrollY < 200')
  })

  test('is set up by staff on the page of the client, just the same', async () => {
    await using server = await startTestServer()
    const { organization_id } = await tenant(server)
    const staff = await person(server, { staff: true })
    await using tab = await openPage(browser, server, staff)
    const { page } = tab
    await page.goto(`/admin/clients/${organization_id}`)
    await page.getByRole('button', { name: 'New project' }).click()
    await page.getByRole('dialog').getByLabel('Name').fill('Hall')
    await page.keyboard.press('Enter')
    await page.getByRole('cell', { name: 'hall', exact: true }).waitFor()
    await page.getByLabel('Networks terminals may log in from').waitFor()
    expect(await page.getByRole('button', { name: /^Project/ }).count()).toBe(0)
  })
})

describe('a required second factor', () => {
  async function withFactor(server: TestServer, owner: Person): Promise<void> {
    const { auth } = portalClient(server, owner)
    const { secret } = await auth.startTotp.mutate()
    await auth.confirmTotp.mutate({ code: new TOTP({ secret }).generate() })
  }

  test('is turned on by an admin who has one, after naming who would be locked out', async () => {
    await using server = await startTestServer()
    const { owner, organization_id } = await tenant(server)
    const viewer = await member(server, organization_id, 'viewer')
    await using tab = await openPage(browser, server, owner)
    const { page } = tab
    await page.goto('/portal/organization')
    await page.getByText('requiring one would lock you out').waitFor()
    await page.getByRole('link', { name: 'Set up yours first' }).click()
    await setUpFactor(page)
    await page.goto('/portal/organization')
    await page.getByRole('button', { name: 'Require a second factor' }).click()
    const dialog = page.getByRole('dialog', { name: 'Require a second factor?' })
    await dialog.getByText('1 person has no second factor').waitFor()
    await dialog.getByText(viewer.email).waitFor()
    expect(await violations(page)).toEqual([])
    await dialog.getByRole('button', { name: 'Require it' }).click()
    await toast(page, 'A second factor is required').waitFor()
    await page.getByText('1 person has none, and can do nothing here until they set one up:').waitFor()
    await page.getByRole('button', { name: 'Stop requiring it' }).waitFor()
  })

  test('leads whoever has none to the settings, and lets them in at once', async () => {
    await using server = await startTestServer()
    const { owner, organization_id, api_key } = await tenant(server)
    await withFactor(server, owner)
    const since = server.ctx.now().toISOString()
    await server.ctx.db
      .updateTable('organizations')
      .set({ second_factor_since: since })
      .where('id', '=', organization_id)
      .execute()
    await server.fetch('/api/ingest/episode', {
      method: 'POST',
      headers: { Authorization: `Bearer ${api_key}`, 'Content-Type': 'application/json' },
      body: JSON.stringify({ name: 'cube to bin' }),
    })
    const somebody = await member(server, organization_id, 'member')
    await using tab = await openPage(browser, server, somebody)
    const { page } = tab
    await page.goto('/portal/episodes')
    await page.getByRole('heading', { name: 'Halcyon Robotics requires a second factor' }).waitFor()
    expect(await violations(page)).toEqual([])
    await page.getByRole('link', { name: 'Set up a second factor' }).click()
    await setUpFactor(page)
    await page.getByRole('link', { name: 'Episodes' }).click()
    await page.getByText('cube to bin').waitFor()
    expect(tab.complaints).toEqual([])
  })

  test('greets somebody who has just accepted an invitation with the way to set it up', async () => {
    await using server = await startTestServer()
    const { owner, organization_id } = await tenant(server)
    const invitation = { organization_id, email: 'robin@lab.example', role: 'member' as const }
    const { link } = await portalClient(server, owner).invitations.make.mutate(invitation)
    await server.ctx.db
      .updateTable('organizations')
      .set({ second_factor_since: server.ctx.now().toISOString() })
      .where('id', '=', organization_id)
      .execute()
    await using tab = await openPage(browser, server)
    const { page } = tab
    await page.goto(link)
    await page.getByLabel('Your name').fill('Robin')
    await page.getByLabel('Password', { exact: true }).fill('seven quiet grippers hum')
    await page.getByRole('button', { name: 'Make account and join' }).click()
    await page.getByRole('heading', { name: 'Halcyon Robotics requires a second factor' }).waitFor()
  })
})
