import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestServer, type TestServer } from '../harness.ts'
import { apiToken, everywhereKey, personalKey } from '../personal-credentials.ts'
import { portalClient } from '../portal-client.ts'
import { member, PASSWORD, type Person, person, tenant } from '../seed.ts'
import { startMailServer } from '../smtp-server.ts'
import { launchBrowser, openPage } from './browser.ts'

let browser: Browser
beforeAll(async () => {
  browser = await launchBrowser()
})
afterAll(() => browser.close())

async function named(server: TestServer, who: Person, name: string): Promise<Person> {
  await server.ctx.db.updateTable('accounts').set({ name }).where('id', '=', who.caller.account_id).execute()
  return who
}

async function act(page: Page, name: string, what: string): Promise<void> {
  await page.getByRole('button', { name: `Actions for ${name}` }).click()
  await page.getByRole('menuitem', { name: what }).click()
}

/** Invites in the portal and returns the link that the dialog shows. */
async function invite(page: Page, email: string, role = 'Member'): Promise<string> {
  await page.getByRole('button', { name: 'Invite', exact: true }).click()
  const dialog = page.getByRole('dialog', { name: /^Invite to/ })
  await dialog.getByLabel('E-mail').fill(email)
  await dialog.getByLabel('Role').selectOption(role)
  await dialog.getByRole('button', { name: 'Make invitation' }).click()
  const shown = page.getByRole('dialog', { name: `Invitation for ${email}` })
  return (await shown.locator('code').textContent()) ?? ''
}

async function roleOf(server: TestServer, who: Person): Promise<string | undefined> {
  const row = await server.ctx.db
    .selectFrom('members')
    .select('role')
    .where('account_id', '=', who.caller.account_id)
    .executeTakeFirst()
  return row?.role
}

describe('inviting somebody', () => {
  test('shows a link; opened in another browser it asks for a name and a password, and one is in', async () => {
    await using server = await startTestServer()
    const { owner } = await tenant(server)
    await using here = await openPage(browser, server, owner)
    await here.page.goto('/portal/members')
    const link = await invite(here.page, 'robin@lab.example', 'Admin')
    await here.page.getByText('Send it to them yourself.').waitFor()
    await here.page.keyboard.press('Escape')

    await using there = await openPage(browser, server)
    const { page } = there
    await page.goto(link)
    await page.getByRole('heading', { name: 'Join Halcyon Robotics' }).waitFor()
    await page.getByText('Ada Okafor invites robin@lab.example').waitFor()
    // The token is gone from the address, and a reload does not lose it.
    expect(page.url()).toBe(`${server.ctx.config.public_url}/invitation`)
    await page.reload()
    await page.getByLabel('Your name').fill('Robin Vale')
    await page.getByLabel('Password').fill('seven green forklifts')
    await page.keyboard.press('Enter')
    await page.waitForURL('**/portal/episodes')
    await page.getByRole('button', { name: 'Account menu of Robin Vale' }).waitFor()
    expect(there.complaints).toEqual([])
    expect(await page.evaluate('sessionStorage.length')).toBe(0)

    await here.page.reload()
    await here.page.getByRole('row', { name: /Robin Vale.*Admin/ }).waitFor()
    expect(await here.page.getByText('Pending invitations').count()).toBe(0)
    await page.goto(link)
    await page.waitForURL('**/portal/episodes')
    await here.page.goto(link)
    await here.page.getByText('This invitation does not work any more').waitFor()
  })

  test('who has an account signs in on that page, and joins with a click', async () => {
    await using server = await startTestServer()
    const { owner } = await tenant(server)
    const casey = await person(server)
    await using here = await openPage(browser, server, owner)
    await here.page.goto('/portal/members')
    const link = await invite(here.page, casey.email)
    await using there = await openPage(browser, server)
    const { page } = there
    await page.goto(link)
    await page.getByText('This address has an account').waitFor()
    await page.getByLabel('E-mail').fill(casey.email)
    await page.getByLabel('Password').fill(PASSWORD)
    await page.keyboard.press('Enter')
    await page.getByRole('button', { name: 'Join as a member' }).click()
    await page.waitForURL('**/portal/episodes')
    await page.getByText('Halcyon Robotics').first().waitFor()
    expect(await roleOf(server, casey)).toBe('member')
  })

  test('somebody signed in as another address is told so, and can switch', async () => {
    await using server = await startTestServer()
    const { owner } = await tenant(server)
    const other = await person(server)
    await using here = await openPage(browser, server, owner)
    await here.page.goto('/portal/members')
    const link = await invite(here.page, 'robin@lab.example')
    await using there = await openPage(browser, server, other)
    const { page } = there
    await page.goto(link)
    await page.getByText('This invitation is for somebody else').waitFor()
    await page.getByText(`You are signed in as ${other.email}`).waitFor()
    expect(await roleOf(server, other)).toBeUndefined()
    await page.getByRole('button', { name: 'Sign out and go on' }).click()
    await page.getByLabel('Your name').waitFor()
  })

  test('says what became of the mail', async () => {
    await using mail = await startMailServer()
    await using server = await startTestServer({
      ROBOTRACE_SMTP_URL: mail.url,
      ROBOTRACE_MAIL_FROM: 'robots@trace.example',
    })
    const { owner } = await tenant(server)
    await using tab = await openPage(browser, server, owner)
    const { page } = tab
    await page.goto('/portal/members')
    await invite(page, 'robin@lab.example')
    await page.getByRole('dialog').getByText('Mail sent').waitFor()
    await page.keyboard.press('Escape')
    await mail[Symbol.asyncDispose]()
    // A mailbox gets one mail in ten minutes.
    server.clock.advance('11m')
    await page.getByRole('button', { name: 'New link for robin@lab.example' }).click()
    await page.getByRole('dialog').getByText('Could not be sent').waitFor()
    await page.getByRole('dialog').locator('code').waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('button', { name: 'Revoke the invitation of robin@lab.example' }).click()
    await page.getByText('The link for robin@lab.example does not work any more.').waitFor()
    await page.getByText('Pending invitations').waitFor({ state: 'detached' })
  })
})

describe('managing members', () => {
  test('(49) another role says what it narrows, by name, before it is given', async () => {
    await using server = await startTestServer()
    const { owner, organization_id } = await tenant(server)
    const casey = await named(server, await member(server, organization_id, 'member'), 'Casey Lindqvist')
    await personalKey(server, casey, organization_id, 'casey laptop')
    await using tab = await openPage(browser, server, owner)
    const { page } = tab
    await page.goto('/portal/members')
    await act(page, 'Casey Lindqvist', 'Change role')
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Role', { exact: true }).selectOption('Viewer')
    const told = dialog.locator('[data-consequences]')
    await told.getByText('casey laptop').waitFor()
    expect(await told.textContent()).toContain('Can then no longerLog episodes')
    await dialog.getByRole('button', { name: 'Change role' }).click()
    await page.getByText('Casey Lindqvist is viewer from now on.').waitFor()
    await page.getByRole('row', { name: /Casey Lindqvist.*Viewer/ }).waitFor()
    expect(await roleOf(server, casey)).toBe('viewer')
  })

  test('(49) a removal says what ends and what goes on, by name', async () => {
    await using server = await startTestServer()
    const { owner, organization_id } = await tenant(server)
    const casey = await named(server, await member(server, organization_id, 'member'), 'Casey Lindqvist')
    await personalKey(server, casey, organization_id, 'casey laptop')
    await everywhereKey(server, casey, 'all my labs')
    await apiToken(server, casey)
    await portalClient(server, casey).apiKeys.mint.mutate({ organization_id, label: 'bench rig' })
    await using tab = await openPage(browser, server, owner)
    const { page } = tab
    await page.goto('/portal/members')
    await act(page, 'Casey Lindqvist', 'Remove')
    const part = (title: string) =>
      page.locator('section', { has: page.getByRole('heading', { name: title }) })
    await part('Stops at once, for good').getByText('casey laptop').waitFor()
    const loses = (await part('Loses access here at once').last().textContent()) ?? ''
    expect(loses).toMatch(/all my labs.*API token made.*1 open session/)
    await part('Goes on working').getByText('bench rig').waitFor()
    await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click()
    await page.getByText('does not belong to Halcyon Robotics any more').waitFor()
    expect(await roleOf(server, casey)).toBeUndefined()
    await page.getByText('1 member').waitFor()
  })

  test('(49) the last owner is told why not and what to do, and can hand the ownership over', async () => {
    await using server = await startTestServer()
    const { owner, organization_id } = await tenant(server)
    const casey = await named(server, await member(server, organization_id, 'admin'), 'Casey Lindqvist')
    await using tab = await openPage(browser, server, owner)
    const { page } = tab
    await page.goto('/portal/members')
    await act(page, 'Ada Okafor', 'Leave')
    const dialog = page.getByRole('dialog')
    await dialog.getByRole('button', { name: 'Leave' }).click()
    await dialog.getByText('Make another member owner first').waitFor()
    await page.keyboard.press('Escape')
    expect(await roleOf(server, owner)).toBe('owner')
    await act(page, 'Casey Lindqvist', 'Hand over ownership')
    await page.getByRole('button', { name: 'Hand over ownership' }).click()
    await page.getByRole('row', { name: /Casey Lindqvist.*Owner/ }).waitFor()
    expect(await roleOf(server, owner)).toBe('admin')
    await act(page, 'Ada Okafor', 'Leave')
    await page.getByRole('dialog').getByRole('button', { name: 'Leave' }).click()
    await page.getByText('You belong to no organization yet').waitFor()
    expect(await roleOf(server, casey)).toBe('owner')
  })

  test('a viewer sees who is here, and nothing to press but leaving', async () => {
    await using server = await startTestServer()
    const { organization_id } = await tenant(server)
    const viewer = await member(server, organization_id, 'viewer')
    await using tab = await openPage(browser, server, viewer)
    const { page } = tab
    await page.goto('/portal/episodes')
    await page.getByRole('link', { name: 'Members' }).waitFor()
    await page.keyboard.press('g')
    await page.keyboard.press('m')
    await page.getByText('2 members').waitFor()
    expect(await page.getByRole('button', { name: 'Invite' }).count()).toBe(0)
    expect(await page.getByRole('button', { name: /^Actions for/ }).count()).toBe(1)
    await page.getByRole('button', { name: 'Actions for A viewer' }).press('Enter')
    expect(await page.getByRole('menuitem').allTextContents()).toEqual(['Leave…'])
    expect(tab.complaints).toEqual([])
  })
})
