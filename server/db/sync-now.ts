import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'

/** Waits until a file's bytes, or the names in a folder, are on the disk. @example syncNow(dirname(file)) */
export function syncNow(path: string): void {
  const handle = openSync(path, 'r')
  try {
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}

/**
 * Makes a folder, and those above it, for its owner alone. Its name is on the disk when this returns: what is put into
 * a folder that a power cut takes away is gone with it.
 */
export function makeFolder(folder: string): void {
  const path = resolve(folder)
  const made = makeFolders(path)
  // One that is there may have been made a moment ago by a process that was killed before it could wait.
  for (const one of made.length > 0 ? made : [path]) syncNames(dirname(one))
}

/**
 * The same without waiting for the disk. One after the other, because Node's own mkdir with all parents tries for ever
 * where nothing can be made, as in /proc.
 *
 * @returns those that were missing
 */
export function makeFolders(folder: string): string[] {
  const missing: string[] = []
  for (let path = resolve(folder); !existsSync(path); path = dirname(path)) missing.unshift(path)
  if (missing.length === 0 && !statSync(folder).isDirectory()) throw notAFolder(folder)
  for (const path of missing) makeOne(path)
  return missing
}

function makeOne(path: string): void {
  try {
    mkdirSync(path, { mode: 0o700 })
  } catch (error) {
    // Somebody else may have made it meanwhile.
    if (!existsSync(path) || !statSync(path).isDirectory()) throw error
  }
}

function notAFolder(path: string): Error {
  return Object.assign(new Error(`ENOTDIR: ${path} is not a folder`), { code: 'ENOTDIR' })
}

/** Whoever may not read the folder above has not made anything in it: somebody else did, such as systemd. */
function syncNames(folder: string): void {
  try {
    syncNow(folder)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && ['EACCES', 'EPERM'].includes(String(error.code))))
      throw error
  }
}
