import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Sqlite from 'better-sqlite3'
import { Kysely, sql } from 'kysely'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { isUniqueViolation } from '../../server/db/errors.ts'
import { groupCommitDialect } from '../../server/db/group-commit.ts'

interface Notes {
  notes: { id: number; text: string }
}

let folder: string
let file: string
let sqlite: Sqlite.Database
let db: Kysely<Notes>
/** Every statement that reached SQLite. */
const statements: string[] = []

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'robotrace-db-'))
  file = join(folder, 'notes.db')
  sqlite = new Sqlite(file, { verbose: (text) => statements.push(String(text)) })
  sqlite.pragma('journal_mode = WAL')
  sqlite.exec('CREATE TABLE notes (id INTEGER NOT NULL PRIMARY KEY, text TEXT NOT NULL)')
  db = new Kysely<Notes>({ dialect: groupCommitDialect(sqlite) })
})

afterEach(async () => {
  await db.destroy()
  rmSync(folder, { recursive: true })
})

/** What another process would see: committed rows only. */
function committed(): number[] {
  const other = new Sqlite(file, { readonly: true })
  const rows = other.prepare<[], { id: number }>('SELECT id FROM notes ORDER BY id').all()
  other.close()
  return rows.map(({ id }) => id)
}

const insert = (id: number) => db.insertInto('notes').values({ id, text: 'x' }).execute()

describe('group commit', () => {
  test('a write is answered only after it is committed', async () => {
    await insert(1)
    expect(committed()).toEqual([1])
  })

  test('the writes of one turn share one commit', async () => {
    statements.length = 0
    await Promise.all([1, 2, 3, 4, 5].map(insert))
    expect(statements.filter((text) => text === 'COMMIT')).toHaveLength(1)
    expect(committed()).toEqual([1, 2, 3, 4, 5])
  })

  test('a write that breaks a constraint fails alone; its neighbours stand', async () => {
    const results = await Promise.allSettled([insert(1), insert(1), insert(2)])
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    const [, broken] = results
    expect(broken?.status === 'rejected' && isUniqueViolation(broken.reason)).toBe(true)
    expect(committed()).toEqual([1, 2])
  })

  test('when the commit itself fails, nobody is told that it worked', async () => {
    const full = new Sqlite(':memory:')
    full.exec('CREATE TABLE notes (id INTEGER NOT NULL PRIMARY KEY, text TEXT NOT NULL)')
    const small = new Kysely<Notes>({ dialect: groupCommitDialect(full) })
    full.pragma('max_page_count = 3')
    const text = 'x'.repeat(3000)
    const results = await Promise.allSettled(
      [1, 2, 3, 4, 5, 6].map((id) => small.insertInto('notes').values({ id, text }).execute()),
    )
    const told = results.filter(({ status }) => status === 'fulfilled').length
    const { rows } = await sql<{ n: number }>`SELECT count(*) AS n FROM notes`.execute(small)
    expect(rows[0]?.n).toBe(told)
    expect(told).toBeLessThan(6)
    await small.destroy()
  })
})

describe('transactions', () => {
  test('are invisible until they commit, and writes beside them wait', async () => {
    let beside: Promise<unknown> = Promise.resolve()
    await db.transaction().execute(async (trx) => {
      await trx.insertInto('notes').values({ id: 1, text: 'in' }).execute()
      beside = insert(2)
      await trx.insertInto('notes').values({ id: 3, text: 'in' }).execute()
      expect(committed()).toEqual([])
    })
    await beside
    expect(committed()).toEqual([1, 2, 3])
  })

  test('that throw leave nothing, and what waited behind them goes on', async () => {
    const broken = db.transaction().execute(async (trx) => {
      await trx.insertInto('notes').values({ id: 1, text: 'in' }).execute()
      throw new Error('changed my mind')
    })
    const next = db
      .transaction()
      .execute((trx) => trx.insertInto('notes').values({ id: 2, text: 'in' }).execute())
    await expect(broken).rejects.toThrow('changed my mind')
    await next
    expect(committed()).toEqual([2])
  })

  test('of fifty callers run one after the other', async () => {
    await insert(0)
    await Promise.all(
      Array.from({ length: 50 }, () =>
        db.transaction().execute(async (trx) => {
          const { text } = await trx
            .selectFrom('notes')
            .select('text')
            .where('id', '=', 0)
            .executeTakeFirstOrThrow()
          await trx
            .updateTable('notes')
            .set({ text: `${text}x` })
            .where('id', '=', 0)
            .execute()
        }),
      ),
    )
    const row = await db.selectFrom('notes').select('text').executeTakeFirstOrThrow()
    expect(row.text).toHaveLength(51)
  })

  test('wait for a lock that another process holds, without holding up the event loop, and so do writes', async () => {
    sqlite.pragma('busy_timeout = 0')
    const other = new Sqlite(file)
    other.exec('BEGIN IMMEDIATE')
    let done = 0
    const asked = [
      insert(1),
      insert(2),
      db.transaction().execute((trx) => trx.insertInto('notes').values({ id: 3, text: 'in' }).execute()),
    ].map((one) =>
      one.then(() => {
        done++
      }),
    )
    // The loop turns, and reads are answered, while everybody waits.
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve))
    expect([done, committed()]).toEqual([0, []])
    other.exec('ROLLBACK')
    other.close()
    await Promise.all(asked)
    expect(committed()).toEqual([1, 2, 3])
  })
})
