import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { insertOrganization } from '../../server/organizations/organizations.ts'
import { startTestServer } from '../harness.ts'
import { portalClient } from '../portal-client.ts'
import { person, tenant } from '../seed.ts'
import { launchBrowser, openPage } from './browser.ts'
import { sdk } from './seeded.ts'

let browser: Browser
beforeAll(async () => {
  browser = await launchBrowser()
})
afterAll(() => browser.close())

const IMG = '<img src=x onerror="document.title=\'owned\'">'
const RTL = '\u202Egnp.exe'

test('what others wrote is shown as text on every page, whatever it says', async () => {
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

  const pages: [string, typeof owner, string][] = [
    [`/portal/episodes/${episode.id}`, owner, IMG],
    ['/portal/episodes', owner, IMG],
    [`/portal/episodes?robot=${encodeURIComponent(IMG)}`, owner, IMG],
    ['/portal/api-keys', owner, label],
    ['/portal/settings', owner, `${IMG} lab`],
    ['/admin/clients', staff, `${IMG} two`],
    [`/admin/clients/${organization_id}`, staff, label],
  ]
  for (const [path, who, text] of pages) {
    await using tab = await openPage(browser, server, who)
    const { page } = tab
    page.on('dialog', (dialog) => tab.complaints.push(dialog.message()))
    await page.goto(path)
    await page.locator('main').getByText(text).first().waitFor()
    expect(await page.locator('main img, main script, main [onerror], main [onload]').count(), path).toBe(0)
    expect(await page.locator('a[href^="javascript:"]').count(), path).toBe(0)
    expect(await page.title(), path).not.toBe('owned')
    // A page that scrolls sideways has been broken by a long word.
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth'), path).toBe(true)
    expect(tab.complaints, path).toEqual([])
  }
})
