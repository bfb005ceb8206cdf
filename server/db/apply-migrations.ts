import type Sqlite from 'better-sqlite3'
import { projectText } from '../project.ts'
import { makeAppendOnly } from './append-only.ts'
import { keepRollups } from './rollups.ts'

/** One step forward, from the schema before it. */
export interface Migration {
  /** The schema it makes. */
  to: number
  /** The first RoboTrace that reads that schema. */
  since: string
  /** Its statements, when they are asked for. */
  sql: () => string
}

/** Every step since the first release, in order. What has been released is never edited: there is only forward. */
export const MIGRATIONS: readonly Migration[] = [step(4, '0.2.0', '0004-trash-and-space.sql')]

function step(to: number, since: string, file: string): Migration {
  return { to, since, sql: () => projectText(`server/db/migrations/${file}`) }
}

/** A migration could not be applied to the copy, or what came of it is not sound. */
export class MigrationError extends Error {
  constructor(what: string, options?: ErrorOptions) {
    super(
      `The database could not be brought up to date: ${what}. Nothing was changed: the old RoboTrace still runs on it.`,
      options,
    )
    this.name = 'MigrationError'
  }
}

/**
 * Brings a copy of a database up to date, each step in one transaction. When this throws, the copy is worth nothing.
 *
 * @param at time of the upgrade, ISO-8601
 * @throws MigrationError naming the step that failed
 */
export function applyMigrations(copy: Sqlite.Database, steps: readonly Migration[], at: string): void {
  // Tables are replaced below: rows that point at them must not be asked about in between, nor must triggers run.
  copy.pragma('foreign_keys = OFF')
  for (const one of steps) {
    try {
      copy.transaction(() => applyStep(copy, one, at))()
    } catch (error) {
      if (error instanceof MigrationError) throw error
      const why = error instanceof Error ? error.message : String(error)
      throw new MigrationError(`the step to schema ${one.to} failed (${why})`, { cause: error })
    }
  }
}

function applyStep(copy: Sqlite.Database, { to, since, sql }: Migration, at: string): void {
  dropTriggers(copy)
  copy.exec(sql())
  makeAppendOnly(copy)
  keepRollups(copy)
  copy
    .prepare('INSERT INTO schema_versions (version, written_by, applied_at) VALUES (?, ?, ?)')
    .run(to, since, at)
  const broken = copy.pragma('foreign_key_check')
  if (Array.isArray(broken) && broken.length > 0) {
    throw new MigrationError(`after the step to schema ${to}, ${broken.length} rows point at nothing`)
  }
}

function dropTriggers(copy: Sqlite.Database): void {
  const triggers = copy.prepare<[], string>("SELECT name FROM sqlite_master WHERE type = 'trigger'").pluck()
  for (const name of triggers.all()) copy.exec(`DROP TRIGGER "${name}"`)
}

/**
 * Compares a migrated copy with what it was made from: it must be sound, and no table may have lost or won a row.
 *
 * @throws MigrationError
 */
export function checkCopy(copy: Sqlite.Database, before: ReadonlyMap<string, number>): void {
  const [verdict] = copy.prepare<[], string>('PRAGMA integrity_check(1)').pluck().all()
  if (verdict !== 'ok') throw new MigrationError(`the migrated copy is damaged (${verdict})`)
  const after = countRows(copy)
  for (const [table, rows] of before) {
    if (table === 'schema_versions' || after.get(table) === rows) continue
    throw new MigrationError(`${table} had ${rows} rows and has ${after.get(table) ?? 'no table'} afterwards`)
  }
}

/** How many rows each table has. */
export function countRows(sqlite: Sqlite.Database): Map<string, number> {
  const tables = sqlite
    .prepare<[], string>("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
    .pluck()
    .all()
  return new Map(
    tables.map((table) => [
      table,
      sqlite.prepare<[], number>(`SELECT count(*) FROM "${table}"`).pluck().get() ?? 0,
    ]),
  )
}
