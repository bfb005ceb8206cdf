import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestServer } from '../harness.ts'
import { startIdentityProvider } from '../identity-provider.ts'
import { portalClient } from '../portal-client.ts'
import { person, tenant } from '../seed.ts'
import { launchBrowser, openPage } from './browser.ts'

let browser: Browser
beforeAll(async () => {
  browser = await launchBrowser()
})
afterAll(() => browser.close())

/** The provider's own two pages: who one is, and whether that may be told. */
async function signInThere(page: Page, subject: string): Promise<void> {
  // Its pages want a font from elsewhere.
  await page.route(/googleapis/, (route) => route.abort())
  await page.getByPlaceholder('Enter any login').fill(subject)
  await page.getByPlaceholder('and password').fill('x')
  await page.getByRole('button', { name: 'Sign-in' }).click()
  await page.getByRole('button', { name: 'Continue' }).click()
}

test('the button goes to the provider and back to the page one wanted', async () => {
  await using provider = await startIdentityProvider()
  await using server = await startTestServer(provider.env)
  provider.serve(server)
  const { owner } = await tenant(server)
  await server.ctx.db
    .updateTable('accounts')
    .set({ email_verified_at: server.ctx.now().toISOString() })
    .execute()
  provider.people.set('ada', { email: owner.email, email_verified: true })
  await using tab = await openPage(browser, server)
  const { page } = tab
  await page.goto('/portal/api-keys')
  await page.getByRole('link', { name: 'Continue with Lab ID' }).click()
  await signInThere(page, 'ada')
  await page.waitForURL('**/portal/api-keys')
  await page.getByText('prod robot rig').waitFor()
  expect(tab.complaints.filter((text) => text.includes('Content Security Policy'))).toEqual([])
})

test('whoever is refused reads why on the sign-in page; any other word there says nothing', async () => {
  await using provider = await startIdentityProvider()
  await using server = await startTestServer(provider.env)
  provider.serve(server)
  const planted = await person(server)
  provider.people.set('victim', { email: planted.email, email_verified: true })
  await using tab = await openPage(browser, server)
  const { page } = tab
  await page.goto('/login')
  await page.getByRole('link', { name: 'Continue with Lab ID' }).click()
  await signInThere(page, 'victim')
  await page.getByText('Sign in with its password, then link Lab ID in Settings.').waitFor()
  for (const word of ['toString', '<b>evil</b>', '']) {
    await page.goto(`/login?provider=${encodeURIComponent(word)}`)
    await page.getByRole('link', { name: 'Continue with Lab ID' }).waitFor()
    expect(await page.getByRole('alert').count()).toBe(0)
  }
})

test('an invitation is accepted through the provider, without a password', async () => {
  await using provider = await startIdentityProvider()
  await using server = await startTestServer(provider.env)
  provider.serve(server)
  const { owner, organization_id } = await tenant(server)
  const { link } = await portalClient(server, owner).invitations.make.mutate({
    organization_id,
    email: 'robin@lab.example',
    role: 'member',
  })
  provider.people.set('robin', { email: 'robin@lab.example', email_verified: true, name: 'Robin Vale' })
  await using tab = await openPage(browser, server)
  const { page } = tab
  await page.goto(link)
  await page.getByRole('link', { name: 'Continue with Lab ID' }).click()
  await signInThere(page, 'robin')
  await page.waitForURL('**/portal/episodes')
  await page.getByRole('button', { name: 'Account menu of Robin Vale' }).waitFor()
  await page.getByText('Halcyon Robotics').first().waitFor()
})
