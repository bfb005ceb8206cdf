import type { CompiledQuery, DatabaseConnection, QueryResult } from 'kysely'

/** What runs the statements of all lanes. */
export interface Runner {
  /** At once, inside of a lane's own transaction. */
  runNow<R>(query: CompiledQuery): QueryResult<R>
  /** Outside of any transaction. */
  run<R>(query: CompiledQuery): Promise<QueryResult<R>>
}

/** What Kysely takes for a connection: remembers whether this user of the one real connection is in a transaction. */
export class Lane implements DatabaseConnection {
  readonly #driver: Runner
  /** While it is in a transaction: what lets the next one begin. */
  end: (() => void) | undefined

  constructor(driver: Runner) {
    this.#driver = driver
  }

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    return this.end ? this.#driver.runNow<R>(query) : this.#driver.run<R>(query)
  }

  async *streamQuery<R>(query: CompiledQuery): AsyncIterableIterator<QueryResult<R>> {
    yield await this.executeQuery<R>(query)
  }

  leave(): void {
    this.end?.()
    this.end = undefined
  }
}

/** @throws TypeError for a connection that is none of ours */
export function laneOf(connection: DatabaseConnection): Lane {
  if (connection instanceof Lane) return connection
  throw new TypeError('This connection belongs to another driver.')
}
