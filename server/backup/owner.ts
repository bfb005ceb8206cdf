import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import type Sqlite from 'better-sqlite3'
import { BackupError, DATABASE, isFrom, type Listed } from './layout.ts'
import { opened } from './snapshot.ts'

/**
 * Which installation a database is: the same through every upgrade and restore, another one for every database that was
 * made anew. From the moment at which its first schema was written down, as no table has a name for the whole.
 *
 * @returns undefined: it is no database of ours
 * @example installationOf(database) // '5f0c2a9be31d7740'
 */
export function installationOf(database: Sqlite.Database): string | undefined {
  const first = database
    .prepare<[], { version: number; written_by: string; applied_at: string }>(
      'SELECT version, written_by, applied_at FROM schema_versions ORDER BY version LIMIT 1',
    )
    .get()
  if (!first) return undefined
  const { version, written_by, applied_at } = first
  const text = JSON.stringify(['robotrace installation', version, written_by, applied_at])
  return createHash('sha256').update(text).digest('hex').slice(0, 16)
}

/** As above, of a data folder; undefined: it has no database. */
export function installationIn(data: string): string | undefined {
  const file = join(data, DATABASE)
  if (!existsSync(file)) return undefined
  using rows = opened(file)
  return installationOf(rows.database)
}

/** What is wrong with a folder that has backups of somebody else, and what to do. */
export interface Stranger {
  message: string
  hint: string
}

/** Undefined: all backups there are this installation's, or were made before backups said whose they are. */
export function strangerIn(
  folder: string,
  listed: readonly Listed[],
  installation: string | undefined,
): Stranger | undefined {
  const other = listed.findLast(({ manifest }) => manifest && !isFrom(manifest, installation))
  if (!other) return undefined
  return {
    message: `${folder} has backups of another installation (${other.name}): each would let go of the other's.`,
    hint: `a folder of its own for each server, such as ${join(folder, hostname())}; or, to go on from the data that is in these, \`robotrace restore ${folder}\` into an empty data folder`,
  }
}

/** @throws BackupError when somebody else backs up there */
export function requireOwn(
  folder: string,
  listed: readonly Listed[],
  installation: string | undefined,
): void {
  const stranger = strangerIn(folder, listed, installation)
  if (stranger) throw new BackupError(stranger.message, { hint: stranger.hint })
}
