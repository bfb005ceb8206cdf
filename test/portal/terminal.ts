import type { Page } from 'playwright-core'
import type { Role } from '../../server/caller.ts'
import { poll, type Started, start } from '../device-login/login.ts'
import type { TestServer } from '../harness.ts'
import { member, type Person } from '../seed.ts'

/** The address of a login's page with its code, as the terminal prints it. */
export function linkOf({ user_code }: Started): string {
  return `/cli/auth?code=${user_code}`
}

/** Starts a login at a terminal and opens its page. */
export async function openLogin(server: TestServer, page: Page, from?: string): Promise<Started> {
  const login = await start(server, from)
  await page.goto(linkOf(login))
  await page.getByRole('heading', { name: 'Is this your terminal?' }).waitFor()
  return login
}

/** Opens the page without a code, ready to type one. */
export async function openField(page: Page): Promise<void> {
  await page.goto('/cli/auth')
  await page.locator('input:focus').waitFor()
}

export async function signInOn(page: Page, who: Person): Promise<void> {
  await page.getByLabel('E-mail').fill(who.email)
  await page.getByLabel('Password').fill(who.password)
  await page.keyboard.press('Enter')
}

export const authorizeButton = (page: Page) => page.getByRole('button', { name: 'Authorize device' })
export const awakeButton = (page: Page) =>
  page.locator('button:not([aria-disabled])', { hasText: 'Authorize device' })

/** Moves the pointer, waits for the button to wake, and presses it. */
export async function authorizeOn(page: Page): Promise<void> {
  await page.mouse.move(300, 20)
  await page.mouse.move(320, 30)
  await awakeButton(page).click()
}

/** What the terminal hears now. */
export async function heard(server: TestServer, login: Started, from?: string): Promise<string> {
  return (await poll(server, login.device_code, from)).status
}

/** Makes somebody, by default somebody new, a member of an organization; signed in through the cookie. */
export async function join(
  server: TestServer,
  organization_id: string,
  who: Person | undefined,
  role: Role,
): Promise<Person> {
  if (!who) return member(server, organization_id, role)
  await server.ctx.db
    .insertInto('members')
    .values({
      organization_id,
      account_id: who.caller.account_id,
      role,
      created_at: server.ctx.now().toISOString(),
    })
    .execute()
  return who
}

/** Opens a login with the browser's clock standing still, moving it just as far as the page needs to appear. */
export async function openWithStoppedClock(page: Page, login: Started): Promise<Started> {
  await page.clock.install({ time: Date.now() })
  await page.clock.pauseAt(Date.now() + 1000)
  await page.goto(linkOf(login))
  const heading = page.getByRole('heading', { name: 'Is this your terminal?' })
  while (!(await heading.isVisible())) await page.clock.runFor(10)
  return login
}
