import { join } from 'node:path'
import Sqlite from 'better-sqlite3'

/** Another RoboTrace runs on this data folder; two would remove each other's unfinished uploads. */
export class DataFolderInUseError extends Error {
  constructor(folder: string) {
    super(
      `Another RoboTrace is running on ${folder}. Stop it first, or set ROBOTRACE_DATA to another folder.`,
    )
    this.name = 'DataFolderInUseError'
  }
}

/**
 * Makes this process the only one on a data folder. The lock is SQLite's own file lock on an empty database: the
 * system releases it when the process ends, however it ends.
 *
 * @returns how to give the folder back
 * @throws DataFolderInUseError
 * @example const release = claimDataFolder('./data')
 */
export function claimDataFolder(folder: string): () => void {
  const lock = new Sqlite(join(folder, 'lock'), { timeout: 0 })
  try {
    lock.exec('BEGIN EXCLUSIVE')
  } catch (error) {
    lock.close()
    if (error instanceof Error && 'code' in error && error.code === 'SQLITE_BUSY') {
      throw new DataFolderInUseError(folder)
    }
    throw error
  }
  return () => lock.close()
}
