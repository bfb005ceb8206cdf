import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { authorizedKeysPath, device, keyPair, letIn } from '../fleet-requests.ts'
import { startTestServer } from '../harness.ts'
import { bearer, member, tenant } from '../seed.ts'
import { launchBrowser, openPage } from './browser.ts'

let browser: Browser
beforeAll(async () => {
  browser = await launchBrowser()
})
afterAll(() => browser.close())

const form = (page: Page) => page.getByRole('form', { name: 'upload new public key' })

test('a key is uploaded, selected on a robot’s page, and opens its door until it is taken away', async () => {
  await using server = await startTestServer()
  const at = await tenant(server)
  const { id, key } = await device(server, at)
  using pair = keyPair()
  await using tab = await openPage(browser, server, at.owner)
  const { page } = tab
  await page.goto('/sshkeys')
  await page.waitForURL('**/portal/ssh-keys')
  await page.getByText('No SSH keys yet').waitFor()
  await form(page).getByLabel('key text').fill(pair.public_text)
  await form(page).getByLabel('name').fill('demokey')
  await form(page).getByRole('button', { name: 'submit' }).click()
  const row = page.getByRole('row', { name: /demokey/ })
  await row.getByText(pair.fingerprint).waitFor()
  await row.getByText('art@laptop').waitFor()
  await row.getByText('ssh-ed25519').waitFor()

  await page.goto(`/portal/devices/${id}`)
  await page.getByText('Nobody may log in yet').waitFor()
  await page.getByRole('button', { name: 'Let in' }).click()
  await page
    .getByRole('row', { name: /Ada Okafor demokey/ })
    .getByText(pair.fingerprint)
    .waitFor()
  const list = async () => (await server.fetch(authorizedKeysPath(at, id), { headers: bearer(key) })).text()
  expect(await list()).toContain(pair.public_text.split(' ')[1])

  await page.getByRole('button', { name: 'Remove demokey of Ada Okafor' }).click()
  await page.getByText('Nobody may log in yet').waitFor()
  expect(await list()).toBe('')
  await page.getByRole('button', { name: 'Undo' }).click()
  await page.getByRole('row', { name: /Ada Okafor demokey/ }).waitFor()
  expect(await list()).not.toBe('')
  expect(tab.complaints).toEqual([])
})

test('a .pub file is dropped onto the form and names itself', async () => {
  await using server = await startTestServer()
  const { owner } = await tenant(server)
  using pair = keyPair()
  await using tab = await openPage(browser, server, owner)
  const { page } = tab
  await page.goto('/portal/ssh-keys')
  const dropped = await page.evaluateHandle(
    `(() => { const data = new DataTransfer(); data.items.add(new File([${JSON.stringify(pair.public_text)}], 'demokey.pub')); return data })()`,
  )
  await form(page).dispatchEvent('drop', { dataTransfer: dropped })
  await expect.poll(() => form(page).getByLabel('name').inputValue()).toBe('demokey')
  await form(page).getByRole('button', { name: 'submit' }).click()
  await page
    .getByRole('row', { name: /demokey/ })
    .getByText(pair.fingerprint)
    .waitFor()
})

test('(71) a private key does not stay in the field and is never sent', async () => {
  await using server = await startTestServer()
  const { owner } = await tenant(server)
  using pair = keyPair()
  await using tab = await openPage(browser, server, owner)
  const { page } = tab
  await page.goto('/portal/ssh-keys')
  await page.getByText('No SSH keys yet').waitFor()
  const sent: string[] = []
  page.on('request', (request) => sent.push(`${request.url()} ${request.postData() ?? ''}`))
  await form(page).getByLabel('name').fill('oops')
  await form(page).getByLabel('key text').fill(pair.private_text)
  await page.getByRole('alert').getByText('private key').waitFor()
  expect(await form(page).getByLabel('key text').inputValue()).toBe('')
  expect(await form(page).getByRole('button', { name: 'submit' }).isDisabled()).toBe(true)
  await form(page).getByLabel('key text').press('Control+Enter')
  expect(sent.join('\n')).not.toContain(pair.private_text.split('\n')[2])
  await form(page).getByLabel('key text').fill(pair.public_text)
  await page.getByRole('alert').waitFor({ state: 'detached' })
  await form(page).getByRole('button', { name: 'submit' }).click()
  await page.getByRole('row', { name: /oops/ }).getByText(pair.fingerprint).waitFor()
})

test('what is no public key is answered beside the field', async () => {
  await using server = await startTestServer()
  const { owner } = await tenant(server)
  await using tab = await openPage(browser, server, owner)
  const { page } = tab
  await page.goto('/portal/ssh-keys')
  await form(page).getByLabel('key text').fill('hello')
  await form(page).getByLabel('name').fill('x')
  await form(page).getByRole('button', { name: 'submit' }).click()
  await form(page).getByText('is no OpenSSH public key').waitFor()
})

test('removing a key names the robots whose door it opens', async () => {
  await using server = await startTestServer()
  const at = await tenant(server)
  const { id } = await device(server, at)
  using pair = keyPair()
  await letIn(server, at, at.owner, { device: id, key_text: pair.public_text })
  await using tab = await openPage(browser, server, at.owner)
  const { page } = tab
  await page.goto('/portal/ssh-keys')
  await page.getByText('Opens arm-7').waitFor()
  await page.getByRole('button', { name: 'Remove laptop' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByText('arm-7').waitFor()
  await dialog.getByRole('button', { name: 'Remove key' }).click()
  await page.getByText('No SSH keys yet').waitFor()
})

test('a device is added, gets a key of its own that ends with it, and is removed; a viewer may only look', async () => {
  await using server = await startTestServer()
  const at = await tenant(server)
  await using tab = await openPage(browser, server, at.owner)
  const { page } = tab
  await page.goto('/portal/devices')
  await page.getByText('Waiting for the first device').waitFor()
  await page.getByRole('button', { name: 'New device' }).click()
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill('arm-7')
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'arm-7' }).waitFor()

  await page.getByRole('button', { name: 'Make its API key' }).click()
  const reveal = page.getByRole('dialog', { name: 'Copy your new API key' })
  const key = (await reveal.locator('code').first().textContent()) ?? ''
  const list = () => server.fetch(authorizedKeysPath(at, 'arm-7'), { headers: bearer(key) })
  expect((await list()).status).toBe(200)
  expect((await server.fetch('/api/episodes', { headers: bearer(key) })).status).toBe(403)
  await page.keyboard.press('Escape')
  await page.getByRole('button', { name: 'Close for good' }).click()

  const viewer = await member(server, at.organization_id, 'viewer')
  await using other = await openPage(browser, server, viewer)
  await other.page.goto('/portal/devices')
  await other.page.getByRole('link', { name: 'arm-7' }).click()
  await other.page.getByText('Nobody may log in yet').waitFor()
  expect(await other.page.getByRole('button', { name: /Remove|Let in|New|Make/ }).count()).toBe(0)

  // When a key was used is written down behind the request's back.
  await server.ctx.background.drain()
  await page.getByRole('button', { name: 'Remove', exact: true }).click()
  await page.getByLabel('It is in use. Type “arm-7”').fill('arm-7')
  await page.getByRole('dialog').getByRole('button', { name: 'Remove device' }).click()
  await page.getByText('Waiting for the first device').waitFor()
  expect((await list()).status).toBe(401)
})
