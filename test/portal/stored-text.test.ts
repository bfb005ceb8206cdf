import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { insertOrganization } from '../../server/organizations/organizations.ts'
import { startTestServer, type TestServer } from '../harness.ts'
import { portalClient } from '../portal-client.ts'
import { rawFetch } from '../raw-request.ts'
import { member, PASSWORD, type Person, person, tenant } from '../seed.ts'
import { launchBrowser, openPage } from './browser.ts'
import { sdk } from './seeded.ts'

let browser: Browser
beforeAll(async () => {
  browser = await launchBrowser()
})
afterAll(() => browser.close())

const IMG = '<img src=x onerror="document.title=\'owned\'">'
const PUBLIC_KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl'
/** What the texts of this file would put on a page, anywhere on it. */
const FOREIGN = 'img[src="x"], body script:not([src]), [onerror], [onload]'
const RTL = '\u202Egnp.exe'

test('(37) what others wrote is shown as text on every page, whatever it says', async () => {
  await using server = await startTestServer()
  const { owner, organization_id, api_key } = await tenant(server, { name: `${IMG} lab` })
  const staff = await person(server, { staff: true, name: `${IMG} staff` })
  const label = `${IMG} key`.slice(0, 80)
  await portalClient(server, owner).apiKeys.mint.mutate({ organization_id, label })
  const episode = await sdk(server, api_key).logEpisode({
    name: `${IMG} ${RTL}`,
    robot: IMG,
    policy_version: IMG,
    env_version: '<script>document.title="owned"</script>',
    git_sha: '"><svg onload=alert(1)>',
    status: 'failed',
    failure_reason: IMG,
    metadata: {
      [IMG]: { __type: `robotrace.${IMG}`, inner: IMG, [RTL]: RTL },
      long: 'x'.repeat(10_000),
      terminal: '\u001b[31mred\u001b[0m \u001b]8;;https://evil.example\u0007link',
      link: 'javascript:alert(1)',
    },
  })
  await insertOrganization(
    server.ctx.db,
    staff.caller.account_id,
    { name: `${IMG} two`, slug: 'two' },
    server.ctx.now().toISOString(),
  )

  await showsAsText(server, owner, [
    [`/portal/episodes/${episode.id}`, IMG],
    ['/portal/episodes', IMG],
    [`/portal/episodes?robot=${encodeURIComponent(IMG)}`, IMG],
    ['/portal/api-keys', label],
    ['/portal/settings', `${IMG} lab`],
  ])
  await showsAsText(server, staff, [
    ['/admin/clients', `${IMG} two`],
    [`/admin/clients/${organization_id}`, label],
  ])
})

/** An address, what is waited for there, and what has to be opened first. */
type Visit = [path: string, text: string, unfold?: (page: Page) => Promise<void>]

/** Opens each page and waits for the text; whatever it says, nothing of it has become part of the page. */
async function showsAsText(server: TestServer, who: Person | undefined, visits: Visit[]): Promise<void> {
  await using tab = await openPage(browser, server, who)
  const { page } = tab
  page.on('dialog', (dialog) => tab.complaints.push(dialog.message()))
  for (const [path, text, unfold] of visits) {
    await page.goto(path)
    await unfold?.(page)
    await page.locator('main, [role=dialog]').getByText(text).first().waitFor()
    expect(await page.locator(FOREIGN).count(), path).toBe(0)
    expect(await page.locator('a[href^="javascript:"]').count(), path).toBe(0)
    expect(await page.title(), path).not.toBe('owned')
    // A page that scrolls sideways has been broken by a long word.
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth'), path).toBe(true)
    expect(tab.complaints, path).toEqual([])
  }
}

test('(37) names of people, keys, tokens, robots and browsers are shown as text, in sentences of the trail too', async () => {
  await using server = await startTestServer()
  const { owner, organization_id, api_key, api_key_id } = await tenant(server, { name: `${IMG} lab` })
  const portal = portalClient(server, owner)
  const named = (what: string) => `${IMG} ${what}`
  const { api_key: key } = await portal.apiKeys.mint.mutate({
    organization_id,
    label: named('key'),
    note: `${named('note')} ${'x'.repeat(400)}`,
  })
  const { api_key: personal } = await portal.apiKeys.mintPersonal.mutate({ label: named('own key') })
  await portal.sshKeys.add.mutate({ name: named('laptop'), key_text: `${PUBLIC_KEY} ${named('comment')}` })
  const somebody = await member(server, organization_id, 'member')
  await portalClient(server, somebody).auth.rename.mutate({ name: named('casey') })
  await portal.members.changeRole.mutate({
    organization_id,
    account_id: somebody.caller.account_id,
    role: 'viewer',
  })
  await portal.apiKeys.revoke.mutate({ id: key.id })
  await portal.auth.rename.mutate({ name: named('ada') })
  const invited = { organization_id, email: 'robin@lab.example', role: 'viewer' as const }
  const { link } = await portal.invitations.make.mutate(invited)
  const agent = `${IMG} agent ${'x'.repeat(9_000)}`
  await rawFetch(server, '/api/whoami', { Authorization: `Bearer ${api_key}`, 'User-Agent': agent })
  const credentials = { email: owner.email, password: PASSWORD }
  const json = { 'Content-Type': 'application/json', 'User-Agent': agent }
  expect(
    (await rawFetch(server, '/api/v1/auth/login', json, 'POST', JSON.stringify(credentials))).status,
  ).toBe(200)
  await server.ctx.background.drain()
  // A robot's name ends in addresses and command lines: there, nothing of the kind is taken at all.
  const place = { org: organization_id, project: 'default' }
  await expect(portal.fleet.create.mutate({ ...place, name: IMG })).rejects.toMatchObject({
    data: { problem: { code: 'invalid_request' } },
  })
  const { id: device } = await portal.fleet.create.mutate({ ...place, name: 'arm-7' })
  const [ssh_key] = await portal.sshKeys.list.query()
  await portal.fleet.selectDoorKey.mutate({ ...place, device, ssh_key_id: ssh_key?.id ?? '' })
  expect([personal.label, api_key_id.length]).toEqual([named('own key'), 10])

  const unfold = async (page: Page) => {
    await page.locator('summary').filter({ hasText: 'changed the role of' }).click()
  }
  const openDetails = async (page: Page) => {
    await page.getByRole('button', { name: 'prod robot rig', exact: true }).click()
  }
  await showsAsText(server, owner, [
    ['/portal/members', named('casey')],
    ['/portal/api-keys', named('key')],
    ['/portal/api-keys', named('agent'), openDetails],
    ['/portal/settings/api-keys', named('own key')],
    ['/portal/ssh-keys', named('laptop')],
    ['/portal/ssh-keys', named('comment')],
    [`/portal/devices/${device}`, named('laptop')],
    ['/portal/settings', named('lab')],
    ['/portal/audit', named('casey'), unfold],
    ['/portal/audit', named('key')],
    [link, 'This invitation is for somebody else'],
  ])
  await showsAsText(server, undefined, [[link, named('lab')]])
})
