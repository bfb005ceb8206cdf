import { readFile } from 'node:fs/promises'
import { TOTP } from 'otpauth'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestServer, type TestServer } from '../harness.ts'
import { PASSWORD, type Person, tenant } from '../seed.ts'
import { launchBrowser, openPage } from './browser.ts'
import { signInOn } from './terminal.ts'

let browser: Browser
beforeAll(async () => {
  browser = await launchBrowser()
})
afterAll(() => browser.close())

/** What the authenticator shows now. */
function show(secret: string): string {
  return new TOTP({ secret }).generate()
}

/** Sets an authenticator up on the settings page. @returns its key and the recovery codes that were downloaded */
async function setUp(page: Page): Promise<{ secret: string; codes: string[] }> {
  await page.goto('/portal/settings')
  await page.getByRole('button', { name: 'Set up' }).click()
  const dialog = page.getByRole('dialog', { name: 'Set up an authenticator app' })
  await dialog.getByRole('img', { name: 'The key, as a picture to scan' }).waitFor()
  const secret = ((await dialog.locator('code').textContent()) ?? '').replaceAll(' ', '')
  await dialog.getByLabel('Code').fill('000000')
  await dialog.getByRole('button', { name: 'Turn on' }).click()
  await dialog.getByText('Check that the clock').waitFor()
  await dialog.getByLabel('Code').fill(show(secret))
  await dialog.getByRole('button', { name: 'Turn on' }).click()
  const kept = page.getByRole('dialog', { name: 'Keep your recovery codes' })
  await kept.getByRole('button', { name: 'I have stored them' }).click()
  await kept.getByText('You have not taken them along yet.').waitFor()
  await page.keyboard.press('Escape')
  const [file] = await Promise.all([
    page.waitForEvent('download'),
    kept.getByRole('button', { name: 'Download' }).click(),
  ])
  expect(file.suggestedFilename()).toBe('robotrace-recovery-codes.txt')
  const codes = (await readFile(await file.path(), 'utf8')).trim().split('\n')
  await kept.getByRole('button', { name: 'I have stored them' }).click()
  await kept.waitFor({ state: 'detached' })
  return { secret, codes }
}

async function signInFirst(page: Page, who: Person): Promise<void> {
  await page.goto('/login')
  await signInOn(page, who)
  await page.getByRole('heading', { name: 'Second step' }).waitFor()
}

describe('an authenticator app', () => {
  test('is set up from the picture, and then asked for at the next sign-in', async () => {
    await using server = await startTestServer()
    const { owner } = await tenant(server)
    await using tab = await openPage(browser, server, owner)
    const { secret, codes } = await setUp(tab.page)
    expect(codes).toHaveLength(10)
    await tab.page.getByText('10 codes left').waitFor()
    server.clock.advance('1m')
    await using other = await openPage(browser, server)
    const { page } = other
    await signInFirst(page, owner)
    await page.getByLabel('Code').fill('000000')
    await page.keyboard.press('Enter')
    await page.getByText('was used already').waitFor()
    await page.getByLabel('Code').fill(show(secret))
    await page.keyboard.press('Enter')
    await page.waitForURL('**/portal/episodes')
  })

  test('a recovery code signs in once', async () => {
    await using server = await startTestServer()
    const { owner } = await tenant(server)
    await using tab = await openPage(browser, server, owner)
    const { codes } = await setUp(tab.page)
    const [code = ''] = codes
    await using other = await openPage(browser, server)
    await signInFirst(other.page, owner)
    await other.page.getByLabel('Code').fill(code)
    await other.page.keyboard.press('Enter')
    await other.page.waitForURL('**/portal/episodes')
    await using third = await openPage(browser, server)
    await signInFirst(third.page, owner)
    await third.page.getByLabel('Code').fill(code)
    await third.page.keyboard.press('Enter')
    await third.page.getByText('was used already').waitFor()
  })

  test('a second step that took too long leads back to the password, and says why', async () => {
    await using server = await startTestServer()
    const { owner } = await tenant(server)
    await using tab = await openPage(browser, server, owner)
    const { secret } = await setUp(tab.page)
    await using other = await openPage(browser, server)
    await signInFirst(other.page, owner)
    server.clock.advance('6m')
    await other.page.getByLabel('Code').fill(show(secret))
    await other.page.keyboard.press('Enter')
    await other.page.getByText('took too long').waitFor()
    await other.page.getByLabel('Password').waitFor()
  })
})

/** A browser that has a platform authenticator with a finger on it. */
async function withFinger(page: Page): Promise<void> {
  const cdp = await page.context().newCDPSession(page)
  await cdp.send('WebAuthn.enable')
  await cdp.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  })
}

async function addPasskey(page: Page, name: string): Promise<void> {
  await page.goto('/portal/settings')
  await page.getByRole('button', { name: 'Add a passkey' }).click()
  await page.getByRole('dialog', { name: 'Add a passkey' }).getByLabel('Name').fill(name)
  await page.getByRole('button', { name: 'Continue' }).click()
}

async function storeCodes(page: Page): Promise<void> {
  const kept = page.getByRole('dialog', { name: 'Keep your recovery codes' })
  await kept.getByRole('button', { name: 'Download' }).click()
  await kept.getByRole('button', { name: 'I have stored them' }).click()
  await kept.waitFor({ state: 'detached' })
}

async function ways(server: TestServer): Promise<string[]> {
  const rows = await server.ctx.db
    .selectFrom('audit_events')
    .select('detail')
    .where('action', 'in', ['session.started', 'session.confirmed'])
    .orderBy('seq')
    .execute()
  return rows.map(({ detail }) => String(JSON.parse(detail).with))
}

describe('a passkey', () => {
  test('is a second factor, a confirmation, and a sign-in of its own; removed, it is none of them', async () => {
    await using server = await startTestServer()
    const { owner } = await tenant(server)
    await using tab = await openPage(browser, server, owner)
    const { page } = tab
    await withFinger(page)
    await addPasskey(page, 'casey laptop')
    await storeCodes(page)
    await page.getByRole('cell', { name: 'casey laptop', exact: true }).waitFor()

    const signOut = async () => {
      await page.getByRole('button', { name: /Account menu/ }).click()
      await page.getByRole('menuitem', { name: 'Sign out' }).click()
      await page.getByRole('heading', { name: 'Sign in' }).waitFor()
    }
    await signOut()
    await signInOn(page, owner)
    await page.getByRole('button', { name: 'Use a passkey' }).click()
    await page.waitForURL('**/portal/**')

    await signOut()
    await page.getByRole('button', { name: 'Sign in with a passkey' }).click()
    await page.waitForURL('**/portal/**')

    server.clock.advance('3h')
    await page.goto('/portal/settings')
    await page.getByRole('button', { name: 'Remove casey laptop' }).click()
    await page.getByRole('button', { name: 'Remove passkey' }).click()
    await page
      .getByRole('dialog', { name: 'Confirm that it is you' })
      .getByRole('button', { name: 'Use a passkey' })
      .click()
    await page.getByText('casey laptop no longer signs you in.').waitFor()
    expect(await ways(server)).toEqual(['password and passkey', 'passkey', 'passkey'])

    await signOut()
    await page.getByRole('button', { name: 'Sign in with a passkey' }).click()
    await page.getByText('This passkey is not known here').waitFor()
  })

  test('that one cancels leaves everything as it was, and says so', async () => {
    await using server = await startTestServer()
    const { owner } = await tenant(server)
    await using tab = await openPage(browser, server, owner)
    const cdp = await tab.context.newCDPSession(tab.page)
    await cdp.send('WebAuthn.enable')
    await cdp.send('WebAuthn.addVirtualAuthenticator', {
      options: { protocol: 'u2f', transport: 'usb', automaticPresenceSimulation: true },
    })
    await addPasskey(tab.page, 'casey laptop')
    await storeCodes(tab.page)
    await addPasskey(tab.page, 'again')
    await tab.page.getByText('has a passkey for this account already').waitFor()
    expect(await server.ctx.db.selectFrom('passkeys').select('name').execute()).toEqual([
      { name: 'casey laptop' },
    ])
  })

  test('cannot be added where browsers give none, and the page says what to set', async () => {
    await using server = await startTestServer({ PUBLIC_URL: 'http://127.0.0.1:9' })
    const { owner } = await tenant(server)
    const context = await browser.newContext({ baseURL: server.url })
    const [name = '', value = ''] = owner.cookie.split('=')
    await context.addCookies([{ name, value, url: server.url }])
    const page = await context.newPage()
    await page.goto('/portal/settings')
    await page.getByText('Its administrator can set').waitFor()
    expect(await page.getByRole('button', { name: 'Add a passkey' }).count()).toBe(0)
    await context.close()
  })
})

describe('settings', () => {
  test('a session elsewhere is signed out by its button, and nothing else is', async () => {
    await using server = await startTestServer()
    const { owner } = await tenant(server)
    await using here = await openPage(browser, server, owner)
    await using there = await openPage(browser, server, undefined, {
      userAgent: 'Mozilla/5.0 (Windows NT 10.0) Gecko/20100101 Firefox/140.0',
    })
    await there.page.goto('/login')
    await signInOn(there.page, owner)
    await there.page.waitForURL('**/portal/**')
    await here.page.goto('/portal/settings')
    await here.page.getByRole('button', { name: 'Sign out Firefox on Windows' }).click()
    await here.page.getByText('has to sign in again').waitFor()
    await expect.poll(() => here.page.getByRole('button', { name: /^Sign out Firefox/ }).count()).toBe(0)
    await there.page.goto('/portal/episodes')
    await there.page.waitForURL('**/login**')
    expect(await server.ctx.db.selectFrom('sessions').select('id').execute()).toHaveLength(1)
  })

  test('the meter says how strong a password is; the server judges', async () => {
    await using server = await startTestServer()
    const { owner } = await tenant(server)
    await using tab = await openPage(browser, server, owner)
    const { page } = tab
    await page.goto('/portal/settings')
    await page.getByLabel('New password').fill('football')
    await page.getByText('Very weak').waitFor()
    await page.getByLabel('Current password').fill(PASSWORD)
    await page.getByRole('button', { name: 'Change password' }).click()
    await page.getByText('is one of the passwords that are tried first').waitFor()
    await page.getByLabel('New password').fill('seven quiet grippers hum')
    await page.getByText('Strong').waitFor()
    await page.getByRole('button', { name: 'Change password' }).click()
    await page.getByText('Password changed').waitFor()
  })

  test('a new name shows at once', async () => {
    await using server = await startTestServer()
    const { owner } = await tenant(server)
    await using tab = await openPage(browser, server, owner)
    const { page } = tab
    await page.goto('/portal/settings')
    await page.getByLabel('Name', { exact: true }).fill('Ada B. Okafor')
    await page.getByRole('button', { name: 'Change name' }).click()
    await page.getByRole('button', { name: 'Account menu of Ada B. Okafor' }).waitFor()
  })
})
