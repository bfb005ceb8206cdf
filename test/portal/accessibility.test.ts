import { TOTP } from 'otpauth'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeSetupLink } from '../../server/accounts/setup.ts'
import { startTestServer, type TestServer } from '../harness.ts'
import { portalClient } from '../portal-client.ts'
import { type Person, tenant } from '../seed.ts'
import { type World, world } from './accessibility-world.ts'
import { launchBrowser, type OpenPage, openPage, violations } from './browser.ts'
import { signInOn } from './terminal.ts'

let browser: Browser
beforeAll(async () => {
  browser = await launchBrowser()
})
afterAll(() => browser.close())

type Visit = [
  name: string,
  path: (at: World) => string,
  who: (at: World) => Person | undefined,
  ready: string,
]

const PAGES: Visit[] = [
  ['sign-in', () => '/login', () => undefined, 'Accounts are made'],
  ['forgot password', () => '/forgot-password', () => undefined, 'sends no mail'],
  ['no such reset link', () => '/reset-password?token=x', () => undefined, 'does not work any more'],
  ['episodes', () => '/portal/episodes', (at) => at.owner, '3 episodes'],
  ['filtered episodes', () => '/portal/episodes?robot=nobody&since=7d', (at) => at.owner, 'No episode fits'],
  ['an episode with a video', (at) => `/portal/episodes/${at.failed}`, (at) => at.owner, 'Artifacts'],
  ['a recording', (at) => `/portal/episodes/${at.recording}`, (at) => at.owner, 'by itself'],
  ['an episode without a video', (at) => `/portal/episodes/${at.note}`, (at) => at.owner, 'without a video'],
  ['no such episode', () => '/portal/episodes/ep_nothing', (at) => at.owner, 'There is no such episode'],
  ['an interrupted episode', (at) => `/portal/episodes/${at.interrupted}`, (at) => at.keeper, 'finalized'],
  ['an episode in the trash', (at) => `/portal/episodes/${at.trashed}`, (at) => at.keeper, 'is in the trash'],
  ['trash', () => '/portal/trash', (at) => at.keeper, 'an old run'],
  ['empty trash', () => '/portal/trash', (at) => at.owner, 'The trash is empty'],
  ['storage', () => '/portal/organization', (at) => at.keeper, 'Last deletions'],
  ['a quota that was reached', () => '/portal/episodes', (at) => at.keeper, 'an upload was refused'],
  ['a backup that failed', () => '/portal/tokens', (at) => at.staff, 'The scheduled backup to'],
  ['API keys', () => '/portal/api-keys', (at) => at.owner, 'stands on the page'],
  ['organization', () => '/portal/organization', (at) => at.owner, 'Networks terminals may log in from'],
  ['members', () => '/portal/members', (at) => at.owner, 'Pending invitations'],
  ['an invitation', (at) => at.link, () => undefined, 'Make account and join'],
  ['an invitation for somebody else', (at) => at.link, (at) => at.owner, 'Sign out and go on'],
  ['no such invitation', () => '/invitation?token=x', () => undefined, 'does not work any more'],
  ['API tokens', () => '/portal/tokens', (at) => at.owner, '1 active token'],
  ['no API tokens', () => '/portal/tokens', (at) => at.staff, 'No active tokens'],
  ['personal API keys', () => '/portal/settings/api-keys', (at) => at.owner, 'No personal keys yet'],
  ['SSH keys', () => '/portal/ssh-keys', (at) => at.owner, '1 key'],
  ['no SSH keys', () => '/portal/ssh-keys', (at) => at.staff, 'No SSH keys yet'],
  ['devices', () => '/portal/devices', (at) => at.owner, '3 devices'],
  ['no such devices', () => '/portal/devices?text=nothing', (at) => at.owner, 'No device fits'],
  ['unconfirmed devices', () => '/portal/devices?unconfirmed=1', (at) => at.owner, 'Merge into'],
  ['a device that beats', (at) => `/portal/devices/${at.beating}`, (at) => at.owner, 'Heard throughout'],
  ['an unconfirmed device', () => '/portal/devices/bench-arm-03', (at) => at.owner, 'nobody has confirmed'],
  ['no such device', () => '/portal/devices/nothing', (at) => at.owner, 'There is no such device'],
  ['a device', (at) => `/portal/devices/${at.device}`, (at) => at.owner, 'Set up its sshd'],
  ['audit', () => '/portal/audit', (at) => at.owner, 'revoked the API key'],
  ['audit of nobody', () => '/portal/audit?actor=acc_nobody', (at) => at.owner, 'No event fits'],
  ['audit of the server', () => '/admin/audit', (at) => at.staff, 'made the API key'],
  ['settings', () => '/portal/settings', (at) => at.owner, 'This browser'],
  ['clients', () => '/admin/clients', (at) => at.staff, 'Halcyon Robotics'],
  ['a client', (at) => `/admin/clients/${at.organization_id}`, (at) => at.staff, 'casey laptop'],
  ['no such page', () => '/nowhere', () => undefined, 'There is no such page'],
]

describe.each([
  { theme: 'light' as const, viewport: { width: 1280, height: 800 } },
  { theme: 'dark' as const, viewport: { width: 1280, height: 800 } },
  { theme: 'dark' as const, viewport: { width: 390, height: 844 } },
])('axe finds nothing in the $theme theme at $viewport.width px', ({ theme, viewport }) => {
  let server: TestServer
  let at: World
  let tabs: Map<Person | undefined, OpenPage>
  beforeAll(async () => {
    server = await startTestServer()
    at = await world(server)
    const people = [undefined, at.owner, at.staff, at.keeper]
    tabs = new Map(await Promise.all(people.map(async (who) => [who, await open(who)] as const)))
  })
  afterAll(async () => {
    for (const tab of tabs.values()) await tab[Symbol.asyncDispose]()
    await server[Symbol.asyncDispose]()
  })

  const open = (who: Person | undefined): Promise<OpenPage> =>
    openPage(browser, server, who, { colorScheme: theme, viewport, reducedMotion: 'reduce' })

  test.each(PAGES)('%s', async (_name, path, who, ready) => {
    const tab = tabs.get(who(at))
    if (!tab) throw new Error('Nobody opened a tab for this page.')
    await tab.page.goto(path(at))
    await tab.page.getByText(ready).first().waitFor()
    expect(await violations(tab.page)).toEqual([])
    expect(await tab.page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true)
  })

  test('the first episode’s lines, the menus, the palette and the list of keys', async () => {
    const fresh = await tenant(server)
    await using tab = await open(fresh.owner)
    const { page } = tab
    await page.goto('/portal/episodes')
    await page.getByText('Waiting for the first episode').waitFor()
    expect(await violations(page)).toEqual([])
    await page.keyboard.press('Control+k')
    await page.getByRole('combobox', { name: 'Search and commands' }).fill('key')
    expect(await violations(page)).toEqual([])
    await page.keyboard.press('Escape')
    await page.keyboard.press('?')
    await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor()
    expect(await violations(page)).toEqual([])
    await page.keyboard.press('Escape')
    await page.getByRole('button', { name: /Account menu/ }).click()
    await page.getByRole('menuitem', { name: 'Settings' }).waitFor()
    expect(await violations(page)).toEqual([])
  })

  test('the empty fleet, enrolling a robot and what the token was', async () => {
    const fresh = await tenant(server)
    await using tab = await open(fresh.owner)
    const { page } = tab
    await page.goto('/portal/devices')
    await page.getByText('Waiting for the first device').waitFor()
    expect(await violations(page)).toEqual([])
    await page.getByRole('button', { name: 'Enrol devices' }).click()
    await page.getByLabel('Label').fill('axe')
    expect(await violations(page)).toEqual([])
    await page.getByRole('button', { name: 'Make token' }).click()
    await page.getByText('It will not be shown again').waitFor()
    expect(await violations(page)).toEqual([])
    await page.getByRole('button', { name: 'I have stored it' }).click()
    await page.getByRole('button', { name: 'Close for good' }).click()
    await page.getByRole('row', { name: /axe/ }).waitFor()
    expect(await violations(page)).toEqual([])
    await page.getByRole('button', { name: 'Groups' }).click()
    await page.getByRole('textbox', { name: 'New group' }).fill('Line 2')
    await page.keyboard.press('Enter')
    await page.getByRole('button', { name: 'Edit Line 2' }).click()
    expect(await violations(page)).toEqual([])
  })

  test('selecting, editing, merging and removing devices', async () => {
    await using tab = await open(at.owner)
    const { page } = tab
    await page.goto('/portal/devices')
    await page.getByLabel('Select arm-7').check()
    await page.getByText('1 device selected').waitFor()
    expect(await violations(page)).toEqual([])
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true)
    await page.getByRole('button', { name: 'Remove', exact: true }).click()
    await page.getByText('No API keys of its own').waitFor()
    expect(await violations(page)).toEqual([])
    await page.goto('/portal/devices?unconfirmed=1')
    await page.getByRole('button', { name: 'Merge bench-arm-03 into another device' }).click()
    await page.getByRole('radio', { name: /cart-1/ }).check()
    expect(await violations(page)).toEqual([])
    await page.goto(`/portal/devices/${at.beating}`)
    await page.getByRole('button', { name: 'Edit' }).click()
    await page.getByLabel('In maintenance').waitFor()
    expect(await violations(page)).toEqual([])
  })

  test('minting, revealing and revoking a key', async () => {
    await using tab = await open(at.owner)
    const { page } = tab
    await page.goto('/portal/api-keys')
    await page.getByRole('button', { name: 'New API key' }).click()
    await page.getByLabel('Label').fill('axe')
    expect(await violations(page)).toEqual([])
    await page.getByRole('button', { name: 'Create key' }).click()
    await page.getByText('It will not be shown again').waitFor()
    await page.keyboard.press('Escape')
    await page.getByText('You have not copied it here.').waitFor()
    expect(await violations(page)).toEqual([])
    await page.getByRole('button', { name: 'Close for good' }).click()
    await page.getByRole('button', { name: 'Revoke axe' }).click()
    await page.getByText('stops logging with its next request').waitFor()
    expect(await violations(page)).toEqual([])
    await page.getByRole('button', { name: 'Revoke key' }).click()
    await page.getByText('axe stopped working').waitFor()
    expect(await violations(page)).toEqual([])
  })

  test('setting up an authenticator, and keeping the recovery codes', async () => {
    const { owner } = await tenant(server)
    await using tab = await open(owner)
    const { page } = tab
    await page.goto('/portal/settings')
    await page.getByLabel('New password').fill('seven quiet grippers hum')
    await page.getByText('Strong').waitFor()
    await page.getByRole('button', { name: 'Set up' }).click()
    await page.getByRole('img', { name: 'The key, as a picture to scan' }).waitFor()
    expect(await violations(page)).toEqual([])
    const key = ((await page.getByRole('dialog').locator('code').textContent()) ?? '').replaceAll(' ', '')
    await page.getByLabel('Code').fill(new TOTP({ secret: key }).generate())
    await page.getByRole('button', { name: 'Turn on' }).click()
    await page.getByText('Keep your recovery codes').waitFor()
    await page.keyboard.press('Escape')
    await page.getByText('You have not taken them along yet.').waitFor()
    expect(await violations(page)).toEqual([])
  })

  test('the confirmation that it is you, and the second step of a sign-in', async () => {
    const { owner } = await tenant(server)
    const { auth } = portalClient(server, owner)
    const { secret } = await auth.startTotp.mutate()
    await auth.confirmTotp.mutate({ code: new TOTP({ secret }).generate() })
    await using tab = await open(undefined)
    const { page } = tab
    await page.goto('/login?next=/portal/settings')
    await signInOn(page, owner)
    await page.getByRole('heading', { name: 'Second step' }).waitFor()
    expect(await violations(page)).toEqual([])
    await page.getByLabel('Code').fill(new TOTP({ secret }).generate({ timestamp: Date.now() + 30_000 }))
    await page.keyboard.press('Enter')
    await page.getByText('This browser').waitFor()
    const verified_at = new Date(0).toISOString()
    const { account_id } = owner.caller
    await server.ctx.db
      .updateTable('sessions')
      .set({ verified_at })
      .where('account_id', '=', account_id)
      .execute()
    await page.getByRole('button', { name: 'Make new codes' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Make new codes' }).click()
    await page.getByLabel('Your password').waitFor()
    expect(await violations(page)).toEqual([])
  })

  test('making, showing and revoking an API token', async () => {
    const somebody = await tenant(server)
    await using tab = await open(somebody.owner)
    const { page } = tab
    await page.goto('/portal/tokens')
    await page.getByLabel('Validity').selectOption('Another number of days…')
    await page.getByRole('button', { name: 'make API token' }).click()
    await page.getByRole('button', { name: 'Copy token' }).waitFor()
    expect(await violations(page)).toEqual([])
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true)
    await page.getByRole('button', { name: /Revoke token/ }).click()
    await page.getByText('refused from its next request on').waitFor()
    expect(await violations(page)).toEqual([])
  })

  test('inviting, changing a role and removing somebody', async () => {
    await using tab = await open(at.owner)
    const { page } = tab
    await page.goto('/portal/members')
    await page.getByRole('button', { name: 'Invite', exact: true }).click()
    await page.getByLabel('E-mail').fill(`${theme}${viewport.width}@lab.example`)
    expect(await violations(page)).toEqual([])
    await page.getByRole('button', { name: 'Make invitation' }).click()
    await page.getByText('Send it to them yourself.').waitFor()
    expect(await violations(page)).toEqual([])
    await page.keyboard.press('Escape')
    await page.getByRole('button', { name: 'Actions for A member' }).click()
    await page.getByRole('menuitem', { name: 'Change role' }).click()
    await page.getByLabel('Role', { exact: true }).selectOption('Viewer')
    await page.locator('[data-consequences]').waitFor()
    expect(await violations(page)).toEqual([])
    await page.keyboard.press('Escape')
    await page.getByRole('button', { name: 'Actions for A member' }).click()
    await page.getByRole('menuitem', { name: 'Remove' }).click()
    await page.locator('[data-consequences]').waitFor()
    expect(await violations(page)).toEqual([])
  })

  test('set-up', async () => {
    await using empty = await startTestServer()
    const link = (await makeSetupLink(empty.ctx)) ?? ''
    await using tab = await openPage(browser, empty, undefined, { colorScheme: theme, viewport })
    await tab.page.goto(link)
    await tab.page.getByLabel('Your name').waitFor()
    expect(await violations(tab.page)).toEqual([])
  })
})
