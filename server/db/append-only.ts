import type Sqlite from 'better-sqlite3'

/** Tables whose rows are written once and never again, whoever holds the connection. */
const APPEND_ONLY = ['audit_events']

/**
 * Triggers are spelled differently by each database, so they cannot stand in schema.sql; these are SQLite's.
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
