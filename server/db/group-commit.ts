import type Sqlite from 'better-sqlite3'
import {
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely'
import { isBusy } from './errors.ts'
import { Lane, laneOf, type Runner } from './lane.ts'
import { createStatements, type Statements } from './statements.ts'

/**
 * A Kysely dialect for better-sqlite3 that commits all single writes of a busy moment together:
 * one fsync for many requests, and each answer still waits for it. Statements are prepared once.
 *
 * Statements in a transaction are not grouped. There is one connection, so everything else waits while
 * a transaction is open; that is why nothing but SQL may be awaited inside one.
 *
 * @param commit `each` gives every write its own commit and fsync: what grouping is measured against in bench/
 * @param watch hears of each group that was committed, and of transactions
 * @example new Kysely<Schema>({ dialect: groupCommitDialect(new Sqlite('robotrace.db')) })
 */
export function groupCommitDialect(
  db: Sqlite.Database,
  commit: 'grouped' | 'each' = 'grouped',
  watch: Watch = {},
): Dialect {
  return {
    createAdapter: () => new SqliteAdapter(),
    createDriver: () => new GroupCommitDriver(db, commit, watch),
    createIntrospector: (kysely) => new SqliteIntrospector(kysely),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  }
}

/** Who hears of what the database does. */
export interface Watch {
  /** How many single writes a commit held, and how long it took with its fsync. */
  committed?: ((commit: { writes: number; seconds: number }) => void) | undefined
  /** A transaction is asked for. @returns what to call when it has ended */
  transaction?: (() => () => void) | undefined
}

/** How long a write waits for another process (a backup, a shell), and how often it looks. */
const BUSY_LIMIT_MS = 5_000
const BUSY_RETRY_MS = 25

/** A group of so many writes shares its commit well enough, */
const FULL_GROUP = 64

/** and none waits for others longer than so many turns of the event loop. */
const MAX_TURNS = 8

interface PendingWrite {
  query: CompiledQuery
  resolve: (result: QueryResult<never>) => void
  reject: (error: unknown) => void
}

class GroupCommitDriver implements Driver, Runner {
  readonly #db: Sqlite.Database
  readonly #grouped: boolean
  readonly #watch: Watch
  readonly #begin: Sqlite.Statement
  readonly #commit: Sqlite.Statement
  readonly #statements: Statements
  #pending: PendingWrite[] = []
  #scheduled = false
  /** When another process was first found holding the lock. */
  #busySince: number | undefined
  /** Settles when the open transaction, and those queued behind it, have ended. */
  #transaction: Promise<void> | undefined

  constructor(db: Sqlite.Database, commit: 'grouped' | 'each', watch: Watch) {
    this.#db = db
    this.#watch = watch
    this.#statements = createStatements(db)
    this.#grouped = commit === 'grouped'
    this.#begin = db.prepare('BEGIN IMMEDIATE')
    this.#commit = db.prepare('COMMIT')
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<DatabaseConnection> {
    return new Lane(this)
  }

  async releaseConnection(): Promise<void> {}

  async beginTransaction(connection: DatabaseConnection): Promise<void> {
    const ended = this.#watch.transaction?.()
    const before = this.#transaction
    const { promise, resolve } = withResolvers()
    const mine = before ? before.then(() => promise) : promise
    this.#transaction = mine
    await before
    const end = (): void => {
      ended?.()
      if (this.#transaction === mine) this.#transaction = undefined
      resolve()
      if (this.#pending.length > 0) this.#schedule()
    }
    try {
      // Writes that were asked for before this transaction are committed before it, too.
      this.#flush()
      await this.#beginWhenFree()
    } catch (error) {
      end()
      throw error
    }
    laneOf(connection).end = end
  }

  async #beginWhenFree(): Promise<void> {
    const until = performance.now() + BUSY_LIMIT_MS
    for (;;) {
      try {
        this.#begin.run()
        return
      } catch (error) {
        if (!isBusy(error) || performance.now() > until) throw error
      }
      await new Promise((resolve) => setTimeout(resolve, BUSY_RETRY_MS))
    }
  }

  async commitTransaction(connection: DatabaseConnection): Promise<void> {
    this.#commit.run()
    laneOf(connection).leave()
  }

  async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    if (this.#db.inTransaction) this.#db.exec('ROLLBACK')
    laneOf(connection).leave()
  }

  async destroy(): Promise<void> {
    await this.#transaction
    this.#flush()
    this.#db.close()
  }

  /** Runs inside of a lane's own transaction, at once. */
  runNow<R>(query: CompiledQuery): QueryResult<R> {
    const statement = this.#statements.prepare(query.sql)
    if (statement.reader) {
      // The row type is what the caller's query says; SQLite cannot know it.
      return { rows: statement.all(query.parameters) as R[] }
    }
    const { changes, lastInsertRowid } = statement.run(query.parameters)
    return { rows: [], numAffectedRows: BigInt(changes), insertId: BigInt(lastInsertRowid) }
  }

  /** Runs outside of any transaction: reads at once, writes together at the end of the turn. */
  async run<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    while (this.#transaction) await this.#transaction
    if (!this.#grouped || this.#statements.prepare(query.sql).readonly) return this.runNow<R>(query)
    return new Promise((resolve, reject) => {
      this.#pending.push({ query, resolve, reject })
      this.#schedule()
    })
  }

  #schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    this.#flushSoon(0, MAX_TURNS)
  }

  /** Waits while each turn brings more: a commit costs least when the loop has nothing else left to do. */
  #flushSoon(before: number, turns: number): void {
    setImmediate(() => {
      const now = this.#pending.length
      if (now > before && now < FULL_GROUP && turns > 0) {
        this.#flushSoon(now, turns - 1)
        return
      }
      this.#scheduled = false
      // An open transaction flushes what is pending when it ends.
      if (!this.#transaction) this.#flush()
    })
  }

  #flush(): void {
    const group = this.#pending
    if (group.length === 0) return
    this.#pending = []
    const began = performance.now()
    const answers: (() => void)[] = []
    try {
      this.#begin.run()
      for (const write of group) answers.push(this.#attempt(write))
      this.#commit.run()
    } catch (error) {
      if (this.#db.inTransaction) this.#db.exec('ROLLBACK')
      if (isBusy(error) && this.#mayWait()) this.#later(group)
      else for (const { reject } of group) reject(error)
      return
    }
    const ms = performance.now() - began
    this.#busySince = undefined
    for (const answer of answers) answer()
    this.#watch.committed?.({ writes: group.length, seconds: ms / 1000 })
  }

  /** Another process has the lock: the loop goes on serving while the group waits for its turn. */
  #later(group: PendingWrite[]): void {
    this.#pending = [...group, ...this.#pending]
    setTimeout(() => this.#schedule(), BUSY_RETRY_MS)
  }

  #mayWait(): boolean {
    this.#busySince ??= performance.now()
    if (performance.now() - this.#busySince < BUSY_LIMIT_MS) return true
    this.#busySince = undefined
    return false
  }

  /** A statement that breaks a constraint undoes itself alone; the others of the group stand. */
  #attempt({ query, resolve, reject }: PendingWrite): () => void {
    try {
      const result = this.runNow<never>(query)
      return () => resolve(result)
    } catch (error) {
      // A full disk or a broken file may have ended the whole transaction: then nobody was served.
      if (!this.#db.inTransaction) throw error
      return () => reject(error)
    }
  }
}

function withResolvers(): { promise: Promise<void>; resolve: () => void } {
  let resolve = (): void => {}
  const promise = new Promise<void>((settle) => {
    resolve = settle
  })
  return { promise, resolve }
}
