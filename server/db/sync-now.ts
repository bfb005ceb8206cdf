import { closeSync, fsyncSync, mkdirSync, openSync } from 'node:fs'
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
  // One that is there may have been made a moment ago by a process that was killed before it could wait.
  const first = mkdirSync(path, { recursive: true, mode: 0o700 }) ?? path
  for (let made = path; made.length >= first.length; made = dirname(made)) syncNames(dirname(made))
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
