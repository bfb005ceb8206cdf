import type Sqlite from 'better-sqlite3'

/** Statements that have been prepared already: preparing costs more than most of them take to run. */
export interface Statements {
  prepare(sql: string): Sqlite.Statement
}

/** Bounds the cache: filters make new texts, and a server runs for months. */
const MAX_STATEMENTS = 500

/** @example createStatements(db).prepare('SELECT 1').get() */
export function createStatements(db: Sqlite.Database): Statements {
  const known = new Map<string, Sqlite.Statement>()
  return {
    prepare(sql) {
      const ready = known.get(sql)
      if (ready) return ready
      if (known.size >= MAX_STATEMENTS) {
        const [oldest] = known.keys()
        if (oldest !== undefined) known.delete(oldest)
      }
      const statement = db.prepare(sql)
      known.set(sql, statement)
      return statement
    },
  }
}
