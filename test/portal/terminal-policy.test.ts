import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { approve, pageOf, poll, start } from '../device-login/login.ts'
import { startTestServer } from '../harness.ts'
import { bearer, member, PASSWORD, tenant } from '../seed.ts'
import { launchBrowser, openPage, violations } from './browser.ts'
import { authorizeOn, heard, join, openLogin } from './terminal.ts'

let browser: Browser
beforeAll(async () => {
  browser = await launchBrowser()
})
afterAll(() => browser.close())

const OPEN = { allowed: true, networks: [], key_days: null, step_up: false }

const saved = (page: Page) => page.getByText('It holds from the next login on.')
const terminals = (page: Page) => page.getByRole('region', { name: 'Terminals' })

describe('the terminals of an organization', () => {
  test('are set by its owner, and the settings are there after a reload', async () => {
    await using server = await startTestServer()
    const { owner, organization_id } = await tenant(server)
    await using tab = await openPage(browser, server, owner)
    const { page } = tab
    await page.goto('/portal/organization')
    await page.getByRole('switch', { name: 'Terminals may log in' }).uncheck()
    await page.getByRole('switch', { name: 'Ask for the password at every login' }).check()
    await page.getByLabel('Networks terminals may log in from').fill(' 10.0.0.0/8\n\n2001:db8::/32 ')
    await page.getByLabel('A login’s key works').selectOption('For 90 days')
    await terminals(page).getByRole('button', { name: 'Save' }).click()
    await saved(page).waitFor()
    const set = {
      allowed: false,
      networks: ['10.0.0.0/8', '2001:db8::/32'],
      key_days: 90,
      step_up: true,
    }
    expect(await pageOf(server, owner).policy.query({ organization_id })).toEqual(set)
    await page.reload()
    await page.getByRole('switch', { name: 'Terminals may log in', checked: false }).waitFor()
    expect(await page.getByRole('switch', { name: /password/ }).isChecked()).toBe(true)
    expect(await page.getByLabel('Networks').inputValue()).toBe('10.0.0.0/8\n2001:db8::/32')
    expect(await page.getByLabel('A login’s key works').inputValue()).toBe('90')
    expect(tab.complaints).toEqual([])
  })

  test('are set by keyboard alone', async () => {
    await using server = await startTestServer()
    const { owner, organization_id } = await tenant(server)
    await using tab = await openPage(browser, server, owner)
    const { page } = tab
    await page.goto('/portal/organization')
    await page.getByRole('switch', { name: 'Terminals may log in' }).focus()
    await page.keyboard.press('Space')
    await page.keyboard.press('Tab')
    await page.keyboard.press('Tab')
    await page.keyboard.type('10.0.0.0/8')
    await page.keyboard.press('Tab')
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    await saved(page).waitFor()
    expect(await pageOf(server, owner).policy.query({ organization_id })).toEqual({
      ...{ allowed: false, step_up: false },
      ...{ networks: ['10.0.0.0/8'], key_days: 30 },
    })
  })

  test('a network that is none is named at its field, and nothing is saved', async () => {
    await using server = await startTestServer()
    const { owner, organization_id } = await tenant(server)
    await using tab = await openPage(browser, server, owner)
    const { page } = tab
    await page.goto('/portal/organization')
    const field = page.getByLabel('Networks terminals may log in from')
    await field.fill('10.0.0.0/8\nthe lab')
    await terminals(page).getByRole('button', { name: 'Save' }).click()
    await page.getByText('the lab: must be a network such as 10.0.0.0/8').waitFor()
    expect(await field.getAttribute('aria-invalid')).toBe('true')
    expect(await violations(page)).toEqual([])
    expect(await pageOf(server, owner).policy.query({ organization_id })).toEqual(OPEN)
    await field.fill('10.0.0.0/8')
    await page.getByText('the lab: must be').waitFor({ state: 'detached' })
  })

  test.each(['viewer', 'member'] as const)('a %s reads the settings and cannot change them', async (role) => {
    await using server = await startTestServer()
    const { owner, organization_id } = await tenant(server)
    const networks = ['10.0.0.0/8', '192.0.2.0/24']
    await pageOf(server, owner).setPolicy.mutate({ ...OPEN, organization_id, networks, key_days: 7 })
    const reader = await member(server, organization_id, role)
    await using tab = await openPage(browser, server, reader, { viewport: { width: 390, height: 844 } })
    const { page } = tab
    await page.goto('/portal/organization')
    await terminals(page).getByText('For 7 days').waitFor()
    const told = (await terminals(page).locator('dl').innerText()).split(/\n+/)
    expect(told).toEqual([
      ...['Logins', 'Allowed', 'Networks', ...networks],
      ...['A login’s key works', 'For 7 days', 'Password', 'Asked for from another network'],
    ])
    expect(await terminals(page).locator('button, input, select, textarea').count()).toBe(0)
    expect(await violations(page)).toEqual([])
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true)
  })

  test('a lifetime that was set elsewhere is kept and shown', async () => {
    await using server = await startTestServer()
    const { owner, organization_id } = await tenant(server)
    await pageOf(server, owner).setPolicy.mutate({ ...OPEN, organization_id, key_days: 7 })
    await using tab = await openPage(browser, server, owner)
    await tab.page.goto('/portal/organization')
    await terminals(tab.page).getByRole('button', { name: 'Save' }).click()
    await saved(tab.page).waitFor()
    expect((await pageOf(server, owner).policy.query({ organization_id })).key_days).toBe(7)
  })
})

describe('the device page says what the chosen organization asks for', () => {
  test('how long the key lives', async () => {
    await using server = await startTestServer()
    const { owner } = await tenant(server)
    const other = await tenant(server, { name: 'Northwind Manipulation' })
    await join(server, other.organization_id, owner, 'admin')
    await pageOf(server, owner).setPolicy.mutate({
      ...OPEN,
      ...{ organization_id: other.organization_id, key_days: 30 },
    })
    await using tab = await openPage(browser, server, owner)
    const { page } = tab
    await openLogin(server, page)
    await page.getByLabel('Organization').selectOption('Halcyon Robotics')
    await page.getByText('Until it is revoked').waitFor()
    await page.getByLabel('Organization').selectOption('Northwind Manipulation')
    await page.getByText('For 30 days').waitFor()
    expect(await page.getByText('Until it is revoked').count()).toBe(0)
  })

  test('the password, before it lets the terminal in', async () => {
    await using server = await startTestServer()
    const { owner } = await tenant(server)
    const strict = await tenant(server, { name: 'Northwind Manipulation' })
    await join(server, strict.organization_id, owner, 'admin')
    const { organization_id } = strict
    await pageOf(server, owner).setPolicy.mutate({ ...OPEN, organization_id, step_up: true })
    await using tab = await openPage(browser, server, owner)
    const { page } = tab
    const login = await openLogin(server, page)
    await page.getByLabel('Organization').selectOption('Halcyon Robotics')
    await page.getByLabel('Your password').waitFor({ state: 'detached' })
    await page.getByLabel('Organization').selectOption('Northwind Manipulation')
    await page.getByText('This organization asks for it at every login of a terminal.').waitFor()
    expect(await violations(page)).toEqual([])
    await page.getByLabel('Your password').fill('not this one')
    await authorizeOn(page)
    await page.getByText('This is not your password.').waitFor()
    expect(await heard(server, login)).toBe('pending')
    await page.getByLabel('Your password').fill(PASSWORD)
    await authorizeOn(page)
    await page.getByText('Waiting for the terminal').waitFor()
    expect(await poll(server, login.device_code)).toMatchObject({ client_id: organization_id })
  })
})

test('a key that expires says when, and afterwards that it has, without a button to revoke it', async () => {
  await using server = await startTestServer()
  const lab = await tenant(server)
  const { owner, organization_id } = lab
  await pageOf(server, owner).setPolicy.mutate({ ...OPEN, organization_id, key_days: 1 })
  const login = await start(server)
  await approve(server, lab, login)
  const { api_key = '' } = await poll(server, login.device_code)
  await using tab = await openPage(browser, server, owner)
  const { page } = tab
  await page.goto('/portal/api-keys')
  const row = page.getByRole('row', { name: login.user_code })
  await row.getByText(/^Expires in 2[34] h$/).waitFor()
  await row.getByText('Live').waitFor()
  expect(await row.getByText('Expires').locator('time').getAttribute('title')).toMatch(/\d\d:\d\d:\d\d/)
  await page.getByText('2 live keys', { exact: true }).waitFor()

  server.clock.advance('25h')
  // The clock of the browser is its own.
  await page.clock.install({ time: Date.now() })
  await page.reload()
  await row.getByText(/^Expired 1 h ago$/).waitFor()
  await page.getByText('1 live key, 1 expired', { exact: true }).waitFor()
  expect(await row.getByRole('button', { name: /Revoke|Rotate/ }).count()).toBe(0)
  expect(await violations(page)).toEqual([])
  expect((await server.fetch('/api/episodes', { headers: bearer(api_key) })).status).toBe(401)
})
