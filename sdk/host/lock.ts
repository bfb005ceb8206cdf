import { randomUUID } from 'node:crypto'
import { linkSync, lstatSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { ConfigurationError } from '../errors.ts'
import { isRecord } from '../json.ts'
import { pause } from '../pause.ts'

const BETWEEN_TRIES_MS = 25
const LONGEST_WAIT_MS = 20_000
/** Work under the lock takes milliseconds: a holder this old was killed. */
const STALE_MS = 10_000

/**
 * Does something while no other process on this machine does, in any runtime: the lock is a file that only
 * one can create.
 *
 * @param prepare makes the folder; called before every try, because whoever finished last may have removed it
 * @example await withLock('/home/art/.robotrace/credentials.lock', makeFolder, () => rewrite())
 * @param signal ends the wait for the lock; work that has begun is finished
 * @throws ConfigurationError when the lock stays taken for 20 s; the signal's reason
 */
export async function withLock<Result>(
  path: string,
  prepare: () => void,
  work: () => Result,
  signal?: AbortSignal,
): Promise<Result> {
  const token = randomUUID()
  const until = Date.now() + LONGEST_WAIT_MS
  signal?.throwIfAborted()
  while (!take(path, token, prepare)) {
    if (Date.now() > until) {
      throw new ConfigurationError(`Another program is writing the credentials file (${path} is in the way).`)
    }
    removeStale(path)
    await pause(BETWEEN_TRIES_MS, signal)
  }
  try {
    return work()
  } finally {
    if (read(path) === token) rmSync(path, { force: true })
  }
}

function take(path: string, token: string, prepare: () => void): boolean {
  prepare()
  try {
    writeFileSync(path, token, { flag: 'wx', mode: 0o600 })
    return true
  } catch (error) {
    const code = isRecord(error) ? error.code : undefined
    if (code === 'EEXIST' || code === 'ENOENT') return false
    throw error
  }
}

/**
 * Moved aside before it is deleted: of several who see it stale only one can move it, and one who moved a
 * fresh lock by mistake puts it back.
 */
function removeStale(path: string): void {
  const held = lstatSync(path, { throwIfNoEntry: false })
  if (!held || Date.now() - held.mtimeMs < STALE_MS) return
  const token = read(path)
  const aside = `${path}.${randomUUID()}.tmp`
  try {
    renameSync(path, aside)
    if (read(aside) !== token) linkSync(aside, path)
  } catch {
    // Somebody else was faster; the next try shows.
  }
  rmSync(aside, { force: true })
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
