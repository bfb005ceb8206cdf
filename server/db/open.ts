import Sqlite from 'better-sqlite3'
import { Kysely } from 'kysely'
import { projectText } from '../project.ts'
import { makeAppendOnly } from './append-only.ts'
import { groupCommitDialect, type Watch } from './group-commit.ts'
import { type MigrationStep, migrateDatabase } from './migrate.ts'
import { keepRollups } from './rollups.ts'
import type { Schema } from './schema.gen.ts'
import { OutdatedSchemaError, SCHEMA_VERSION, schemaVersionOf } from './schema-version.ts'

export { NewerSchemaError, OlderSchemaError, SCHEMA_VERSION } from './schema-version.ts'

export type Database = Kysely<Schema>

interface Options {
  /** See groupCommitDialect. */
  commit?: 'grouped' | 'each' | undefined
  /** Brings an older database up to date first, telling how far it is. Only for whoever has claimed the data folder. */
  upgrade?: (step: MigrationStep) => void
  /** See groupCommitDialect. */
  watch?: Watch
}

/**
 * Opens, and on first use creates, the SQLite database.
 *
 * @param file path of the database, or `:memory:`
 * @param version the running RoboTrace's version, noted beside the schema it creates
 * @throws NewerSchemaError when a newer RoboTrace has been here, OlderSchemaError for one from before the first
 *   release, OutdatedSchemaError for an older one that is not to be upgraded, and what migrateDatabase throws
 * @example const db = openDatabase('data/robotrace.db', '0.1.0')
 */
export function openDatabase(
  file: string,
  version: string,
  { commit, upgrade, watch }: Options = {},
): Database {
  if (upgrade && file !== ':memory:') migrateDatabase(file, { report: upgrade })
  const sqlite = new Sqlite(file)
  try {
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

/** A file that is refused is not touched: what it is set to comes after the question what it is. */
function bringSchema(sqlite: Sqlite.Database, version: string): void {
  sqlite.pragma('busy_timeout = 5000')
  const found = schemaVersionOf(sqlite)
  if (found !== undefined && found < SCHEMA_VERSION) throw new OutdatedSchemaError(found)
  setPragmas(sqlite)
  if (found === undefined) createSchema(sqlite, version)
}

function createSchema(sqlite: Sqlite.Database, version: string): void {
  sqlite.transaction(() => {
    sqlite.exec(projectText('schema.sql'))
    makeAppendOnly(sqlite)
    keepRollups(sqlite)
    sqlite
      .prepare('INSERT INTO schema_versions (version, written_by, applied_at) VALUES (?, ?, ?)')
      .run(SCHEMA_VERSION, version, new Date().toISOString())
  })()
}
