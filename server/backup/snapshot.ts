import { open } from 'node:fs/promises'
import Sqlite from 'better-sqlite3'
import { breathe } from '../breathe.ts'
import { createFlusher } from './flusher.ts'
import { StoppedError } from './layout.ts'

/** Copied at once, between two turns of the event loop: 512 KiB, about a millisecond. */
const PAGES_AT_ONCE = 128

/** What the snapshot says about itself. */
export interface Snapshot {
  schema: number
  /** The first RoboTrace that reads this schema. */
  read_by: string
}

/**
 * Copies the database as it is at this moment, while another process writes to it.
 *
 * SQLite's online backup starts over whenever somebody writes between two of its steps, which on a server that takes
 * episodes means that it never ends. Here it reads inside of a transaction that was begun before: with a write-ahead
 * log that is one unchanging picture, writers go on, and the copy ends after as many steps as there are pages.
 * VACUUM INTO would be as consistent, but does its work in one call, and a server that backs itself up would stand still.
 * While this runs the log cannot be emptied, so it grows by what is written meanwhile.
 *
 * @param to is made; one plain file that needs none beside it
 * @throws StoppedError
 * @example const { schema } = await takeSnapshot('data/robotrace.db', 'backup/robotrace.db')
 */
export async function takeSnapshot(
  from: string,
  to: string,
  more: { stop?: () => boolean; report?: (done_bytes: number, total_bytes: number) => void } = {},
): Promise<Snapshot> {
  const live = new Sqlite(from, { readonly: true, fileMustExist: true })
  const flusher = createFlusher(to)
  try {
    live.exec('BEGIN')
    const found = schemaOf(live)
    const page_bytes = Number(live.pragma('page_size', { simple: true }))
    let done = 0
    await live.backup(to, {
      progress: ({ totalPages, remainingPages }) => {
        if (more.stop?.()) throw new StoppedError()
        const now = (totalPages - remainingPages) * page_bytes
        const full = flusher.wrote(now - done)
        done = now
        if (totalPages > 0) more.report?.(now, totalPages * page_bytes)
        return full ? 0 : PAGES_AT_ONCE
      },
    })
    // The last step has waited for the disk already: others first.
    await breathe()
    await settle(to)
    return found
  } finally {
    live.close()
    await flusher.end()
  }
}

/** A database that is only read, until the block ends. */
export function opened(file: string): { database: Sqlite.Database } & Disposable {
  const database = new Sqlite(file, { readonly: true, fileMustExist: true })
  return { database, [Symbol.dispose]: () => database.close() }
}

/** Which schema a database has. @throws SqliteError when it is no database of ours */
export function schemaOf(database: Sqlite.Database): Snapshot {
  const row = database
    .prepare<[], { schema: number; read_by: string }>(
      'SELECT version AS schema, written_by AS read_by FROM schema_versions ORDER BY version DESC LIMIT 1',
    )
    .get()
  return row ?? { schema: 0, read_by: '' }
}

/** The copy says that it has a write-ahead log, as the original does: read from a medium that takes no writes it would fail. */
async function settle(file: string): Promise<void> {
  const copy = new Sqlite(file)
  // It is waited for below, where nothing else has to wait with it.
  copy.pragma('synchronous = OFF')
  copy.pragma('journal_mode = DELETE')
  copy.close()
  const handle = await open(file, 'r+')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
