import { chmodSync, closeSync, fsyncSync, lstatSync, mkdirSync, openSync, rmdirSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import process from 'node:process'
import { isRecord } from '../json.ts'

/**
 * A sentence when what should be the folder of the file is something else, such as a file; undefined when it
 * is a folder, or nothing yet.
 *
 * @example folderProblem('/etc/hostname/credentials') // '/etc/hostname is not a folder, …'
 */
export function folderProblem(path: string): string | undefined {
  const folder = dirname(path)
  try {
    if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== false) return undefined
  } catch (error) {
    // Anything else, such as a forbidden folder, is said by whoever reads the file.
    if (!isRecord(error) || error.code !== 'ENOTDIR') return undefined
  }
  return `${folder} is not a folder, so no credentials file can be in it.`
}

/** Made closed, and closed if it was open: whoever could list or rename in it could swap the file. */
export function openFolder(folder: string): void {
  makeFolder(folder)
  chmodSync(folder, 0o700)
}

/** By hand, because Node's recursive mkdir never returns where the system makes no folders, as in /proc. */
function makeFolder(folder: string): void {
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return
  const parent = dirname(folder)
  if (parent !== folder) makeFolder(parent)
  try {
    mkdirSync(folder, { mode: 0o700 })
  } catch (error) {
    // Another program may have been faster; a file of that name, though, is nothing to write in.
    if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) throw error
  }
}

/** Removes the folder when the file was all that was in it. */
export function closeEmpty(folder: string, path: string): void {
  if (lstatSync(path, { throwIfNoEntry: false })) return
  try {
    rmdirSync(folder)
  } catch {
    // Something else lives there, or another program is just writing: then it stays.
  }
}

/** The rename itself reaches the disk with the folder; Windows has no such call and needs none. */
export function syncFolder(folder: string): void {
  if (process.platform === 'win32') return
  const opened = openSync(folder, 'r')
  try {
    fsyncSync(opened)
  } finally {
    closeSync(opened)
  }
}
