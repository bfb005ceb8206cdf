import { readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import Sqlite from 'better-sqlite3'
import { breathe } from '../breathe.ts'
import { claimFolder } from '../db/data-folder.ts'
import { readBlobList } from './blob-list.ts'
import { syncFolder } from './copy-file.ts'
import {
  BackupError,
  BLOB_LIST,
  BLOBS,
  backupName,
  INCOMING,
  listBackups,
  SHA256,
  UNFINISHED,
} from './layout.ts'

/** What was let go. */
export interface Pruned {
  backups: string[]
  blobs: number
}

/** Hashes noted between two turns of the event loop. */
const NOTED_AT_ONCE = 1000

/**
 * Lets go of all but the newest backups, and then of bytes that none of those names.
 *
 * @param keep how many finished backups stay, 1 or more
 * @param now those that say they were made later were made while the clock was wrong, and count as the oldest
 * @throws BackupError when a backup is being made there
 */
export async function pruneBackups(folder: string, keep: number, now: Date): Promise<Pruned> {
  const release = claimFolder(folder)
  if (!release) throw new BackupError(`A backup to ${folder} is being made.`)
  try {
    const all = await listBackups(folder)
    // A manifest that cannot be believed may be all that is left of what somebody needs: it is never let go by itself.
    const sound = all.filter(({ manifest }) => manifest !== undefined).map(({ name }) => name)
    const newest = backupName(now)
    const byAge = [...sound.filter((name) => name > newest), ...sound.filter((name) => name <= newest)]
    const old = byAge.slice(0, Math.max(0, sound.length - keep))
    if (old.length === 0) return { backups: [], blobs: 0 }
    for (const name of old) await removeBackup(folder, name)
    const kept = all.map(({ name }) => name).filter((name) => !old.includes(name))
    return { backups: old, blobs: await removeUnnamed(folder, kept) }
  } finally {
    release()
  }
}

/** Under the name of what is unfinished: cut off here, it is no backup any more, and the next run removes the rest. */
async function removeBackup(folder: string, name: string): Promise<void> {
  const unfinished = join(folder, UNFINISHED)
  await rm(unfinished, { recursive: true, force: true })
  await rename(join(folder, name), unfinished)
  await syncFolder(folder)
  await rm(unfinished, { recursive: true, force: true })
}

/** The hashes that are still named go into a file, not into memory: there may be millions. */
async function removeUnnamed(folder: string, kept: readonly string[]): Promise<number> {
  const file = join(folder, `${INCOMING}.named`)
  await rm(file, { force: true })
  const named = new Sqlite(file)
  try {
    named.pragma('journal_mode = OFF')
    named.pragma('synchronous = OFF')
    named.exec('CREATE TABLE named (sha256 TEXT NOT NULL PRIMARY KEY) WITHOUT ROWID')
    for (const name of kept) await note(named, join(folder, name, BLOB_LIST))
    return await sweep(named, join(folder, BLOBS))
  } finally {
    named.close()
    await rm(file, { force: true })
  }
}

async function note(named: Sqlite.Database, list: string): Promise<void> {
  const insert = named.prepare('INSERT OR IGNORE INTO named (sha256) VALUES (?)')
  const flush = named.transaction((hashes: string[]) => {
    for (const sha256 of hashes) insert.run(sha256)
  })
  let waiting: string[] = []
  for await (const { sha256 } of readBlobList(list)) {
    waiting.push(sha256)
    if (waiting.length < NOTED_AT_ONCE) continue
    flush(waiting)
    waiting = []
    // A list is read in large pieces: without this, all lines of one would be one turn.
    await breathe()
  }
  flush(waiting)
}

async function sweep(named: Sqlite.Database, blobs: string): Promise<number> {
  const find = named.prepare('SELECT 1 FROM named WHERE sha256 = ?')
  let removed = 0
  for (const part of await readdir(blobs)) {
    for (const sha256 of await readdir(join(blobs, part))) {
      // Nothing of anybody else's is ours to remove.
      if (!SHA256.test(sha256) || find.get(sha256) !== undefined) continue
      await rm(join(blobs, part, sha256))
      removed++
    }
  }
  return removed
}
