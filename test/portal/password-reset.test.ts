import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestServer } from '../harness.ts'
import { member, person, tenant } from '../seed.ts'
import { readable, startMailServer } from '../smtp-server.ts'
import { launchBrowser, openPage, violations } from './browser.ts'
import { signInOn } from './terminal.ts'

const NEW = 'seven quiet grippers hum'

let browser: Browser
beforeAll(async () => {
  browser = await launchBrowser()
})
afterAll(() => browser.close())

test('somebody who forgot the password gets back in by mail', async () => {
  await using mail = await startMailServer()
  await using server = await startTestServer({
    ROBOTRACE_SMTP_URL: mail.url,
    ROBOTRACE_MAIL_FROM: 'RoboTrace <robots@trace.example>',
  })
  const { owner } = await tenant(server)
  await using tab = await openPage(browser, server)
  const { page } = tab
  await page.goto('/login')
  await page.getByRole('link', { name: 'Forgot password?' }).click()
  await page.getByLabel('E-mail').fill(owner.email)
  expect(await violations(page)).toEqual([])
  await page.getByRole('button', { name: 'Send reset link' }).click()
  await page.getByRole('heading', { name: 'Look into your mailbox' }).waitFor()
  expect(await violations(page)).toEqual([])
  await server.ctx.background.drain()
  const link = /http\S+\/reset-password\?token=[\w-]+/.exec(readable(mail.mails[0]?.raw ?? ''))?.[0] ?? ''
  await page.goto(link)
  await page.getByText(owner.email).waitFor()
  // The token is in neither the address bar nor the history.
  expect(page.url()).toBe(`${server.ctx.config.public_url}/reset-password`)
  await page.getByLabel('New password').fill('password1')
  await page.getByRole('button', { name: 'Set password' }).click()
  await page.getByText('is one of the passwords that are tried first').waitFor()
  expect(await violations(page)).toEqual([])
  await page.getByLabel('New password').fill(NEW)
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'Your password is set' }).waitFor()
  expect(await violations(page)).toEqual([])
  await page.getByRole('link', { name: 'Sign in' }).click()
  await signInOn(page, { ...owner, password: NEW })
  await page.getByText('Your password was replaced with a reset link').waitFor()
  await page.goto(link)
  await page.getByRole('heading', { name: 'This link does not work any more' }).waitFor()
})

test('staff hand a link to somebody whom no mail reaches, and the person is told', async () => {
  await using server = await startTestServer()
  const { organization_id } = await tenant(server)
  const who = await member(server, organization_id, 'member')
  const staff = await person(server, { staff: true, name: 'Sam Staff' })
  await using tab = await openPage(browser, server, staff)
  const { page } = tab
  await page.goto(`/admin/clients/${organization_id}`)
  await page.getByRole('button', { name: 'Make reset link for A member' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Make link' }).click()
  const shown = page.getByRole('dialog', { name: 'Reset link for A member' })
  const link = (await shown.locator('code').textContent()) ?? ''
  expect(await violations(page)).toEqual([])
  await shown.getByRole('button', { name: 'Done' }).click()
  await using theirs = await openPage(browser, server, who)
  await theirs.page.goto('/portal/episodes')
  await theirs.page.getByText('Sam Staff made a link that replaces your password once.').waitFor()
  await theirs.page.goto(link)
  await theirs.page.getByLabel('New password').fill(NEW)
  await theirs.page.keyboard.press('Enter')
  await theirs.page.getByRole('heading', { name: 'Your password is set' }).waitFor()
  await theirs.page.getByRole('link', { name: 'Sign in' }).click()
  await signInOn(theirs.page, { ...who, password: NEW })
  await theirs.page.getByRole('heading', { name: 'Episodes' }).waitFor()
})
