import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { archiveEpisode } from '../../server/episodes/archive.ts'
import { startTestServer } from '../harness.ts'
import { member, tenant } from '../seed.ts'
import { launchBrowser, openPage } from './browser.ts'
import { FRAMES_PER_SECOND, logFailedRun, sdk } from './seeded.ts'

let browser: Browser
beforeAll(async () => {
  browser = await launchBrowser()
})
afterAll(() => browser.close())

const position = (page: Page) => page.getByRole('slider', { name: 'Position' })

/** The number drawn into the frame on screen is frame/30 s, so the position of the media element proves it. */
async function frameOnScreen(page: Page): Promise<number> {
  const seconds = Number(await page.evaluate('document.querySelector("video").currentTime'))
  return Math.floor(seconds * FRAMES_PER_SECOND)
}

const atFrame = (page: Page, frame: number) =>
  expect.poll(() => position(page).getAttribute('aria-valuetext')).toContain(`frame ${frame}`)

describe('the player', () => {
  test('a link with ?t= opens at that frame, the pin jumps to the failure, the arrows step by one', async () => {
    await using server = await startTestServer()
    const { owner, api_key } = await tenant(server)
    const episode = await logFailedRun(server, api_key)
    await using tab = await openPage(browser, server, owner)
    const { page } = tab
    await page.goto(`/portal/episodes/${episode.id}?t=2000ms`)
    await atFrame(page, 60)
    expect(await frameOnScreen(page)).toBe(60)
    await page.getByRole('button', { name: 'Failed at 4.1 s. Jump there' }).click()
    await atFrame(page, 123)
    expect(await frameOnScreen(page)).toBe(123)
    await page.keyboard.press('ArrowLeft')
    await atFrame(page, 122)
    await page.keyboard.press('ArrowRight')
    await page.keyboard.press('ArrowRight')
    await atFrame(page, 124)
    expect(await frameOnScreen(page)).toBe(124)
    await page.keyboard.press('f')
    await atFrame(page, 123)
    expect(tab.complaints).toEqual([])
  })

  test('the link to a moment leads back to the same frame', async () => {
    await using server = await startTestServer()
    const { owner, api_key } = await tenant(server)
    const episode = await logFailedRun(server, api_key)
    await using tab = await openPage(browser, server, owner, {
      permissions: ['clipboard-read', 'clipboard-write'],
    })
    const { page } = tab
    await page.goto(`/portal/episodes/${episode.id}?t=4.1s`)
    await atFrame(page, 123)
    await page.getByRole('button', { name: 'Copy link to this moment' }).click()
    const link = String(await page.evaluate('navigator.clipboard.readText()'))
    expect(new URL(link).searchParams.get('t')).toMatch(/^\d+ms$/)
    await page.goto(link)
    await atFrame(page, 123)
  })
})

test('what it takes to do the run again stands above the fold, the 64-bit seed to its last digit', async () => {
  await using server = await startTestServer()
  const { owner, api_key } = await tenant(server)
  const episode = await logFailedRun(server, api_key)
  await using tab = await openPage(browser, server, owner)
  const { page } = tab
  await page.goto(`/portal/episodes/${episode.id}`)
  for (const text of ['pick-place 0.4.2', 'tabletop-sim 1.3.0', '18446744073709551615', 'bench-arm-03']) {
    const box = await page.getByText(text, { exact: true }).boundingBox()
    expect(box && box.y + box.height).toBeLessThan(260)
  }
  await page.getByTitle('9c1e7a40b2d84f6e8a1355f0c7d92be461f0a7d3').waitFor()
  await page.getByText('grip lost').waitFor()
})

test('an archived episode leaves the list, and undo brings it back', async () => {
  await using server = await startTestServer()
  const { owner, api_key } = await tenant(server)
  const episode = await sdk(server, api_key).logEpisode({ name: 'a note', status: 'ready' })
  await using tab = await openPage(browser, server, owner)
  const { page } = tab
  await page.goto(`/portal/episodes/${episode.id}`)
  await page.getByRole('button', { name: 'Archive' }).click()
  await page.getByText('This episode is archived').waitFor()
  await page.getByText('a note is archived').waitFor()
  await page.getByRole('button', { name: 'Undo' }).click()
  await page.getByText('a note is back in the list').waitFor()
  await page.getByText('This episode is archived').waitFor({ state: 'detached' })

  await page.getByRole('button', { name: 'Archive' }).click()
  await page.getByRole('button', { name: 'Restore' }).waitFor()
  await expect
    .poll(async () => (await sdk(server, api_key).getEpisode(episode.id)).archived_at)
    .not.toBeNull()
  await page.goto('/portal/episodes?archived=1')
  await page.getByRole('link', { name: 'a note' }).waitFor()
})

test('a viewer can look at an archived episode but not restore it', async () => {
  await using server = await startTestServer()
  const { owner, organization_id, api_key } = await tenant(server)
  const episode = await sdk(server, api_key).logEpisode({ name: 'a note', status: 'ready' })
  await archiveEpisode(server.ctx, owner.caller, episode.id)
  const viewer = await member(server, organization_id, 'viewer')
  await using tab = await openPage(browser, server, viewer)
  await tab.page.goto(`/portal/episodes/${episode.id}`)
  await tab.page.getByText('This episode is archived').waitFor()
  expect(await tab.page.getByRole('button', { name: /Restore|Archive/ }).count()).toBe(0)
})

test('a recording turns ready by itself while somebody looks at it', async () => {
  await using server = await startTestServer()
  const { owner, api_key } = await tenant(server)
  const episode = await sdk(server, api_key).startEpisode({ name: 'live', request_uploads: ['video'] })
  await using tab = await openPage(browser, server, owner)
  const { page } = tab
  await page.goto(`/portal/episodes/${episode.id}`)
  await page.getByText('The video appears here by itself').waitFor()
  await page.getByText('Expected').waitFor()
  await episode.finalize({ status: 'ready', duration_s: 3 })
  await page.getByText('A video was announced but never uploaded.').waitFor()
  await page.getByText('Never uploaded', { exact: true }).waitFor()
  await page.getByText('Ready').waitFor()
})

test("another tenant's episode looks exactly like one that does not exist", async () => {
  await using server = await startTestServer()
  const { owner } = await tenant(server)
  const other = await tenant(server, { name: 'Tideway' })
  const episode = await sdk(server, other.api_key).logEpisode({ name: 'not yours', status: 'ready' })
  await using tab = await openPage(browser, server, owner)
  const { page } = tab
  await page.goto(`/portal/episodes/${episode.id}`)
  await page.getByText('There is no such episode').waitFor()
  const theirs = await page.locator('main').innerText()
  await page.goto('/portal/episodes/ep_00000000000000000000')
  await page.getByText('There is no such episode').waitFor()
  expect(await page.locator('main').innerText()).toBe(theirs)
})
