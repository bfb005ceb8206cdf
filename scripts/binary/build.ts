import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build, type Plugin } from 'esbuild'
import { ADDONS } from '../../server/binary/addon.ts'
import { MANIFEST } from '../../server/binary/carried.ts'
import { LICENSES } from '../../server/operator/licenses.ts'
import { buildIfStale } from '../build.ts'
import { filesIn, isStale, SOURCES } from '../built.ts'
import { licensesOf } from './licenses.ts'
import { installWorkshop, NODE, WORKSHOP } from './workshop.ts'

/**
 * Builds dist/robotrace: the whole program in one executable for this platform, Node included.
 *
 *   npx tsx scripts/binary/build.ts              builds
 *   npx tsx scripts/binary/build.ts --if-stale   builds only when a source is newer than the last build
 */
const root = fileURLToPath(new URL('../..', import.meta.url))
const target = join(root, 'dist/robotrace')
/** What is made on the way. */
const bench = join(root, 'dist/binary')

/** What the server reads of the project while it runs; of a folder, everything in it. */
const CARRIED = [
  'schema.sql',
  'server/db/migrations',
  'dist/portal',
  'dist/reference',
  'docs/openapi.json',
  'docs/answers.json',
  'docs/problems.md',
]

/** Node finds the injected blob by this mark; the value is Node's own. */
const FUSE = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2'

export async function buildBinary(): Promise<void> {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new Error(
      `npm run build:binary makes executables for linux-x64 on linux-x64; this is ${process.platform}-${process.arch}.`,
    )
  }
  installWorkshop()
  await buildIfStale()
  rmSync(bench, { recursive: true, force: true })
  mkdirSync(bench, { recursive: true })
  const addons = await bundle(join(bench, 'main.cjs'))
  const assets = carry(addons)
  const config = {
    main: join(bench, 'main.cjs'),
    output: join(bench, 'robotrace.blob'),
    assets,
    // Start-up without compiling the bundle anew.
    useCodeCache: true,
    disableExperimentalSEAWarning: true,
    // What a package tries of Node's newest (hpke: getPublicKey) is nothing that who runs the server can act on.
    execArgv: ['--disable-warning=ExperimentalWarning'],
  }
  writeFileSync(join(bench, 'sea.json'), JSON.stringify(config))
  run(NODE, ['--experimental-sea-config', join(bench, 'sea.json')])
  assemble(config.output)
}

/** @returns the native addons that the bundle asks for: name and path */
async function bundle(outfile: string): Promise<Map<string, string>> {
  const addons = new Map<string, string>()
  await build({
    entryPoints: [join(root, 'server/main.ts')],
    outfile,
    bundle: true,
    minify: true,
    keepNames: true,
    platform: 'node',
    target: 'node24',
    format: 'cjs',
    logLevel: 'error',
    alias: {
      'better-sqlite3': join(WORKSHOP, 'better-sqlite3/lib/linux-x64.js'),
      '@node-rs/argon2': '@node-rs/argon2-linux-x64-gnu',
    },
    // There is no module to have an address: whoever asks gets undefined, and does without.
    define: { 'import.meta.url': 'undefined' },
    plugins: [fromWithin(addons)],
  })
  return addons
}

/** A native addon is loaded out of the executable (server/binary/addon.ts) instead of from beside its package. */
function fromWithin(addons: Map<string, string>): Plugin {
  return {
    name: 'addons',
    setup({ onLoad }) {
      onLoad({ filter: /\.node$/ }, ({ path }) => {
        const name = `${/node_modules\/(?:@[^/]+\/)?([^/]+)\/(?!.*node_modules)/.exec(path)?.[1]}.node`
        addons.set(name, path)
        const loader = JSON.stringify(join(root, 'server/binary/addon.ts'))
        return {
          contents: `module.exports = require(${loader}).loadAddon(${JSON.stringify(name)})`,
          resolveDir: root,
          loader: 'js',
        }
      })
    },
  }
}

/** @returns what is put into the executable: name and path */
function carry(addons: ReadonlyMap<string, string>): Record<string, string> {
  const paths = CARRIED.map((path) => join(root, path)).filter((path) => existsSync(path))
  const files = paths.flatMap((path) => (statSync(path).isDirectory() ? filesIn(path) : [path]))
  const assets = Object.fromEntries(files.map((path) => [relative(root, path), path]))
  for (const [name, path] of addons) assets[ADDONS + name] = path
  assets[LICENSES] = join(bench, LICENSES)
  writeFileSync(assets[LICENSES], licensesOf(root))
  assets['package.json'] = join(bench, 'package.json')
  writeFileSync(assets['package.json'], JSON.stringify({ version: versionOf(join(root, 'package.json')) }))
  const hashes = Object.entries(assets).map(([name, path]) => [
    name,
    createHash('sha256').update(readFileSync(path)).digest('hex'),
  ])
  const manifest = join(bench, MANIFEST)
  writeFileSync(manifest, JSON.stringify({ files: Object.fromEntries(hashes) }))
  return { ...assets, [MANIFEST]: manifest }
}

function versionOf(path: string): string {
  // Our own package.json.
  return (JSON.parse(readFileSync(path, 'utf8')) as { version: string }).version
}

/** Node without its symbol table, with the blob in it; put in place in one step. */
function assemble(blob: string): void {
  const unfinished = join(bench, 'robotrace')
  copyFileSync(NODE, unfinished)
  chmodSync(unfinished, 0o755)
  // Saves a tenth. Without binutils the executable is as good, only larger.
  spawnSync('strip', [unfinished], { stdio: 'ignore' })
  run(process.execPath, [
    join(WORKSHOP, 'postject/dist/cli.js'),
    ...[unfinished, 'NODE_SEA_BLOB', blob, '--sentinel-fuse', FUSE],
  ])
  renameSync(unfinished, target)
}

/** Says what a tool said only when it failed: postject warns of every section that `strip` took the name of. */
function run(command: string, args: string[]): void {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8' })
  if (status !== 0) throw error ?? new Error(`${command} ${args.join(' ')}\n${stdout}${stderr}`)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const sources = [...SOURCES, ...CARRIED, 'scripts/binary'].map((path) => join(root, path))
  if (!process.argv.includes('--if-stale') || isStale(target, sources)) await buildBinary()
}
