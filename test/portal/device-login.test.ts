import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CLIENT_AGENT, pageOf, poll, post, start, started } from '../device-login/login.ts'
import { startTestServer } from '../harness.ts'
import { bearer, member, tenant } from '../seed.ts'
import { launchBrowser, openPage, violations } from './browser.ts'
import { authorizeOn, awakeButton, heard, join, linkOf, openField, openLogin, signInOn } from './terminal.ts'

let browser: Browser
beforeAll(async () => {
  browser = await launchBrowser()
})
afterAll(() => browser.close())

test('a person signs in, compares, authorizes, and sees the terminal pick its key up', async () => {
  await using server = await startTestServer()
  const { owner } = await tenant(server)
  await using tab = await openPage(browser, server)
  const { page } = tab
  const login = await start(server)
  await page.goto(linkOf(login))
  await page.getByText('A terminal is waiting to be let in').waitFor()
  expect(page.url()).toBe(`${server.ctx.config.public_url}/cli/auth`)
  await signInOn(page, owner)
  await page.getByText('Make sure the same code shows in your terminal.').waitFor()
  expect(page.url()).toBe(`${server.ctx.config.public_url}/cli/auth`)
  await authorizeOn(page)

  await page.getByText('Return to your terminal.').waitFor()
  await page.getByText('Waiting for the terminal to pick its key up').waitFor()
  const { api_key = '' } = await poll(server, login.device_code)
  await page.getByText('The terminal picked its key up. It is signed in.').waitFor()
  expect((await server.fetch('/api/episodes', { headers: bearer(api_key) })).status).toBe(200)

  await page.getByRole('link', { name: 'API keys' }).click()
  const row = page.getByRole('row', { name: `robotrace-cli (${login.user_code})` })
  await row.getByText('bench-3').waitFor()
  await row.getByText('robotrace-python/0.3.0').waitFor()
  expect(tab.complaints).toEqual([])
})

test('D21 strong rights stand apart, in words, and what the approver cannot give is said', async () => {
  await using server = await startTestServer()
  const { organization_id } = await tenant(server)
  const who = await member(server, organization_id, 'member')
  await using tab = await openPage(browser, server, who)
  const { page } = tab
  const answer = await post(server, '/api/cli/auth/start', {
    user_agent: CLIENT_AGENT,
    hostname: 'bench-3',
    scope: 'episodes:write episodes:read fleet:write keys:manage',
  })
  await page.goto(linkOf(started.parse(await answer.json())))
  await page.getByText('Log and read episodes').waitFor()
  await page.getByText('Change the fleet — add, change and remove devices').waitFor()
  await page.getByText('It also asks to manage API keys. Your role does not allow that').waitFor()
  expect(await violations(page)).toEqual([])
})

test('D21, D25 the page says who asks, from where, with what, since when, for which key, and gives both answers the same weight', async () => {
  await using server = await startTestServer()
  const { owner } = await tenant(server)
  await using tab = await openPage(browser, server, owner)
  const { page } = tab
  const login = await openLogin(server, page)
  const text = (await page.locator('main').innerText())
    .replace(login.user_code, 'XXXX-XXXX')
    .replace(owner.email, 'ada@lab.example')
    .replace(/just now\n|\d+ s ago/, 'TIME\n')
    .replace(/\n+/g, '\n')
  expect(text).toMatchInlineSnapshot(`
    "RoboTrace
    Is this your terminal?
    Make sure the same code shows in your terminal.
    XXXX-XXXX
    Machine
    bench-3
    Address
    127.0.0.1
    Program
    robotrace-python/0.3.0 cpython/3.12.3 linux/x86_64
    as robotrace-cli
    Started
    TIME
    Organization
    Halcyon Robotics
    Rights
    Log and read episodes, record and read evaluations, see the fleet
    Valid
    Until it is revoked
    Only continue if you started this yourself, just now.
    Refuse
    Authorize device
    Can be pressed once this page has been in front for a second and you have moved or pressed something.
    Signed in as ada@lab.example"
  `)
  const size = async (name: string) => {
    const { width, height } = (await page.getByRole('button', { name }).boundingBox()) ?? {}
    return { width, height }
  }
  expect(await size('Refuse')).toEqual(await size('Authorize device'))
  // The terminal's secret is nowhere on the page, and the code is the only thing that is large.
  expect(await page.content()).not.toContain(login.device_code)
  const large =
    '[...document.querySelectorAll("main *")].filter((one) => getComputedStyle(one).fontSize === "40px")'
  expect(await page.evaluate(`${large}.map((one) => one.textContent)`)).toEqual([login.user_code])
})

test('(35) the sign-in page brings one back with the code, which the address bar does not keep', async () => {
  await using server = await startTestServer()
  const { owner } = await tenant(server)
  await using tab = await openPage(browser, server)
  const { page } = tab
  const login = await start(server)
  await page.goto(`/login?next=${encodeURIComponent(linkOf(login))}`)
  await signInOn(page, owner)
  await page.getByText(login.user_code).waitFor()
  await page.waitForURL('**/cli/auth')
  expect(page.url()).toBe(`${server.ctx.config.public_url}/cli/auth`)
})

test('refusing works at once and turns the terminal away', async () => {
  await using server = await startTestServer()
  const { owner } = await tenant(server)
  await using tab = await openPage(browser, server, owner)
  const login = await openLogin(server, tab.page)
  await tab.page.getByRole('button', { name: 'Refuse' }).click()
  await tab.page.getByText('The terminal was turned away and got no key.').waitFor()
  expect(await heard(server, login)).toBe('denied')
})

test('a code can be typed, pasted and mended: case is folded, what is no symbol of a code is dropped', async () => {
  await using server = await startTestServer()
  const { owner } = await tenant(server)
  await using tab = await openPage(browser, server, owner)
  const { page } = tab
  const login = await start(server)
  await openField(page)
  const field = page.getByLabel('Code')
  await page.keyboard.type('xk!aeiou-')
  expect(await field.inputValue()).toBe('XK')
  await page.keyboard.press('ArrowLeft')
  await page.keyboard.type('d')
  expect(await field.inputValue()).toBe('XDK')
  await page.keyboard.press('Enter')
  await page.getByText('A code has eight letters and digits.').waitFor()
  await page.keyboard.press('Control+a')
  await page.keyboard.insertText(`  ${login.user_code.toLowerCase()} \n`)
  expect(await field.inputValue()).toBe(login.user_code.replace('-', ''))
  await page.keyboard.press('Enter')
  await page.getByText(login.user_code).waitFor()
})

test('everything can be done with the keyboard alone', async () => {
  await using server = await startTestServer()
  const { owner } = await tenant(server)
  await using tab = await openPage(browser, server, owner)
  const { page } = tab
  const login = await start(server)
  await openField(page)
  await page.keyboard.type(login.user_code)
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'Is this your terminal?' }).waitFor()
  await page.keyboard.press('Tab')
  expect(await page.evaluate('document.activeElement.textContent')).toContain('Refuse')
  await page.keyboard.press('Tab')
  expect(await page.evaluate('document.activeElement.textContent')).toContain('Authorize device')
  await awakeButton(page).waitFor()
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'You authorized this device' }).waitFor()
  await expect.poll(() => page.evaluate('document.activeElement.tagName')).toBe('H1')
})

test('with several organizations the key goes to the chosen one; without one there is nothing to authorize', async () => {
  await using server = await startTestServer()
  const { owner } = await tenant(server)
  const other = await tenant(server, { name: 'Northwind Manipulation' })
  await join(server, other.organization_id, owner, 'member')
  await using tab = await openPage(browser, server, owner)
  const login = await openLogin(server, tab.page)
  await tab.page.getByLabel('Organization').selectOption('Northwind Manipulation')
  await authorizeOn(tab.page)
  await tab.page.getByText('Waiting for the terminal').waitFor()
  expect(await poll(server, login.device_code)).toMatchObject({ client_id: other.organization_id })

  const lab = await tenant(server)
  const viewer = await join(server, lab.organization_id, undefined, 'viewer')
  await using looking = await openPage(browser, server, viewer)
  const second = await openLogin(server, looking.page)
  await looking.page.getByText('None of your organizations lets you sign a terminal in.').waitFor()
  expect(await looking.page.getByRole('button', { name: 'Authorize device' }).isDisabled()).toBe(true)
  await looking.page.getByRole('button', { name: 'Refuse' }).click()
  await looking.page.getByText('This login was refused').waitFor()
  expect(await heard(server, second)).toBe('denied')
})

describe.each([
  { theme: 'light' as const, viewport: { width: 1280, height: 800 } },
  { theme: 'dark' as const, viewport: { width: 1280, height: 800 } },
  { theme: 'dark' as const, viewport: { width: 390, height: 844 } },
])('axe finds nothing in the $theme theme at $viewport.width px', ({ theme, viewport }) => {
  test('from the code to the tick', async () => {
    await using server = await startTestServer({ ROBOTRACE_TRUSTED_PROXIES: '127.0.0.1/32' })
    const { owner } = await tenant(server)
    const options = { colorScheme: theme, viewport, reducedMotion: 'reduce' as const }
    await using tab = await openPage(browser, server, owner, options)
    const { page } = tab
    const clean = async (where: string): Promise<void> => {
      expect(await violations(page), where).toEqual([])
      expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth'), where).toBe(true)
    }
    await page.goto('/cli/auth')
    await page.getByLabel('Code').fill('XKDFPQ4N')
    await clean('the field')
    await page.keyboard.press('Enter')
    await page.getByText('There is no login with this code.').waitFor()
    await clean('an unknown code')
    await openLogin(server, page, '203.0.113.9')
    await clean('another network')
    const login = await openLogin(server, page)
    await clean('the question')
    await authorizeOn(page)
    await page.getByText('Waiting for the terminal').waitFor()
    await clean('authorized')
    await poll(server, login.device_code)
    await page.getByText('It is signed in.').waitFor()
    await clean('picked up')
    await page.goto(linkOf(login))
    await page.getByText('This code has been used').waitFor()
    await clean('used')
    await page.goto('/portal/api-keys')
    await page.getByRole('button', { name: 'Revoke this key' }).click()
    await page.getByRole('dialog').waitFor()
    await clean('a notice and its question')
  })
})

test('a code that was decided elsewhere says so, and what to do next', async () => {
  await using server = await startTestServer()
  const { owner } = await tenant(server)
  const { owner: stranger } = await tenant(server)
  await using tab = await openPage(browser, server, owner)
  const login = await openLogin(server, tab.page)
  await pageOf(server, owner).refuse.mutate({ user_code: login.user_code })
  await tab.page.getByRole('heading', { name: 'This login was refused' }).waitFor()
  await tab.page.getByText('robotrace login').waitFor()
  await using other = await openPage(browser, server, stranger)
  await other.page.goto(linkOf(login))
  await other.page.getByRole('heading', { name: 'This login was refused' }).waitFor()
  expect(await other.page.locator('main').innerText()).not.toContain('bench-3')
})
