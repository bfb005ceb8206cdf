import { TOTP } from 'otpauth'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestServer, type TestServer } from '../harness.ts'
import { portalClient } from '../portal-client.ts'
import { PASSWORD, tenant } from '../seed.ts'
import { launchBrowser, openPage } from './browser.ts'
import { authorizeOn, heard, openLogin } from './terminal.ts'

let browser: Browser
beforeAll(async () => {
  browser = await launchBrowser()
})
afterAll(() => browser.close())

async function labels(server: TestServer): Promise<string[]> {
  const rows = await server.ctx.db.selectFrom('api_keys').select('label').orderBy('created_at').execute()
  return rows.map(({ label }) => label)
}

describe('three hours after the last proof', () => {
  test('minting asks for the password over the dialog, and goes on with what was typed', async () => {
    await using server = await startTestServer()
    const { owner } = await tenant(server)
    await using tab = await openPage(browser, server, owner)
    const { page } = tab
    await page.goto('/portal/api-keys')
    await page.getByRole('button', { name: 'New API key' }).click()
    await page.getByLabel('Label').fill('gripper bench')
    server.clock.advance('3h')
    await page.getByRole('button', { name: 'Create key' }).click()
    const dialog = page.getByRole('dialog', { name: 'Confirm that it is you' })
    await dialog.getByLabel('Your password').fill('wrong')
    await page.keyboard.press('Enter')
    await dialog.getByText('This is not your password.').waitFor()
    await dialog.getByLabel('Your password').fill(PASSWORD)
    await dialog.getByRole('button', { name: 'Confirm' }).click()
    await page.getByText('It will not be shown again').waitFor()
    expect(await labels(server)).toEqual(['prod robot rig', 'gripper bench'])
    expect(tab.complaints.filter((text) => !/40[13]/.test(text))).toEqual([])
  })

  test('cancelled, the refusal is shown where it was asked for, and the text is still there', async () => {
    await using server = await startTestServer()
    const { owner } = await tenant(server)
    await using tab = await openPage(browser, server, owner)
    const { page } = tab
    await page.goto('/portal/api-keys')
    await page.getByRole('button', { name: 'New API key' }).click()
    await page.getByLabel('Label').fill('gripper bench')
    server.clock.advance('3h')
    await page.getByRole('button', { name: 'Create key' }).click()
    await page.getByRole('dialog', { name: 'Confirm that it is you' }).waitFor()
    await page.getByLabel('Your password').waitFor()
    await page.keyboard.press('Escape')
    await page.getByText('This needs your password or passkey again').waitFor()
    expect(await page.getByLabel('Label').inputValue()).toBe('gripper bench')
    expect(await labels(server)).toEqual(['prod robot rig'])
    await page.getByRole('button', { name: 'Create key' }).click()
    await page
      .getByRole('dialog', { name: 'Confirm that it is you' })
      .getByLabel('Your password')
      .fill(PASSWORD)
    await page.keyboard.press('Enter')
    await page.getByText('It will not be shown again').waitFor()
  })

  test('a terminal is authorized after the confirmation, while the page goes on watching it', async () => {
    await using server = await startTestServer()
    const { owner } = await tenant(server)
    await using tab = await openPage(browser, server, owner)
    const { page } = tab
    server.clock.advance('3h')
    const login = await openLogin(server, page)
    await authorizeOn(page)
    await page.getByLabel('Your password').fill(PASSWORD)
    await page.getByRole('button', { name: 'Confirm' }).click()
    await page.getByRole('heading', { name: /authorized/i }).waitFor()
    expect(await heard(server, login)).toBe('approved')
  })

  test('an account with an authenticator types its code as well', async () => {
    await using server = await startTestServer()
    const { owner } = await tenant(server)
    const { auth } = portalClient(server, owner)
    const { secret } = await auth.startTotp.mutate()
    await using tab = await openPage(browser, server, owner)
    const { page } = tab
    // Turned on by the session of the browser, whose cookie changes with it: no page may be asking with the old one.
    const turned = await tab.context.request.post('/trpc/auth.confirmTotp', {
      headers: { 'Sec-Fetch-Site': 'same-origin' },
      data: { code: new TOTP({ secret }).generate() },
    })
    expect(turned.status()).toBe(200)
    await page.goto('/portal/api-keys')
    await page.getByText('prod robot rig').waitFor()
    server.clock.advance('3h')
    await page.getByRole('button', { name: 'New API key' }).click()
    await page.getByLabel('Label').fill('gripper bench')
    await page.getByRole('button', { name: 'Create key' }).click()
    const dialog = page.getByRole('dialog', { name: 'Confirm that it is you' })
    await dialog.getByLabel('Your password').fill(PASSWORD)
    await dialog.getByLabel('Code').fill('000000')
    await dialog.getByRole('button', { name: 'Confirm' }).click()
    await dialog.getByText('used already').waitFor()
    await dialog.getByLabel('Code').fill(new TOTP({ secret }).generate())
    await dialog.getByRole('button', { name: 'Confirm' }).click()
    await page.getByText('It will not be shown again').waitFor()
  })
})
