import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { SECTIONS } from '../../server/doors.ts'
import { startTestServer } from '../harness.ts'
import { tenant } from '../seed.ts'
import { launchBrowser, openPage, violations } from './browser.ts'

let browser: Browser
beforeAll(async () => {
  browser = await launchBrowser()
})
afterAll(() => browser.close())

const READY = { name: 'RoboTrace API', level: 1 } as const

describe('the API reference', () => {
  test('(35) shows every section and its operations, asks this server alone, and evaluates nothing', async () => {
    await using server = await startTestServer()
    await using tab = await openPage(browser, server)
    const { page } = tab
    const asked: string[] = []
    page.on('request', (request) => asked.push(request.url()))
    const answer = await page.goto('/docs/api')
    const policy = answer?.headers()['content-security-policy'] ?? ''
    expect(policy).toContain("default-src 'none'; script-src 'self';")
    expect(policy).not.toMatch(/unsafe-eval|https?:|\*/)
    await page.getByRole('heading', READY).waitFor()
    const contents = page.getByRole('complementary').or(page.getByRole('navigation')).first()
    for (const { name } of SECTIONS) await page.getByText(name, { exact: true }).first().waitFor()
    await contents.waitFor()
    await page.goto('/docs/api#tag/webhooks')
    await page.getByText('Add a webhook; its secret is in this answer and nowhere else').first().waitFor()
    await page.getByText('https://hooks.example.com/robotrace').first().waitFor()
    const own = new URL(server.ctx.config.public_url).origin
    expect(asked.filter((url) => !url.startsWith(`${own}/`) && !url.startsWith('data:'))).toEqual([])
    expect(asked.some((url) => url.endsWith('/api/openapi.json'))).toBe(true)
    expect(tab.complaints).toEqual([])
  })

  test('is found from the portal, in its colours', async () => {
    await using server = await startTestServer()
    const { owner } = await tenant(server)
    await using tab = await openPage(browser, server, owner, { colorScheme: 'dark' })
    const { page } = tab
    await page.goto('/portal/api-keys')
    await page.getByRole('complementary').getByRole('link', { name: 'API reference' }).click()
    await page.getByRole('heading', READY).waitFor()
    const background = await page.evaluate('getComputedStyle(document.body).backgroundColor')
    // Dark, by its lightness.
    expect(background).toMatch(/^oklch\(0\.1/)
    await page.getByRole('link', { name: 'API keys', exact: true }).first().click()
    // The address changes before the portal listens to keys: its heading says that it does.
    await page.getByRole('heading', { name: 'API keys', level: 1 }).waitFor()
    await page.keyboard.press('Control+k')
    await page.getByRole('combobox', { name: 'Search and commands' }).fill('api reference')
    await page.getByRole('option', { name: 'API reference' }).waitFor()
    await page.keyboard.press('Enter')
    await page.waitForURL('**/docs/api')
    expect(tab.complaints).toEqual([])
  })

  test('loosens the policy of no other page', async () => {
    await using server = await startTestServer()
    for (const path of ['/portal/api-keys', '/docs/problems', '/login', '/api/openapi.json']) {
      const policy = (await server.fetch(path)).headers.get('content-security-policy')
      expect(policy, path).toContain("style-src 'self';")
    }
  })

  test.each(['light', 'dark'] as const)('has nothing that axe finds wrong, %s', async (colorScheme) => {
    await using server = await startTestServer()
    await using tab = await openPage(browser, server, undefined, { colorScheme })
    await tab.page.goto('/docs/api')
    await tab.page.getByRole('heading', READY).waitFor()
    expect(await violations(tab.page)).toEqual([])
  })
})
