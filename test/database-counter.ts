import { type KyselyPlugin, sql } from 'kysely'
import { type Database, openDatabase } from '../server/db/open.ts'
import type { TestServer } from './harness.ts'

/** A database that counts how many statements it is asked. */
export interface CountedDatabase {
  db: Database
  statements: () => number
}

/**
 * @param like left out: every statement counts; else the ones that are written as text and match
 * @example const { db, statements } = countedDatabase(); await startTestServer({}, { overrides: { db } })
 */
export function countedDatabase(like?: RegExp): CountedDatabase {
  let statements = 0
  const counter: KyselyPlugin = {
    transformQuery: ({ node }) => {
      if (like !== undefined && node.kind === 'RawNode' && like.test(node.sqlFragments.join('?')))
        statements += 1
      return node
    },
    transformResult: async ({ result }) => {
      if (like === undefined) statements += 1
      return result
    },
  }
  return {
    db: openDatabase(':memory:', '0.0.0').withPlugin(counter),
    statements: () => statements,
  }
}

/** How many rows this server's connection has written, changed or deleted since it was opened. */
export async function rowsChanged(server: TestServer): Promise<number> {
  const { rows } = await sql<{ n: number }>`SELECT total_changes() AS n`.execute(server.ctx.db)
  return rows[0]?.n ?? Number.NaN
}
