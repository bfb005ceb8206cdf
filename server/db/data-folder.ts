import { join } from 'node:path'
import Sqlite from 'better-sqlite3'
import { isBusy } from './errors.ts'

/** Another RoboTrace runs on this data folder; two would remove each other's unfinished uploads. */
export class DataFolderInUseError extends Error {
  constructor(folder: string) {
    super(`Another RoboTrace is running on ${folder}.`)
    this.name = 'DataFolderInUseError'
  }
}

/**
 * Makes this process the only one on a data folder.
 *
 * @returns how to give the folder back
 * @throws DataFolderInUseError
 * @example const release = claimDataFolder('./data')
 */
export function claimDataFolder(folder: string): () => void {
  const release = claimFolder(folder)
  if (!release) throw new DataFolderInUseError(folder)
  return release
}

/**
 * Takes the file `lock` of a folder. The lock is SQLite's own file lock on an empty database: the system releases it
 * when the process ends, however it ends.
 *
 * @returns how to give it back; undefined when another process holds it
 */
export function claimFolder(folder: string): (() => void) | undefined {
  const lock = new Sqlite(join(folder, 'lock'), { timeout: 0 })
  try {
    lock.exec('BEGIN EXCLUSIVE')
  } catch (error) {
    lock.close()
    if (isBusy(error)) return undefined
    throw error
  }
  return () => lock.close()
}
