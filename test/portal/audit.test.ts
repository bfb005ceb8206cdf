import { readFileSync } from 'node:fs'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { recordEvent } from '../../server/audit/audit.ts'
import { approve, start } from '../device-login/login.ts'
import { startTestServer } from '../harness.ts'
import { portalClient } from '../portal-client.ts'
import { member, person, tenant } from '../seed.ts'
import { launchBrowser, openPage } from './browser.ts'

let browser: Browser
beforeAll(async () => {
  browser = await launchBrowser()
})
afterAll(() => browser.close())

test('an admin reads what was done in sentences, unfolds one, and narrows the list by it', async () => {
  await using server = await startTestServer()
  const home = await tenant(server)
  await approve(server, home, await start(server))
  const admin = await member(server, home.organization_id, 'admin')
  await portalClient(server, admin).apiKeys.mint.mutate({
    organization_id: home.organization_id,
    label: 'casey laptop',
  })
  await using tab = await openPage(browser, server, admin)
  const { page } = tab
  await page.goto('/portal/episodes')
  await page.getByRole('link', { name: 'Audit', exact: true }).click()
  const line = page.getByRole('listitem').filter({ hasText: 'Ada Okafor approved the login of bench-3' })
  await line.locator('summary').click()
  await line.getByText('device_login.approved').waitFor()
  expect(await line.getByText(/^req_/).count()).toBe(1)
  expect(await line.getByText(/^ses_/).count()).toBe(1)

  await line.getByRole('button', { name: 'Only what Ada Okafor did' }).click()
  await page.getByText('2 events').waitFor()
  expect(page.url()).toContain(`actor=${home.owner.caller.account_id}`)
  await page.getByText('casey laptop').waitFor({ state: 'detached' })
  await page.reload()
  await page.getByText('2 events').waitFor()
  await page.getByLabel('What').selectOption('API keys')
  await page.getByText('1 event').waitFor()
  await page.getByRole('button', { name: 'Remove filter By' }).click()
  await page.getByText('casey laptop').waitFor()
  await page.getByLabel('Outcome').selectOption('Failed')
  await page.getByRole('button', { name: 'Clear filters' }).click()
  await page.getByText('3 events').waitFor()
  expect(new URL(page.url()).search).toBe('')
  expect(tab.complaints).toEqual([])
})

test('the export is the file of what the filters leave, and stands in the trail', async () => {
  await using server = await startTestServer()
  const { owner } = await tenant(server)
  await using tab = await openPage(browser, server, owner)
  const { page } = tab
  await page.goto('/portal/audit?action=api_key')
  await page.getByText('made the API key').waitFor()
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('link', { name: 'Export as CSV' }).click(),
  ])
  expect(download.suggestedFilename()).toMatch(/^audit lab-\w+ \d{4}-\d{2}-\d{2}\.csv$/)
  const lines = readFileSync(await download.path(), 'utf8')
    .trimEnd()
    .split('\r\n')
  expect(lines).toHaveLength(2)
  expect(lines[0]).toMatch(/^seq,id,at,action,/)
  expect(lines[1]).toContain('api_key.minted')
  await page.goto('/portal/audit')
  await page.getByText('exported the audit trail').waitFor()
})

test('a long trail is read on, page by page', async () => {
  await using server = await startTestServer()
  const { owner, organization_id } = await tenant(server)
  await server.ctx.db.transaction().execute(async (trx) => {
    const actor = { kind: 'anonymous' as const, id: null, ip: '192.0.2.7', user_agent: '' }
    for (let nth = 0; nth < 60; nth++) {
      const at = server.ctx.now().toISOString()
      await recordEvent(trx, at, { action: 'device_login.started', actor, organization_id, target: 'dl_x' })
    }
  })
  await using tab = await openPage(browser, server, owner)
  await tab.page.goto('/portal/audit')
  await tab.page.getByText('50 events shown').waitFor()
  await tab.page.getByRole('button', { name: 'Show older events' }).click()
  await tab.page.getByText('61 events').waitFor()
})

test('(37) what somebody calls themselves stays text, and a member is told whose page it is', async () => {
  await using server = await startTestServer()
  const { owner, organization_id } = await tenant(server)
  const evil = '<img src=x onerror="document.title=1">'
  await portalClient(server, owner).apiKeys.mint.mutate({ organization_id, label: evil })
  await using tab = await openPage(browser, server, owner)
  await tab.page.goto('/portal/audit')
  await tab.page.getByText(evil).waitFor()
  expect(await tab.page.locator('img[src=x]').count()).toBe(0)
  await using other = await openPage(browser, server, await member(server, organization_id, 'member'))
  await other.page.goto('/portal/audit')
  await other.page.getByText('For admins and owners').waitFor()
  expect(await other.page.getByRole('link', { name: 'Audit', exact: true }).count()).toBe(0)
})

test('staff reads the whole server and gives a client a rate limit of its own', async () => {
  await using server = await startTestServer()
  const { organization_id } = await tenant(server)
  const sam = await person(server, { staff: true, name: 'Sam Staff' })
  await using tab = await openPage(browser, server, sam)
  const { page } = tab
  await page.goto(`/admin/clients/${organization_id}`)
  await page.getByLabel('Requests a minute for each key').fill('600')
  await page.getByRole('form', { name: 'Key policy' }).getByRole('button', { name: 'Save' }).click()
  await page.getByText('Saved', { exact: true }).waitFor()
  await page.getByRole('link', { name: 'Server audit' }).click()
  await page.getByText('Sam Staff changed the rate limit of Halcyon Robotics').waitFor()
  expect(await page.getByRole('link', { name: 'Export as NDJSON' }).getAttribute('href')).toContain(
    '/api/v1/admin/audit?format=ndjson',
  )
})
