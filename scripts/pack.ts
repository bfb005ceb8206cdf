import { execFileSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { type BuildOptions, build } from 'esbuild'
import { BUNDLED, manifestOf } from './pack-manifest.ts'

/**
 * Makes the npm package `robotrace`: the SDK for Node, Deno, Bun and browsers, and the command line.
 *
 *   npx tsx scripts/pack.ts              dist/npm/ and dist/robotrace-<version>.tgz
 *   npx tsx scripts/pack.ts --if-stale   the same, only when a source is newer than the last package
 */
const root = fileURLToPath(new URL('..', import.meta.url))
const target = join(root, 'dist/npm')
/** Built aside and put in place as a whole: two tests may want the package at the same moment. */
const out = join(root, `dist/npm-${process.pid}`)
const SOURCES = [
  ...['sdk', 'cli', 'docs/npm', 'package.json', 'CHANGELOG.md', 'LICENSE'],
  ...['scripts/pack.ts', 'scripts/pack-manifest.ts'],
]

/** What may go into a page: the core of the SDK, minified and gzipped. */
export const MOST_CORE_BYTES = 12 * 1024

/** Where the package is, and how large the core of the SDK became. */
export interface Packed {
  folder: string
  tarball: string
  /** Of the build for browsers in one minified file, gzipped. */
  core_bytes: number
}

/** @example const { tarball } = await pack() */
export async function pack(): Promise<Packed> {
  mkdirSync(out, { recursive: true })
  try {
    return await packAside()
  } finally {
    rmSync(out, { recursive: true, force: true })
  }
}

async function packAside(): Promise<Packed> {
  await Promise.all([bundle({ index: 'sdk/mod.ts', web: 'sdk/web.ts' }, 'sdk'), bundleCommands()])
  declareTypes()
  for (const file of files(out)) writeFileSync(file, forNpm(readFileSync(file, 'utf8')))
  const root_manifest: unknown = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  writeFileSync(
    join(out, 'package.json'),
    `${JSON.stringify(manifestOf(root_manifest, process.env), null, 2)}\n`,
  )
  cpSync(join(root, 'docs/npm/README.md'), join(out, 'README.md'))
  for (const file of ['CHANGELOG.md', 'LICENSE']) cpSync(join(root, file), join(out, file))
  writeFileSync(join(out, 'THIRD-PARTY-LICENSES.md'), licensesOf(BUNDLED))
  const tarball = packTarball()
  rmSync(target, { recursive: true, force: true })
  renameSync(out, target)
  return { folder: target, tarball, core_bytes: await coreBytes() }
}

/** The last package when no source is newer, else a new one. */
export async function packIfStale(): Promise<Packed> {
  const tarball = tarballOf()
  const made = tarball && existsSync(join(target, 'package.json')) ? statSync(tarball).mtimeMs : 0
  if (!tarball || SOURCES.some((source) => newest(join(root, source)) > made)) return await pack()
  return { folder: target, tarball, core_bytes: await coreBytes() }
}

const COMMON: BuildOptions = {
  absWorkingDir: root,
  bundle: true,
  format: 'esm',
  target: 'es2022',
  // Stacks and reports of bugs show names as they were written.
  minify: false,
  legalComments: 'inline',
  logLevel: 'warning',
}

/** Several files that share what they have in common: an error of the one is `instanceof` the class of the other. */
async function bundle(entryPoints: Record<string, string>, shared: string): Promise<void> {
  await build({
    ...COMMON,
    entryPoints,
    splitting: true,
    chunkNames: `${shared}-[hash]`,
    outdir: out,
    platform: 'node',
    external: ['commander', 'open'],
    // The one of its builds that is made of modules: what is not used stays out, and nothing says `require`.
    alias: { yaml: join(root, 'node_modules/yaml/browser/index.js') },
  })
}

/** `cli/main.ts` and `cli/rbtk.ts` begin with the line by which a shell finds Node. */
async function bundleCommands(): Promise<void> {
  await bundle({ 'bin/robotrace': 'cli/main.ts', 'bin/rbtk': 'cli/rbtk.ts' }, 'bin/commands')
}

/** A declaration for each module that the SDK is made of, by the compiler. */
function declareTypes(): void {
  const config = join(out, 'tsconfig.json')
  const options = {
    extends: '../../sdk/host/tsconfig.json',
    compilerOptions: { noEmit: false, emitDeclarationOnly: true, rootDir: '../../sdk', outDir: 'types' },
    include: [],
    files: ['../../sdk/mod.ts', '../../sdk/web.ts'],
  }
  writeFileSync(config, JSON.stringify(options))
  execFileSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', config], {
    stdio: 'inherit',
  })
  rmSync(config)
}

/** The compiler leaves `.ts` in declarations, where no `.ts` will be; and npm's name of the package is another than JSR's. */
function forNpm(text: string): string {
  return text
    .replace(/(from |import\()(['"])(\.{1,2}\/[^'"]+)\.ts\2/g, '$1$2$3.js$2')
    .replaceAll('@robotrace/sdk', 'robotrace')
}

/** What the licences of bundled packages ask for: their text goes along. */
function licensesOf(packages: readonly string[]): string {
  const parts = packages.map((name) => {
    const folder = join(root, 'node_modules', name)
    const file = readdirSync(folder).find((one) => /^licen[cs]e/i.test(one))
    if (!file) throw new Error(`${name} has no licence file.`)
    return `## ${name}\n\n${readFileSync(join(folder, file), 'utf8').trim()}\n`
  })
  return `# Licences of what is bundled\n\n${parts.join('\n')}`
}

function packTarball(): string {
  const aside = join(out, 'tarball')
  mkdirSync(aside)
  const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', aside]
  const printed = execFileSync('npm', args, {
    cwd: out,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const [made]: { filename: string }[] = JSON.parse(printed)
  if (!made) throw new Error('npm pack made no tarball.')
  const tarball = join(root, 'dist', made.filename)
  renameSync(join(aside, made.filename), tarball)
  rmSync(aside, { recursive: true })
  return tarball
}

/** The build for browsers as a bundler would put it into a page, gzipped. */
async function coreBytes(): Promise<number> {
  const { outputFiles } = await build({
    ...COMMON,
    entryPoints: [join(target, 'web.js')],
    minify: true,
    platform: 'browser',
    write: false,
  })
  return gzipSync(outputFiles[0]?.contents ?? new Uint8Array(), { level: 9 }).length
}

function tarballOf(): string | undefined {
  const { version }: { version: string } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const path = join(root, `dist/robotrace-${version}.tgz`)
  return existsSync(path) ? path : undefined
}

function files(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
}

function newest(path: string): number {
  const stats = statSync(path)
  if (!stats.isDirectory()) return stats.mtimeMs
  return Math.max(stats.mtimeMs, ...files(path).map((file) => statSync(file).mtimeMs))
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { tarball, core_bytes } = await (process.argv.includes('--if-stale') ? packIfStale() : pack())
  const size = (bytes: number): string => `${(bytes / 1024).toFixed(1)} KB`
  console.log(`${tarball.slice(root.length)} · ${size(statSync(tarball).size)}`)
  console.log(`core of the SDK, minified and gzipped: ${size(core_bytes)} of ${size(MOST_CORE_BYTES)}`)
  if (core_bytes > MOST_CORE_BYTES) process.exitCode = 1
}
