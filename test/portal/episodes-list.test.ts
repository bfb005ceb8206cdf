import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { newId } from '../../server/db/ids.ts'
import { startTestServer, type TestServer } from '../harness.ts'
import { tenant } from '../seed.ts'
import { launchBrowser, openPage } from './browser.ts'
import { sdk } from './seeded.ts'

let browser: Browser
beforeAll(async () => {
  browser = await launchBrowser()
})
afterAll(() => browser.close())

/** Finalized episodes `run 1` to `run n`, the newest last. */
async function logRuns(server: TestServer, api_key: string, n: number): Promise<string[]> {
  const ids: string[] = []
  for (let at = 1; at <= n; at++) {
    const robot = at % 2 === 0 ? 'arm-even' : 'arm-odd'
    const status = at % 3 === 0 ? 'failed' : 'ready'
    const episode = await sdk(server, api_key).logEpisode({
      name: `run ${at}`,
      robot,
      status,
      policy_version: `v${at % 4}`,
    })
    ids.push(episode.id)
  }
  return ids
}

test('j and k walk over the rows, Enter opens the one in focus', async () => {
  await using server = await startTestServer()
  const { owner, api_key } = await tenant(server)
  const ids = await logRuns(server, api_key, 3)
  await using tab = await openPage(browser, server, owner)
  const { page } = tab
  await page.goto('/portal/episodes')
  await page.getByRole('link', { name: 'run 3' }).waitFor()
  const focused = () => page.evaluate('document.activeElement.id')
  await page.keyboard.press('j')
  expect(await focused()).toBe(`row-${ids[2]}`)
  await page.keyboard.press('j')
  await page.keyboard.press('j')
  await page.keyboard.press('j')
  expect(await focused()).toBe(`row-${ids[0]}`)
  await page.keyboard.press('k')
  expect(await focused()).toBe(`row-${ids[1]}`)
  await page.keyboard.press('Enter')
  await page.waitForURL(`**/portal/episodes/${ids[1]}`)
})

test('filters are chips that live in the address and survive a reload', async () => {
  await using server = await startTestServer()
  const { owner, api_key } = await tenant(server)
  await logRuns(server, api_key, 6)
  await using tab = await openPage(browser, server, owner)
  const { page } = tab
  await page.goto('/portal/episodes')
  await page.getByText('6 episodes').waitFor()
  await page.getByRole('button', { name: 'Failed' }).click()
  await page.getByText('2 episodes').waitFor()
  await page.keyboard.press('/')
  await page.keyboard.type('even')
  await page.keyboard.press('Enter')
  await page.waitForURL(
    (url) => url.searchParams.get('status') === 'failed' && url.searchParams.get('robot') === 'arm-even',
  )
  await page.getByText('1 episode', { exact: true }).waitFor()
  await page.reload()
  await page.getByText('1 episode', { exact: true }).waitFor()
  await page.getByRole('button', { name: 'Remove filter Robot' }).click()
  await page.getByText('2 episodes').waitFor()
  await page.goBack()
  await page.getByText('1 episode', { exact: true }).waitFor()
  await page.goto('/portal/episodes?policy_version=nothing&since=7d&source=sim')
  await page.getByText('No episode fits these filters').waitFor()
  await page.getByRole('button', { name: 'Clear filters' }).click()
  await page.getByText('6 episodes').waitFor()
})

test('a list of more than one page loads on as one scrolls, and keeps only the rows near the screen', async () => {
  await using server = await startTestServer()
  const { owner, api_key } = await tenant(server)
  await logRuns(server, api_key, 120)
  await using tab = await openPage(browser, server, owner)
  const { page } = tab
  await page.goto('/portal/episodes')
  await page.getByRole('link', { name: 'run 120' }).waitFor()
  const rows = page.locator('[role=row] a')
  expect(await rows.count()).toBeLessThan(50)
  await expect
    .poll(async () => {
      await page.mouse.wheel(0, 2000)
      return page.getByRole('link', { name: 'run 1', exact: true }).count()
    })
    .toBe(1)
  await page.getByText('120 episodes').waitFor()
  expect(await rows.count()).toBeLessThan(60)
})

test('an episode shows up while the list is open, and turns from recording to failed', async () => {
  await using server = await startTestServer()
  const { owner, api_key } = await tenant(server)
  await logRuns(server, api_key, 1)
  await using tab = await openPage(browser, server, owner)
  const { page } = tab
  await page.goto('/portal/episodes')
  await page.getByRole('link', { name: 'run 1' }).waitFor()
  const episode = await sdk(server, api_key).startEpisode({ name: 'live' })
  const row = page.getByRole('row', { name: /live/ })
  await row.getByText('Recording').waitFor()
  await episode.finalize({ status: 'failed', duration_s: 9, failure_time_s: 7.9 })
  await row.getByText('Failed').waitFor()
  await row.getByText('at 7.9 s').waitFor()
})

/** Finalized episodes of a minute each, the oldest of which said a robot that no device is called. */
async function longHistory(server: TestServer, organization_id: string, account_id: string, n: number) {
  const { db } = server.ctx
  const { id: project_id } = await db.selectFrom('projects').select('id').executeTakeFirstOrThrow()
  await db.transaction().execute(async (trx) => {
    for (let nth = 0; nth < n; nth++) {
      const at = new Date(Date.parse('2026-10-01T00:00:00Z') + nth * 60_000).toISOString()
      await trx
        .insertInto('episodes')
        .values({
          ...{ id: newId('ep'), organization_id, project_id, account_id, status: 'ready', source: 'real' },
          ...{ name: `run ${nth}`, robot: nth === 0 ? 'long gone' : null, metadata: '{}' },
          ...{ requested_uploads: '[]', bytes_total: 0, created_at: at, updated_at: at, finalized_at: at },
        })
        .execute()
    }
  })
}

test('what is rare is looked for step by step while the page is open, and found however far back it is', async () => {
  await using server = await startTestServer()
  const { owner, organization_id } = await tenant(server)
  await longHistory(server, organization_id, owner.caller.account_id, 30_000)
  await using tab = await openPage(browser, server, owner)
  const { page } = tab
  const asked: string[] = []
  page.on('request', (request) => {
    if (request.url().includes('/trpc/episodes.list')) asked.push(request.url())
  })
  await page.goto('/portal/episodes')
  await page.getByText('50 of 30,000 episodes').waitFor()
  asked.length = 0
  await page.goto('/portal/episodes?robot=long+gone')
  await page.getByRole('link', { name: 'run 0', exact: true }).waitFor()
  await page.getByText('1 episode', { exact: true }).waitFor()
  expect(asked.length).toBeGreaterThan(5)
  await page.goto('/portal/episodes?robot=nobody')
  await page.getByText('No episode fits these filters').waitFor()
})

test('a list keeps to the chosen project, and to the device in its address', async () => {
  await using server = await startTestServer()
  const { owner, api_key, organization_id } = await tenant(server)
  const at = server.ctx.now().toISOString()
  await server.ctx.db
    .insertInto('projects')
    .values({ id: newId('prj'), organization_id, slug: 'lab', name: 'Lab', created_at: at })
    .execute()
  await logRuns(server, api_key, 4)
  await using tab = await openPage(browser, server, owner)
  const { page } = tab
  await page.goto('/portal/episodes?project=default&device_id=arm-even')
  await page.getByText('2 episodes').waitFor()
  await page.getByRole('button', { name: 'Remove filter Device' }).click()
  await page.getByText('4 episodes').waitFor()
  await page.goto('/portal/episodes?project=lab')
  await page.getByText('Log your first episode').first().waitFor()
})
