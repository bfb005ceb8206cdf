import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
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
