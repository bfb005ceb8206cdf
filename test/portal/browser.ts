import { spawnSync } from 'node:child_process'
import { AxeBuilder } from '@axe-core/playwright'
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type Page,
} from 'playwright-core'
import type { Person } from '../seed.ts'

/** A real Chromium against a real server, as a person at a desk or with a phone. */
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

export async function launchBrowser(): Promise<Browser> {
  const found = ['chromium', 'chromium-browser', 'google-chrome']
    .map((name) => spawnSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' }).stdout.trim())
    .find(Boolean)
  if (!found) throw new Error('The portal tests need Chromium. Run: npm test')
  return chromium.launch({ executablePath: found, args: FLAGS })
}

export interface OpenPage extends AsyncDisposable {
  page: Page
  context: BrowserContext
  /** Errors of the page: uncaught exceptions, refusals of the content security policy, failed requests. */
  complaints: string[]
}

/**
 * A fresh browser profile, signed in by its cookie if a person is given.
 *
 * @example await using tab = await openPage(browser, server, owner)
 */
export async function openPage(
  browser: Browser,
  server: { ctx: { config: { public_url: string } } },
  who?: Person,
  options: BrowserContextOptions = {},
): Promise<OpenPage> {
  const baseURL = server.ctx.config.public_url
  // What fades in has less contrast on the way, and what moves is hit beside its middle.
  const still = { viewport: { width: 1280, height: 800 }, reducedMotion: 'reduce' as const }
  const context = await browser.newContext({ baseURL, ...still, ...options })
  if (who) {
    const [name = '', value = ''] = who.cookie.split('=')
    await context.addCookies([{ name, value, url: baseURL }])
  }
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text())
  })
  return { page, context, complaints, [Symbol.asyncDispose]: () => context.close() }
}

/** What axe finds wrong on the page as it is now, one line each. */
export async function violations(page: Page): Promise<string[]> {
  const { violations: found } = await new AxeBuilder({ page }).analyze()
  return found.flatMap((rule) =>
    rule.nodes.map((node) => `${rule.id}: ${node.target.join(' ')} ${node.failureSummary}`),
  )
}
