import { readFileSync, writeFileSync } from 'node:fs'
import { extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import { build } from 'vite'
import { buildReference } from './build-reference.ts'
import { filesIn, isStale, SOURCES } from './built.ts'

/**
 * Builds the portal (dist/portal, with .gz and .br beside each text file), the API reference (dist/reference) and the
 * whole program (dist/robotrace.js).
 *
 *   npx tsx scripts/build.ts              builds
 *   npx tsx scripts/build.ts --if-stale   builds only when a source is newer than the last build
 */
const root = fileURLToPath(new URL('..', import.meta.url))
const COMPRESSIBLE = new Set(['.js', '.css', '.html', '.svg', '.json', '.txt'])

export async function buildAll(): Promise<void> {
  await build({ configFile: join(root, 'vite.config.ts'), logLevel: 'error' })
  compress(join(root, 'dist/portal'))
  compress(buildReference())
  await build({
    configFile: false,
    root,
    logLevel: 'error',
    build: {
      ssr: 'server/main.ts',
      outDir: 'dist',
      emptyOutDir: false,
      target: 'node20',
      rollupOptions: { output: { entryFileNames: 'robotrace.js' } },
    },
  })
}

export async function buildIfStale(): Promise<void> {
  const sources = SOURCES.map((source) => join(root, source))
  if (isStale(join(root, 'dist/robotrace.js'), sources)) await buildAll()
}

/** Compressed once here, so that serving a page costs no processor time. */
function compress(folder: string): void {
  for (const file of filesIn(folder)) {
    if (!COMPRESSIBLE.has(extname(file))) continue
    const bytes = readFileSync(file)
    if (bytes.length < 1024) continue
    writeFileSync(`${file}.gz`, gzipSync(bytes, { level: 9 }))
    writeFileSync(
      `${file}.br`,
      brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }),
    )
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await (process.argv.includes('--if-stale') ? buildIfStale() : buildAll())
}
