import { copyFileSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Client } from '../../sdk/mod.ts'
import { startTestServer, type TestServer } from '../harness.ts'
import { launchBrowser, openPage } from '../portal/browser.ts'
import { tenant } from '../seed.ts'
import { type Installed, installPackage } from './installed.ts'

let browser: Browser
let installed: Installed

beforeAll(async () => {
  installed = await installPackage()
  browser = await launchBrowser()
})

afterAll(async () => {
  await browser.close()
  installed[Symbol.dispose]()
})

const JAVASCRIPT = 'text/javascript; charset=utf-8'

/** Answers from the server's own address, as a file beside the portal would be, under the rules that the server sets. */
async function serveBeside(
  page: Page,
  server: TestServer,
  files: Record<string, { body: string; type: string }>,
) {
  const rules = (await server.fetch('/portal/sign-in')).headers.get('content-security-policy')
  expect(rules).toContain("script-src 'self'")
  for (const [path, { body, type }] of Object.entries(files)) {
    const headers = { 'Content-Type': type, 'Content-Security-Policy': rules ?? '' }
    await page.route(`**${path}`, (route) => route.fulfill({ body, headers }))
  }
}

/** Text, because what runs in a page knows nothing of this module. */
const inPage = `async (api_key) => {
  const { Client } = await import('/npm/web.js')
  const client = new Client({ api_key, base_url: location.origin })
  const bytes = new Uint8Array(300_000).map((_, at) => at % 251)
  const blob = new Blob([bytes], { type: 'video/mp4' })
  const { id } = await client.logEpisode({ name: 'teleop', video: blob, seed: 18446744073709551615n })
  const answer = await client.downloadArtifact(id, 'video')
  const back = new Uint8Array(await answer.arrayBuffer())
  return { id, same: back.length === bytes.length && back.every((byte, at) => byte === bytes[at]) }
}`

test('on a page of the server, the build for browsers uploads a Blob, which comes back as it was', async () => {
  await using server = await startTestServer()
  const { api_key } = await tenant(server)
  await using tab = await openPage(browser, server)
  const folder = join(installed.folder, 'node_modules/robotrace')
  const modules = readdirSync(folder).filter((file) => file === 'web.js' || file.startsWith('sdk-'))
  await serveBeside(
    tab.page,
    server,
    Object.fromEntries(
      modules.map((file) => [
        `/npm/${file}`,
        { body: readFileSync(join(folder, file), 'utf8'), type: JAVASCRIPT },
      ]),
    ),
  )
  await tab.page.goto('/portal/sign-in')
  const seen: { id: string; same: boolean } = await tab.page.evaluate(`(${inPage})('${api_key}')`)
  expect(seen.same).toBe(true)
  const read = await new Client({ api_key, base_url: server.url, verbose: false }).getEpisode(seen.id)
  expect(read).toMatchObject({
    name: 'teleop',
    status: 'ready',
    seed: 18446744073709551615n,
    bytes_total: 300_000,
  })
  expect(tab.complaints).toEqual([])
})

test('the example for a page, bundled as a page would be, logs the file that is chosen', async () => {
  await using server = await startTestServer()
  const { api_key } = await tenant(server)
  await using tab = await openPage(browser, server)
  copyFileSync('docs/examples/browser.ts', join(installed.folder, 'browser.ts'))
  const { outputFiles, metafile } = await build({
    ...{ absWorkingDir: installed.folder, entryPoints: ['browser.ts'], bundle: true, format: 'esm' },
    ...{ write: false, metafile: true, platform: 'browser' },
  })
  // A bundler for pages is led to the core: nothing of Node comes along.
  expect(Object.keys(metafile.inputs)).toContain('node_modules/robotrace/web.js')
  expect(Object.keys(metafile.inputs)).not.toContain('node_modules/robotrace/index.js')
  await serveBeside(tab.page, server, {
    '/log/browser.html': { body: readFileSync('docs/examples/browser.html', 'utf8'), type: 'text/html' },
    '/log/browser.js': { body: outputFiles[0]?.text ?? '', type: JAVASCRIPT },
  })
  await tab.page.goto('/log/browser.html')
  await tab.page.getByLabel('API key').fill(api_key)
  const video = Buffer.from('what a camera saw')
  await tab.page.getByLabel('Video').setInputFiles({ name: 'run.mp4', mimeType: 'video/mp4', buffer: video })
  await tab.page.getByRole('button', { name: 'Log' }).click()
  await tab.page.getByText(/Logged as ep_/).waitFor()
  const client = new Client({ api_key, base_url: server.url, verbose: false })
  const { items } = await client.listEpisodesPage()
  expect(items).toMatchObject([{ name: 'run.mp4', status: 'ready', bytes_total: video.length }])
  const back = await client.downloadArtifact(items[0]?.id ?? '', 'video')
  expect(await back.text()).toBe('what a camera saw')
  expect(tab.complaints).toEqual([])
})
