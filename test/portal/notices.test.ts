import { writeFileSync } from 'node:fs'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { approve, poll, start } from '../device-login/login.ts'
import { put, start as startEpisode, withVideo } from '../episode-requests.ts'
import { startTestServer } from '../harness.ts'
import { scratchFolder } from '../operator-commands.ts'
import { portalClient } from '../portal-client.ts'
import { bearer, person, tenant } from '../seed.ts'
import { launchBrowser, openPage } from './browser.ts'

let browser: Browser
beforeAll(async () => {
  browser = await launchBrowser()
})
afterAll(() => browser.close())

const ELSEWHERE = '203.0.113.9'

test('whoever authorized a terminal is told on every page, and can revoke its key from there', async () => {
  await using server = await startTestServer()
  const lab = await tenant(server)
  const login = await start(server)
  await approve(server, lab, login)
  const { api_key = '' } = await poll(server, login.device_code)
  await using tab = await openPage(browser, server, lab.owner)
  const { page } = tab
  await page.goto('/portal/settings')
  await page.getByText('You authorized bench-3 at 127.0.0.1 for Halcyon Robotics.').waitFor()
  await page.getByRole('button', { name: 'Revoke this key' }).click()
  const dialog = page.getByRole('dialog', { name: 'Revoke the key of bench-3?' })
  await dialog.getByText(api_key.slice(0, 13)).waitFor()
  expect((await server.fetch('/api/episodes', { headers: bearer(api_key) })).status).toBe(200)
  await dialog.getByRole('button', { name: 'Revoke key' }).click()
  await page.getByText(`robotrace-cli (${login.user_code}) stopped working.`).waitFor()
  await page.getByText('You authorized bench-3').waitFor({ state: 'detached' })
  expect((await server.fetch('/api/episodes', { headers: bearer(api_key) })).status).toBe(401)
  expect(tab.complaints).toEqual([])
})

test('a finished login that is used again from elsewhere is told with the address', async () => {
  await using server = await startTestServer({ ROBOTRACE_TRUSTED_PROXIES: '127.0.0.1/32' })
  const lab = await tenant(server)
  const login = await start(server)
  await approve(server, lab, login)
  await poll(server, login.device_code)
  await poll(server, login.device_code, ELSEWHERE)
  await using tab = await openPage(browser, server, lab.owner)
  await tab.page.goto('/portal/episodes')
  await tab.page.getByText(`The finished login of bench-3 was used again from ${ELSEWHERE}.`).waitFor()
  expect(await tab.page.getByRole('button', { name: 'Revoke this key' }).count()).toBe(2)
})

test('staff are told on every page that a backup failed, and why', async () => {
  using scratch = scratchFolder()
  // A file stands where the folder should be.
  writeFileSync(scratch.in('backups'), '')
  await using server = await startTestServer({ ROBOTRACE_BACKUP_TO: scratch.in('backups') }, { file: true })
  const lab = await tenant(server)
  const { account_id: id } = lab.owner.caller
  await server.ctx.db
    .updateTable('accounts')
    .set({ staff_since: '2026-01-01' })
    .where('id', '=', id)
    .execute()
  await server.ctx.background.drain()
  await using tab = await openPage(browser, server, lab.owner)
  await tab.page.goto('/portal/episodes')
  await tab.page.getByText(`The scheduled backup to ${scratch.in('backups')} failed: ENOTDIR`).waitFor()
  expect(tab.complaints).toEqual([])
})

test('owners whose quota refused an upload are told how full it is, and led to where room is made', async () => {
  await using server = await startTestServer()
  const { owner, organization_id, api_key } = await tenant(server)
  await withVideo(server, api_key, 'x'.repeat(4_000))
  const { storage } = portalClient(server, await person(server, { staff: true }))
  await storage.setQuota.mutate({ organization_id, quota_bytes: 5_000 })
  const { upload_urls } = await startEpisode(server, api_key, { request_uploads: ['video'] })
  expect((await put(upload_urls[0]?.url ?? '', 'x'.repeat(9_000))).status).toBe(507)
  await using tab = await openPage(browser, server, owner)
  const { page } = tab
  await page.goto('/portal/episodes')
  await page
    .getByText('Halcyon Robotics stores 4.0 kB of the 5.0 kB it may: an upload was refused.')
    .waitFor()
  await page.getByRole('region', { name: 'Notices' }).getByRole('link', { name: 'Storage' }).click()
  await page.waitForURL(/\/portal\/organization\?.*#storage$/)
  await page.getByRole('heading', { name: 'Storage' }).waitFor()
  expect(tab.complaints).toEqual([])
})
