import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/**
 * The page `/docs/api` (dist/reference): our few lines around a renderer that its package brings built, and the
 * portal's fonts and colours. Files are named by what is in them, so that browsers may keep them.
 */
const root = fileURLToPath(new URL('..', import.meta.url))
const FOLDER = join(root, 'dist/reference')

/** What the page asks for, and where it comes from; several are put together. */
const ASSETS: Record<string, string[]> = {
  'renderer.js': ['node_modules/@scalar/api-reference/dist/browser/standalone.js'],
  'start.js': ['portal/api-reference/start.js'],
  'inter.woff2': ['node_modules/@fontsource-variable/inter/files/inter-latin-wght-normal.woff2'],
  'jetbrains-mono.woff2': [
    'node_modules/@fontsource-variable/jetbrains-mono/files/jetbrains-mono-latin-wght-normal.woff2',
  ],
  'look.css': ['portal/ui/tokens.css', 'portal/api-reference/look.css'],
}

/** @returns the folder it was built into */
export function buildReference(): string {
  rmSync(FOLDER, { recursive: true, force: true })
  mkdirSync(join(FOLDER, 'assets'), { recursive: true })
  let page = readFileSync(join(root, 'portal/api-reference/index.html'), 'utf8')
  const hashed = new Map<string, string>()
  for (const [name, sources] of Object.entries(ASSETS)) {
    const bytes = withNames(
      Buffer.concat(sources.map((source) => readFileSync(join(root, source)))),
      name,
      hashed,
    )
    const hash = createHash('sha256').update(bytes).digest('hex').slice(0, 8)
    const stored = `${name.slice(0, -extname(name).length)}-${hash}${extname(name)}`
    hashed.set(name, stored)
    writeFileSync(join(FOLDER, 'assets', stored), bytes)
  }
  for (const [name, stored] of hashed) page = page.replaceAll(`/assets/${name}`, `/assets/${stored}`)
  writeFileSync(join(FOLDER, 'index.html'), page)
  return FOLDER
}

/** The style sheet names the fonts, which were stored before it. */
function withNames(bytes: Buffer, name: string, hashed: ReadonlyMap<string, string>): Buffer {
  if (extname(name) !== '.css') return bytes
  let text = bytes.toString('utf8')
  for (const [asset, stored] of hashed) text = text.replaceAll(`/assets/${asset}`, `/assets/${stored}`)
  return Buffer.from(text)
}
