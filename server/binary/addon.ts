import { createHash } from 'node:crypto'
import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { isAbsolute, join } from 'node:path'
import process from 'node:process'
import { carriedBytes, carriedFiles } from './carried.ts'
import { privateFolder, putFile, readOwnFile, refuseOpenWay } from './private-folder.ts'

/**
 * Native code can be loaded from a file only, so the addons are what the single executable has to unpack: into a
 * cache folder that is this user's alone, named by the hash of what belongs into it. What lies there is hashed again
 * before each use. Where that folder cannot be used (no home, a read-only or full disk, mounted noexec, somebody
 * else's), a folder of the moment takes its place, which is gone as soon as the addon is loaded.
 */
export const ADDONS = 'addons/'

/** Places that may be written to, for this process: see `unpackWith`. */
let cache: string | undefined
let passing: readonly string[] = []

/**
 * Says where addons may be unpacked. `CACHE_DIRECTORY` is what systemd gives a unit with `CacheDirectory=`.
 *
 * @example unpackWith(process.env)
 */
export function unpackWith(env: Readonly<Record<string, string | undefined>>): void {
  const { XDG_CACHE_HOME, CACHE_DIRECTORY, HOME, TMPDIR, ROBOTRACE_DATA } = env
  const home = absolute(HOME)
  cache = absolute(XDG_CACHE_HOME) ?? absolute(CACHE_DIRECTORY) ?? (home && join(home, '.cache'))
  passing = [TMPDIR, '/tmp', '/dev/shm', '/var/tmp', '/run', ROBOTRACE_DATA].flatMap(
    (path) => absolute(path) ?? [],
  )
}

function absolute(path: string | undefined): string | undefined {
  return path !== undefined && isAbsolute(path) ? path : undefined
}

/**
 * Loads one of the addons that the executable carries, as `require` would.
 *
 * @throws Error which says where it was tried, and what to do
 * @example loadAddon('better-sqlite3.node')
 */
export function loadAddon(name: string): unknown {
  const refused: string[] = []
  const attempt = (place: string, load: () => unknown): unknown => {
    try {
      return load()
    } catch (error) {
      refused.push(`${place}: ${error instanceof Error ? error.message : String(error)}`)
      return undefined
    }
  }
  const kept = cache
  const loaded = kept && attempt(kept, () => loadFromCache(kept, name))
  if (loaded) return loaded
  for (const place of passing) {
    const found = attempt(place, () => loadInPassing(place, name))
    if (found) return found
  }
  throw new AddonError(name, refused)
}

/** Nowhere could the addon be loaded from. */
export class AddonError extends Error {
  readonly hint =
    'set XDG_CACHE_HOME to a folder that this user may write to, on a file system that is not mounted noexec'

  /** @param places each with why it could not be used */
  constructor(
    name: string,
    readonly places: readonly string[],
  ) {
    super(`Native code (${name}) could not be unpacked and loaded from any folder:`)
    this.name = 'AddonError'
  }
}

function loadFromCache(base: string, name: string): unknown {
  const folder = privateFolder(base, ['robotrace', contentsHash()])
  const file = join(folder, name)
  const found = readOwnFile(file)
  if (!found || sha256(found) !== carriedFiles().get(ADDONS + name))
    putFile(file, carriedBytes(ADDONS + name))
  return open(file)
}

function loadInPassing(base: string, name: string): unknown {
  refuseOpenWay(realpathSync(base))
  const folder = mkdtempSync(join(base, 'robotrace-'))
  try {
    const file = join(folder, name)
    putFile(file, carriedBytes(ADDONS + name))
    return open(file)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function open(file: string): unknown {
  const loaded = { exports: {} }
  process.dlopen(loaded, file)
  return loaded.exports
}

/** The same for two versions with the same addons, which share the folder then. */
function contentsHash(): string {
  const addons = [...carriedFiles()].filter(([path]) => path.startsWith(ADDONS)).sort()
  return sha256(JSON.stringify(addons))
}

function sha256(of: string | Uint8Array): string {
  return createHash('sha256').update(of).digest('hex')
}
