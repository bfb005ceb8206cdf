import type { Browser, Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestServer } from '../harness.ts'
import { portalClient } from '../portal-client.ts'
import { member, tenant } from '../seed.ts'
import { launchBrowser, openPage } from './browser.ts'
import { robot } from './fleet-world.ts'
import { sdk } from './seeded.ts'
import { signInOn } from './terminal.ts'

/** The portal without a mouse: everything is reached, the focus is seen, and it is given back. */
let browser: Browser
beforeAll(async () => {
  browser = await launchBrowser()
})
afterAll(() => browser.close())

/** More than there are on any page here. */
const MOST_STOPS = 90

const isFocused = (one: Locator): Promise<boolean> => one.evaluate((element) => element.matches(':focus'))

/** What the browser draws around the control that has the focus, or around its row. */
const FOCUS_IS_SEEN = `(() => {
  const one = document.activeElement
  const drawn = (at) => at && (getComputedStyle(at).outlineStyle !== 'none' || getComputedStyle(at).boxShadow !== 'none')
  return drawn(one) || drawn(one.closest('[role=row], tr')) || drawn(one.parentElement)
})()`

/** Walks on with Tab until a control has the focus. */
async function tabTo(page: Page, control: Locator): Promise<void> {
  await control.waitFor()
  for (let stop = 0; stop < MOST_STOPS; stop++) {
    if (await isFocused(control)) {
      expect(await page.evaluate(FOCUS_IS_SEEN), 'the focus is seen').toBe(true)
      return
    }
    await page.keyboard.press('Tab')
  }
  throw new Error(`Tab never came to ${control}.`)
}

async function press(page: Page, control: Locator, key = 'Enter'): Promise<void> {
  await tabTo(page, control)
  await page.keyboard.press(key)
}

test('episodes are signed in to, selected, deleted and brought back without a mouse', async () => {
  await using server = await startTestServer()
  const at = await tenant(server)
  for (const name of ['run 1', 'run 2', 'run 3']) await sdk(server, at.api_key).logEpisode({ name })
  await using tab = await openPage(browser, server)
  const { page } = tab
  await page.goto('/login')
  await signInOn(page, at.owner)
  await page.getByRole('link', { name: 'run 3' }).waitFor()
  await page.keyboard.press('j')
  await page.keyboard.press('x')
  await page.keyboard.press('j')
  await page.keyboard.press('x')
  await page.getByText('2 episodes selected').waitFor()
  await page.keyboard.press('x')
  await page.getByText('1 episode selected').waitFor()
  await press(page, page.getByRole('checkbox', { name: 'Select run 2' }), 'Space')
  await page.getByText('2 episodes selected').waitFor()
  const remove = page
    .getByRole('region', { name: 'Selected episodes' })
    .getByRole('button', { name: 'Delete' })
  await press(page, remove)
  await page.getByRole('dialog', { name: 'Delete 2 episodes?' }).getByText('They leave every list').waitFor()
  await page.keyboard.press('Escape')
  await expect.poll(() => isFocused(remove)).toBe(true)
  await page.keyboard.press('Enter')
  await press(page, page.getByRole('button', { name: 'Move to trash' }))
  await page.getByText('2 episodes moved to the trash').waitFor()
  await press(page, page.getByRole('button', { name: 'Undo' }))
  await page.getByRole('link', { name: 'run 3' }).waitFor()
  await page.getByRole('link', { name: 'run 2' }).waitFor()
  await press(page, page.getByRole('link', { name: 'Trash', exact: true }))
  await page.getByText('The trash is empty').waitFor()
  expect(tab.complaints).toEqual([])
})

test('the trash is worked without a mouse, and the focus stays on the page when the row it was in is gone', async () => {
  await using server = await startTestServer()
  const at = await tenant(server)
  const ids: string[] = []
  for (const name of ['run 1', 'run 2']) ids.push((await sdk(server, at.api_key).logEpisode({ name })).id)
  await portalClient(server, at.owner).episodes.trash.mutate({ ids })
  await using tab = await openPage(browser, server, at.owner)
  const { page } = tab
  await page.goto('/portal/trash')
  const gone = page.getByRole('button', { name: 'Delete run 1 for good' })
  await press(page, gone)
  await page.keyboard.press('Escape')
  await expect.poll(() => isFocused(gone)).toBe(true)
  await page.keyboard.press('Enter')
  await press(page, page.getByRole('dialog').getByRole('button', { name: 'Delete for good' }))
  await gone.waitFor({ state: 'detached' })
  await expect.poll(() => isFocused(page.getByRole('main'))).toBe(true)
  await press(page, page.getByRole('button', { name: 'Restore run 2' }))
  await page.getByRole('row', { name: /run 2/ }).waitFor({ state: 'detached' })
  expect(tab.complaints).toEqual([])
})

test('a button that goes once it is pressed leaves the focus on the page', async () => {
  await using server = await startTestServer()
  const at = await tenant(server)
  const { id } = await sdk(server, at.api_key).logEpisode({ name: 'run 1' })
  await using tab = await openPage(browser, server, at.owner)
  const { page } = tab
  await page.goto(`/portal/episodes/${id}`)
  for (const name of ['Archive', 'Restore']) {
    const button = page.getByRole('button', { name, exact: true })
    await press(page, button)
    await button.waitFor({ state: 'detached' })
    await expect.poll(() => isFocused(page.getByRole('main'))).toBe(true)
  }
  expect(tab.complaints).toEqual([])
})

test('x and j go by the row that has the focus, also when another episode has come in at the top', async () => {
  await using server = await startTestServer()
  const at = await tenant(server)
  // In this order: two of one moment stand as their ids do.
  const log = async (name: string) => {
    server.clock.advance('1s')
    await sdk(server, at.api_key).logEpisode({ name })
  }
  for (const name of ['run 1', 'run 2']) await log(name)
  await using tab = await openPage(browser, server, at.owner)
  const { page } = tab
  await page.goto('/portal/episodes')
  await page.getByRole('link', { name: 'run 2' }).waitFor()
  await page.keyboard.press('j')
  await log('run 3')
  await page.getByRole('link', { name: 'run 3' }).waitFor()
  await expect.poll(() => isFocused(page.getByRole('link', { name: 'run 2' }))).toBe(true)
  await page.keyboard.press('x')
  await page.getByText('1 episode selected').waitFor()
  expect(await page.getByRole('checkbox', { name: 'Select run 2' }).isChecked()).toBe(true)
  await page.keyboard.press('j')
  await expect.poll(() => isFocused(page.getByRole('link', { name: 'run 1' }))).toBe(true)
  expect(tab.complaints).toEqual([])
})

test('all that are loaded are selected at once, and let go again', async () => {
  await using server = await startTestServer()
  const at = await tenant(server)
  for (const name of ['run 1', 'run 2', 'run 3']) await sdk(server, at.api_key).logEpisode({ name })
  await using tab = await openPage(browser, server, at.owner)
  const { page } = tab
  await page.goto('/portal/episodes')
  await page.getByRole('link', { name: 'run 3' }).waitFor()
  await press(page, page.getByRole('checkbox', { name: 'Select all that are loaded' }), 'Space')
  await page.getByText('3 episodes selected').waitFor()
  await page.getByRole('checkbox', { name: 'Select none' }).click()
  await page.getByText('3 episodes selected').waitFor({ state: 'detached' })
})

test('a retention rule is previewed, added and removed without a mouse', async () => {
  await using server = await startTestServer()
  const at = await tenant(server)
  await using tab = await openPage(browser, server, at.owner)
  const { page } = tab
  await page.goto('/portal/organization#storage')
  const add = page.getByRole('button', { name: 'Add rule', exact: true })
  await press(page, add)
  const dialog = page.getByRole('dialog', { name: 'New retention rule' })
  await tabTo(page, dialog.getByLabel('Older than, days'))
  await page.keyboard.press('Control+a')
  await page.keyboard.type('7')
  await tabTo(page, dialog.getByLabel('Status'))
  await page.keyboard.type('Failed')
  await press(page, dialog.getByRole('button', { name: 'Preview' }))
  await dialog.getByText('0 episodes, 0 B').waitFor()
  await press(page, dialog.getByRole('button', { name: 'Add rule' }))
  const remove = page.getByRole('button', { name: /^Remove: Failed episodes of all projects/ })
  await remove.waitFor()
  await expect.poll(() => isFocused(add)).toBe(true)
  await press(page, remove)
  await press(page, page.getByRole('dialog').getByRole('button', { name: 'Remove rule' }))
  await page.getByText('No rules: everything is kept').waitFor()
  expect(tab.complaints).toEqual([])
})

type Opening = [path: string, control: string]

const OPENINGS: Opening[] = [
  ['/portal/organization', 'Add webhook'],
  ['/portal/organization', 'Rename Default'],
  ['/portal/devices', 'Enrol devices'],
  ['/portal/devices', 'Groups'],
  ['/portal/devices/cart-1', 'Edit'],
  ['/portal/devices/cart-1', 'Remove'],
  ['/portal/api-keys', 'New API key'],
  ['/portal/api-keys', 'Revoke prod robot rig'],
  ['/portal/settings', 'Sign out everywhere'],
]

test('every dialog begins inside, closes with Escape and gives the focus back to what opened it', async () => {
  await using server = await startTestServer()
  const at = await tenant(server)
  await robot(server, at, 'cart-1')
  await using tab = await openPage(browser, server, at.owner)
  const { page } = tab
  const within = page.getByRole('dialog').locator(':focus')
  for (const [path, name] of OPENINGS) {
    if (new URL(page.url(), server.url).pathname !== path) await page.goto(path)
    const control = page.getByRole('main').getByRole('button', { name, exact: true })
    await control.press('Enter')
    await within.waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    await expect.poll(() => isFocused(control)).toBe(true)
  }
})

test('a dialog out of a menu and the palette give the focus back as well', async () => {
  await using server = await startTestServer()
  const at = await tenant(server)
  await member(server, at.organization_id, 'member')
  await using tab = await openPage(browser, server, at.owner)
  const { page } = tab
  const within = page.getByRole('dialog').locator(':focus')
  await page.goto('/portal/members')
  const menu = page.getByRole('button', { name: 'Actions for A member' })
  await menu.press('Enter')
  await page.getByRole('menuitem', { name: 'Change role' }).press('Enter')
  await within.waitFor()
  await page.keyboard.press('Escape')
  await expect.poll(() => isFocused(menu)).toBe(true)
  await page.keyboard.press('Control+k')
  await page.getByRole('combobox', { name: 'Search and commands' }).waitFor()
  await page.keyboard.press('Escape')
  await expect.poll(() => isFocused(menu)).toBe(true)
})
