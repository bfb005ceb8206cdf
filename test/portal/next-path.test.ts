import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { nextPath } from '../../portal/accounts/next-path.ts'
import { startTestServer } from '../harness.ts'
import { PASSWORD, tenant } from '../seed.ts'
import { launchBrowser, openPage } from './browser.ts'

const ORIGIN = 'https://trace.example'

describe('(32) after signing in one lands only on a page of ours', () => {
  test.each([
    '//evil.example',
    '/\\evil.example',
    '/%2f%2fevil.example',
    'https:evil.example',
    'https://evil.example/portal',
    'javascript:alert(1)',
    '\t//evil.example',
    '/\t/evil.example',
    '/portal\n//evil.example',
    '/@evil.example',
    '/a?next=//evil.example',
    '/portal/../..//evil.example',
    '/portal//evil.example',
    '/portal\\..\\evil.example',
    '/portalevil',
    '/login?next=/portal',
    '/cli',
    '/cli/auth/approve',
    '/cli/auth?code=XKDF-PQ4N&approve=1',
    '/cli/auth?code=XKDF%0aPQ4N',
    '/cli/auth?organization=evil',
    '/invitation?token=somebody-elses',
    '/invitation/evil',
    '/api/episodes',
    '',
    undefined,
  ])('%j leads to the start page', (next) => {
    expect(nextPath(next, ORIGIN)).toBe('/')
  })

  test.each([
    '/portal',
    '/portal/episodes/ep_abc?t=12840ms',
    '/portal/episodes?robot=arm%2F01&org=halcyon',
    '/admin/clients',
    '/cli/auth',
    '/cli/auth?code=XKDF-PQ4N',
  ])('%s is kept as it is', (next) => {
    expect(nextPath(next, ORIGIN)).toBe(next)
  })
})

describe('(32) the same in a browser', () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await launchBrowser()
  })
  afterAll(() => browser.close())

  test.each([
    '//evil.example',
    '/\\evil.example',
    'javascript:alert(1)',
    '\t//evil.example',
    '/@evil.example',
  ])('signing in with ?next=%j stays on this server', async (next) => {
    await using server = await startTestServer()
    const { owner } = await tenant(server)
    await using tab = await openPage(browser, server)
    const elsewhere: string[] = []
    tab.page.on('request', (request) => {
      if (!request.url().startsWith(server.ctx.config.public_url)) elsewhere.push(request.url())
    })
    await tab.page.goto(`/login?next=${encodeURIComponent(next)}`)
    await tab.page.getByLabel('E-mail').fill(owner.email)
    await tab.page.getByLabel('Password').fill(PASSWORD)
    await tab.page.keyboard.press('Enter')
    await tab.page.waitForURL('**/portal/episodes')
    expect(elsewhere).toEqual([])
  })

  test('a wrong password says so and keeps the e-mail', async () => {
    await using server = await startTestServer()
    const { owner } = await tenant(server)
    await using tab = await openPage(browser, server)
    await tab.page.goto('/login')
    await tab.page.getByLabel('E-mail').fill(owner.email)
    await tab.page.getByLabel('Password').fill('not this one')
    await tab.page.keyboard.press('Enter')
    await tab.page.getByRole('alert').getByText('The e-mail address or the password is wrong.').waitFor()
    expect(await tab.page.getByLabel('E-mail').inputValue()).toBe(owner.email)
    expect(await tab.page.getByLabel('Password').inputValue()).toBe('')
  })
})
