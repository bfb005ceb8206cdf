import { readFileSync } from 'node:fs'
import Sqlite from 'better-sqlite3'
import { Kysely } from 'kysely'
import { projectFile } from '../project.ts'
import { makeAppendOnly } from './append-only.ts'
import { groupCommitDialect, type Watch } from './group-commit.ts'
import { keepRollups } from './rollups.ts'
import type { Schema } from './schema.gen.ts'

export type Database = Kysely<Schema>

/** The number of schema.sql. A higher number in a database file means a newer RoboTrace wrote it. */
export const SCHEMA_VERSION = 4

/** The database was written by a newer RoboTrace; `message` names the version that can read it. */
export class NewerSchemaError extends Error {
  constructor(found: number, writtenBy: string) {
    super(
      `This database has schema ${found}; this RoboTrace reads schema ${SCHEMA_VERSION} and older. ` +
        `Start RoboTrace ${writtenBy} or newer with it, or restore a backup made before the upgrade.`,
    )
    this.name = 'NewerSchemaError'
  }
}

/** The database is older than the first release, from which on databases are brought up to date. */
export class OlderSchemaError extends Error {
  constructor(found: number) {
    super(
      `This database has schema ${found}, from before the first release; this RoboTrace reads schema ${SCHEMA_VERSION}. ` +
        'Move the data folder away and start anew, or keep using the version that wrote it.',
    )
    this.name = 'OlderSchemaError'
  }
}

/**
 * Opens, and on first use creates, the SQLite database.
 *
 * @param file path of the database, or `:memory:`
 * @param version the running RoboTrace's version, noted beside the schema it creates
 * @param commit see groupCommitDialect, as for `watch`
 * @throws NewerSchemaError when a newer RoboTrace has been here, OlderSchemaError for one from before the first release
 * @example const db = openDatabase('data/robotrace.db', '0.1.0')
 */
export function openDatabase(
  file: string,
  version: string,
  commit?: 'grouped' | 'each',
  watch?: Watch,
): Database {
  const sqlite = new Sqlite(file)
  try {
    setPragmas(sqlite)
    bringSchema(sqlite, version)
  } catch (error) {
    sqlite.close()
    throw error
  }
  return new Kysely<Schema>({ dialect: groupCommitDialect(sqlite, commit, watch) })
}

function setPragmas(sqlite: Sqlite.Database): void {
  // Another process (a backup, a shell) may hold the lock for a moment. Waiting here would stop the whole process,
  // so this is short, and writes come back for the lock by themselves.
  sqlite.pragma('busy_timeout = 50')
  sqlite.pragma('journal_mode = WAL')
  // With NORMAL, a power cut loses commits that were already answered. FULL costs one fsync a commit.
  sqlite.pragma('synchronous = FULL')
  sqlite.pragma('foreign_keys = ON')
  sqlite.pragma('recursive_triggers = ON')
  // A checkpoint writes each page once, however often it changed since the last: rarer ones write less. 40 MB.
  sqlite.pragma('wal_autocheckpoint = 10000')
  // 64 MiB of pages in memory instead of 2.
  sqlite.pragma('cache_size = -65536')
}

function bringSchema(sqlite: Sqlite.Database, version: string): void {
  const exists = sqlite.prepare("SELECT 1 FROM sqlite_master WHERE name = 'schema_versions'").get()
  if (!exists) {
    createSchema(sqlite, version)
    return
  }
  const found = sqlite
    .prepare<[], { version: number; written_by: string }>(
      'SELECT version, written_by FROM schema_versions ORDER BY version DESC LIMIT 1',
    )
    .get()
  if (found && found.version > SCHEMA_VERSION) throw new NewerSchemaError(found.version, found.written_by)
  if (found && found.version < SCHEMA_VERSION) throw new OlderSchemaError(found.version)
}

function createSchema(sqlite: Sqlite.Database, version: string): void {
  sqlite.transaction(() => {
    sqlite.exec(readFileSync(projectFile('schema.sql'), 'utf8'))
    makeAppendOnly(sqlite)
    keepRollups(sqlite)
    sqlite
      .prepare('INSERT INTO schema_versions (version, written_by, applied_at) VALUES (?, ?, ?)')
      .run(SCHEMA_VERSION, version, new Date().toISOString())
  })()
}
