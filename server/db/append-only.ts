import type Sqlite from 'better-sqlite3'

/** Tables whose rows this server writes once and never again. */
const APPEND_ONLY = ['audit_events']

/**
 * Triggers are spelled differently by each database, so they cannot stand in schema.sql; these are SQLite's.
 *
 * A connection must have `recursive_triggers` on, or INSERT OR REPLACE would slip past them.
 *
 * @example makeAppendOnly(sqlite)
 */
export function makeAppendOnly(sqlite: Sqlite.Database): void {
  for (const table of APPEND_ONLY) {
    for (const change of ['UPDATE', 'DELETE']) {
      sqlite.exec(`CREATE TRIGGER ${table}_no_${change.toLowerCase()} BEFORE ${change} ON ${table}
        BEGIN SELECT RAISE(ABORT, '${table} is append-only'); END`)
    }
  }
}
