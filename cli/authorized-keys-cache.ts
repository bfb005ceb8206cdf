import { createHash, randomUUID } from 'node:crypto'
import {
  closeSync,
  fsyncSync,
  lstatSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { openFolder, syncFolder } from '../sdk/host/credentials-folder.ts'
import { isRecord, parseObject } from '../sdk/json.ts'

/** Which list it is: of one device of one deployment, in one folder. */
export interface KeptFor {
  base_url: string
  organization: string
  project: string
  device: string
  cache: string
}

/** The list as it was told last. */
export interface KeptKeys {
  text: string
  etag: string
  /** ISO 8601, UTC. */
  fetched_at: string
}

/**
 * The list that is kept on disk.
 *
 * @param tell hears why one that is there is not believed: whoever could change it could let themselves in
 * @returns undefined when there is none to believe
 */
export function readKept(which: KeptFor, tell: (why: string) => void): KeptKeys | undefined {
  const path = pathOf(which)
  try {
    if (!lstatSync(path, { throwIfNoEntry: false })) return undefined
    const stranger = [which.cache, path].find(isOpenToOthers)
    if (stranger) {
      tell(`${stranger} can be changed by others, so the list in it is not used.`)
      return undefined
    }
    const kept = parseObject(readFileSync(path, 'utf8'))
    const { text, etag, fetched_at } = kept ?? {}
    if (typeof text !== 'string' || typeof etag !== 'string' || typeof fetched_at !== 'string')
      return undefined
    return { text, etag, fetched_at }
  } catch (error) {
    tell(`The list in ${path} cannot be read (${codeOf(error)}).`)
    return undefined
  }
}

/** Owned by somebody else than this program's user and root, a link, or open for writing. */
function isOpenToOthers(path: string): boolean {
  const { uid, mode } = lstatSync(path)
  const ours = process.getuid === undefined || uid === process.getuid() || uid === 0
  const isLink = lstatSync(path).isSymbolicLink()
  return !ours || isLink || (mode & 0o022) !== 0
}

/**
 * Replaces the list as a whole; 0600 in a folder of 0700. When that fails, an older list that says something else is
 * forgotten: what was revoked must not come back.
 */
export function keepKeys(
  which: KeptFor,
  keys: KeptKeys,
  before: KeptKeys | undefined,
  tell: (why: string) => void,
): void {
  const path = pathOf(which)
  const temporary = `${path}.${randomUUID()}.tmp`
  try {
    openFolder(which.cache)
    const file = openSync(temporary, 'wx', 0o600)
    try {
      writeSync(file, JSON.stringify(keys))
      fsyncSync(file)
    } finally {
      closeSync(file)
    }
    renameSync(temporary, path)
    syncFolder(which.cache)
  } catch (error) {
    forget(temporary)
    if (before?.text === keys.text) return
    forgetKeys(which)
    tell(`The list cannot be kept in ${which.cache} (${codeOf(error)}): without contact nobody gets in.`)
  }
}

/** Nobody is let in from here any more. */
export function forgetKeys(which: KeptFor): void {
  forget(pathOf(which))
}

function forget(path: string): void {
  try {
    rmSync(path, { force: true })
  } catch {
    // Nothing was ever kept there, or the disk takes no change at all.
  }
}

function pathOf({ base_url, organization, project, device, cache }: KeptFor): string {
  const name = JSON.stringify([base_url, organization, project, device])
  return join(cache, `${createHash('sha256').update(name).digest('hex').slice(0, 32)}.json`)
}

function codeOf(error: unknown): string {
  return isRecord(error) && typeof error.code === 'string' ? error.code : 'unknown reason'
}
