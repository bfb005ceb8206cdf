import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { post, start, started } from '../device-login/login.ts'
import { startTestServer } from '../harness.ts'
import { PASSWORD, tenant } from '../seed.ts'
import { launchBrowser, openPage } from './browser.ts'
import {
  authorizeButton,
  authorizeOn,
  awakeButton,
  heard,
  linkOf,
  openField,
  openLogin,
  openWithStoppedClock,
} from './terminal.ts'

let browser: Browser
beforeAll(async () => {
  browser = await launchBrowser()
})
afterAll(() => browser.close())

/** Behind a proxy, so that a terminal can be somewhere else than the browser. */
const PROXY = { ROBOTRACE_TRUSTED_PROXIES: '127.0.0.1/32' }
const ELSEWHERE = '203.0.113.9'

test('(31, 35) the page cannot be framed, opened into or leak its address', async () => {
  await using server = await startTestServer()
  const { headers } = await server.fetch('/cli/auth?code=XKDF-PQ4N')
  expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'")
  expect(headers.get('x-frame-options')).toBe('DENY')
  expect(headers.get('cross-origin-opener-policy')).toBe('same-origin')
  expect(headers.get('referrer-policy')).toBe('no-referrer')
  await using tab = await openPage(browser, server)
  const referrers: string[] = []
  tab.page.on('request', (request) => referrers.push(request.headers().referer ?? ''))
  await tab.page.goto('/cli/auth?code=XKDF-PQ4N')
  await tab.page.getByLabel('E-mail').waitFor()
  expect(new Set(referrers)).toEqual(new Set(['']))
})

describe('(31) the button to authorize', () => {
  test('does nothing before the page was in front for a second and somebody moved', async () => {
    await using server = await startTestServer()
    const { owner } = await tenant(server)
    await using tab = await openPage(browser, server, owner)
    const { page } = tab
    const login = await openWithStoppedClock(page, await start(server))
    const press = () => authorizeButton(page).dispatchEvent('click')

    await page.clock.runFor(1100)
    expect(await authorizeButton(page).getAttribute('aria-disabled')).toBe('true')
    await press()
    expect(await heard(server, login)).toBe('pending')
    await page.mouse.move(300, 20)
    await page.mouse.move(320, 30)
    await awakeButton(page).waitFor()

    // Whatever takes the window away from in front puts the button back to sleep.
    await page.evaluate('void dispatchEvent(new Event("blur"))')
    await page.mouse.move(330, 40)
    await page.clock.runFor(900)
    expect(await authorizeButton(page).getAttribute('aria-disabled')).toBe('true')
    await press()
    await page.clock.runFor(200)
    await awakeButton(page).waitFor()
    expect(await page.getByRole('heading', { name: 'Is this your terminal?' }).isVisible()).toBe(true)
    server.clock.advance('10s')
    expect(await heard(server, login)).toBe('pending')
    await page.clock.resume()
    await awakeButton(page).click()
    await page.getByText('Waiting for the terminal').waitFor()
    expect(await heard(server, login)).toBe('approved')
  })

  test('keeps the focus while the page looks what became of the login', async () => {
    await using server = await startTestServer()
    const { owner } = await tenant(server)
    await using tab = await openPage(browser, server, owner)
    const { page } = tab
    await openLogin(server, page)
    await page.getByRole('button', { name: 'Refuse' }).focus()
    await page.evaluate('window.lost = 0; void document.addEventListener("focusout", () => window.lost++)')
    for (const _ of [1, 2]) await page.waitForResponse('**/trpc/deviceLogin.view**')
    await page.getByText(/^[3-9] s ago$/).waitFor()
    expect(await page.evaluate('window.lost')).toBe(0)
  })

  test('is pressed by no link: an address that asks for approval only opens the code', async () => {
    await using server = await startTestServer()
    const { owner } = await tenant(server)
    await using tab = await openPage(browser, server, owner)
    const login = await start(server)
    await tab.page.goto(`${linkOf(login)}&approve=1&auto=true&organization=x`)
    await tab.page.getByText(login.user_code).waitFor()
    await tab.page.mouse.move(300, 20)
    await tab.page.mouse.move(320, 30)
    await awakeButton(tab.page).waitFor()
    expect(await heard(server, login)).toBe('pending')
  })

  test('fetching the address of a code changes nothing', async () => {
    await using server = await startTestServer()
    const { owner } = await tenant(server)
    const login = await start(server)
    await server.fetch(linkOf(login), { headers: { Cookie: owner.cookie } })
    const row = await server.ctx.db.selectFrom('device_logins').select('claimed_by').executeTakeFirstOrThrow()
    expect(row.claimed_by).toBeNull()
  })
})

describe('a login from another network', () => {
  test('wants the code typed and the password given again, and says where both ends are', async () => {
    await using server = await startTestServer(PROXY)
    const { owner } = await tenant(server)
    await using tab = await openPage(browser, server, owner)
    const { page } = tab
    const login = await openLogin(server, page, ELSEWHERE)
    await page.getByText('This login was started from another network.').waitFor()
    const text = await page.locator('main').innerText()
    expect(text).toContain(`The terminal is at ${ELSEWHERE}, this browser at 127.0.0.1.`)
    expect(text).not.toContain(login.user_code)

    await page.getByLabel('Your password').fill(PASSWORD)
    await authorizeOn(page)
    await page.getByText('Type the code that your terminal shows.').waitFor()
    await page.getByLabel('Code in your terminal').fill('XKDFPQ4N')
    await awakeButton(page).click()
    await page.getByText('This page was opened with another code.').waitFor()
    await page.getByLabel('Code in your terminal').fill(login.user_code)
    await page.getByLabel('Your password').fill('not this one')
    await awakeButton(page).click()
    await page.getByText('This is not your password.').waitFor()
    expect(await heard(server, login, ELSEWHERE)).toBe('pending')
    await page.getByLabel('Your password').fill(PASSWORD)
    await awakeButton(page).click()
    await page.getByText('Waiting for the terminal').waitFor()
    expect(await heard(server, login, ELSEWHERE)).toBe('approved')
  })

  test('shows a typed code like any other, and still wants the password', async () => {
    await using server = await startTestServer(PROXY)
    const { owner } = await tenant(server)
    await using tab = await openPage(browser, server, owner)
    const { page } = tab
    const login = await start(server, ELSEWHERE)
    await openField(page)
    await page.keyboard.type(login.user_code)
    await page.keyboard.press('Enter')
    await page.getByText(login.user_code).waitFor()
    expect(await page.getByLabel('Code in your terminal').count()).toBe(0)
    await page.getByLabel('Your password').fill(PASSWORD)
    await authorizeOn(page)
    await page.getByText('Waiting for the terminal').waitFor()
  })
})

test('five wrong codes close the page for the life of a code, for the right one too, with the time to wait', async () => {
  await using server = await startTestServer()
  const { owner } = await tenant(server)
  await using tab = await openPage(browser, server, owner)
  const { page } = tab
  const login = await start(server)
  await page.goto('/cli/auth')
  for (const last of 'BCDFG') {
    await page.getByLabel('Code').fill(`XKDFPQ4${last}`)
    const answered = page.waitForResponse('**/trpc/deviceLogin.claim**')
    await page.keyboard.press('Enter')
    expect((await answered).status()).toBe(404)
    await page.getByText('There is no login with this code.').waitFor()
  }
  await page.goto(linkOf(login))
  await page.getByRole('heading', { name: 'Too many wrong codes' }).waitFor()
  expect(await page.getByRole('timer').innerText()).toMatch(/^9 min \d+ s$|^10 min 0 s$/)
  expect(await page.getByRole('button', { name: 'Enter another code' }).isDisabled()).toBe(true)
  expect(await heard(server, login)).toBe('pending')
  server.clock.advance('10m')
  await page.goto(linkOf(await start(server)))
  await page.getByRole('heading', { name: 'Is this your terminal?' }).waitFor()
})

test('a login that expires while it is looked at says so by itself', async () => {
  await using server = await startTestServer()
  const { owner } = await tenant(server)
  await using tab = await openPage(browser, server, owner)
  await openLogin(server, tab.page)
  server.clock.advance('10m')
  await tab.page.getByRole('heading', { name: 'This login has expired' }).waitFor()
  await tab.page.getByText('robotrace login').waitFor()
})

test('D27 a second account that opens a code stops the login, and the first one is told', async () => {
  await using server = await startTestServer()
  const { owner } = await tenant(server)
  const { owner: second } = await tenant(server)
  await using mine = await openPage(browser, server, owner)
  await using theirs = await openPage(browser, server, second)
  const login = await openLogin(server, mine.page)
  await theirs.page.goto(linkOf(login))
  await theirs.page.getByRole('heading', { name: 'This login was stopped' }).waitFor()
  expect(await theirs.page.locator('main').innerText()).not.toContain('bench-3')
  await mine.page.getByRole('heading', { name: 'This login was stopped' }).waitFor()
  expect(await heard(server, login)).toBe('denied')

  await mine.page.goto('/portal/episodes')
  const notice = mine.page.getByText(
    'Another account opened the code of the login you had opened; it was stopped.',
  )
  await notice.waitFor()
  // It goes from the page before the server has heard of it.
  const heardOf = mine.page.waitForResponse(/notices\.dismiss/)
  await mine.page.getByRole('button', { name: 'Dismiss' }).click()
  await notice.waitFor({ state: 'detached' })
  await heardOf
  await mine.page.reload()
  await mine.page.getByText('Waiting for the first episode').waitFor()
  expect(await notice.count()).toBe(0)
})

test('(37) what a terminal says about itself is shown as text, without control characters', async () => {
  await using server = await startTestServer()
  const { owner } = await tenant(server)
  await using tab = await openPage(browser, server, owner)
  const { page } = tab
  const img = '<img src=x onerror="document.title=\'owned\'">'
  const hostname = `${img}\u001b[31m\u202Egnp.exe\u0000`
  const user_agent = `${img}\u009b2J${'x'.repeat(200)}`
  const answer = await post(server, '/api/cli/auth/start', { hostname, user_agent })
  await page.goto(linkOf(started.parse(await answer.json())))
  await page.getByText(`${img}[31mgnp.exe`, { exact: true }).waitFor()
  await page.getByText(`${img}2Jxxx`).waitFor()
  await authorizeOn(page)
  await page.getByText('Waiting for the terminal').waitFor()
  for (const path of ['', '/portal/episodes', '/portal/api-keys']) {
    if (path) await page.goto(path)
    await page.getByText(img).first().waitFor()
    expect(await page.locator('main img, main [onerror]').count()).toBe(0)
    expect(await page.title()).not.toBe('owned')
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true)
    expect(await page.locator('main').innerText()).not.toMatch(/[\u0000-\u0008\u001b\u007f-\u009f\u202e]/)
  }
})
