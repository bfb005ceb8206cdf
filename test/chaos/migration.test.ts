import { createHash } from 'node:crypto'
import { cpSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Sqlite from 'better-sqlite3'
import { beforeAll, expect, test } from 'vitest'
import { buildIfStale } from '../../scripts/build.ts'
import { FIRST_RELEASED, SCHEMA_VERSION } from '../../server/db/schema-version.ts'
import { fillFirstRelease } from '../database/first-release.ts'
import { type Random, randomFrom } from './random.ts'
import { runProgram, type Victim } from './victim.ts'
import { add, ONE_ROUND_MS, pause, rounds, SEED, type Tally } from './world.ts'

const ROUNDS = rounds(20)

/** So many episodes take a moment to bring up to date: long enough to be killed in. */
const EPISODES = 20_000

beforeAll(buildIfStale)

function reading<Result>(file: string, read: (db: Sqlite.Database) => Result): Result {
  const db = new Sqlite(file, { readonly: true })
  try {
    return read(db)
  } finally {
    db.close()
  }
}

/** A database of the first release with many episodes: copies of one that is there already. */
function makeOld(file: string): void {
  fillFirstRelease(file)
  const db = new Sqlite(file)
  const names = db.prepare<[], string>("SELECT name FROM pragma_table_info('episodes')").pluck().all()
  const values = names.map((name) => (name === 'id' ? "printf('ep_%020d', n)" : name))
  db.exec(`WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ${EPISODES})
    INSERT INTO episodes (${names.join(', ')})
      SELECT ${values.join(', ')} FROM numbers, (SELECT * FROM episodes ORDER BY id LIMIT 1)`)
  db.close()
}

/** A hash of all rows of each table but those left out, of the columns that the first release has. */
function rowsOf(file: string, like: string, without: readonly string[] = []): Record<string, string> {
  const columns = reading(like, (db) =>
    db
      .prepare<[], { name: string; list: string }>(
        `SELECT m.name, group_concat(c.name, ', ') AS list FROM sqlite_master AS m, pragma_table_info(m.name) AS c
          WHERE m.type = 'table' AND m.name <> 'schema_versions' AND m.name NOT LIKE 'sqlite_%' GROUP BY m.name`,
      )
      .all(),
  )
  return reading(file, (db) =>
    Object.fromEntries(
      columns
        .filter(({ name }) => !without.includes(name))
        .map(({ name, list }) => {
          const hash = createHash('sha256')
          const rows = db.prepare<[], unknown[]>(`SELECT ${list} FROM ${name} ORDER BY ${list}`).raw()
          for (const row of rows.iterate()) hash.update(JSON.stringify(row))
          return [name, hash.digest('hex')]
        }),
    ),
  )
}

/** What a server works off in its first seconds: bytes to remove, and what is to be told to webhooks. */
const WORKED_OFF = ['blob_removals', 'outbox', 'webhook_deliveries']

function schemaOf(file: string): unknown {
  return reading(file, (db) => db.prepare('SELECT max(version) FROM schema_versions').pluck().get())
}

/** Looked at in a copy: opening it could finish what the crash left open, and that is the next start's work. */
function schemaAsLeft(data: string, folder: string): unknown {
  const copy = join(folder, 'as-left')
  rmSync(copy, { recursive: true, force: true })
  cpSync(data, copy, { recursive: true })
  const db = new Sqlite(join(copy, 'robotrace.db'))
  try {
    return db.prepare('SELECT max(version) FROM schema_versions').pluck().get()
  } finally {
    db.close()
  }
}

/** Somewhere within the work, or before it. */
async function someMoment(data: string, victim: Victim, random: Random): Promise<void> {
  const copy = join(data, 'robotrace.db.migrating')
  const ended = victim.ended.then(() => true)
  if (random.chance(0.2)) return pause(random.below(900))
  while (!existsSync(copy)) {
    if (await Promise.race([ended, pause(1).then(() => false)])) return
  }
  return pause(random.below(random.pick([20, 150, 600])))
}

test(`kill -9 while a database of the first release is brought up to date: the old one or the new one is there, whole, and the next start needs no hand (${ROUNDS} rounds, seed ${SEED})`, {
  timeout: (ROUNDS + 2) * ONE_ROUND_MS,
}, async () => {
  const random = randomFrom(SEED)
  const folder = mkdtempSync(join(tmpdir(), 'robotrace-chaos-'))
  const [old, data] = [join(folder, 'old.db'), join(folder, 'data')]
  const file = join(data, 'robotrace.db')
  makeOld(old)
  const before = rowsOf(old, old)
  const cut: Tally = {}
  let victim: Victim | undefined
  try {
    for (let round = 1; round <= ROUNDS; round++) {
      const which = `seed ${SEED}, round ${round}`
      rmSync(data, { recursive: true, force: true })
      cpSync(old, file)
      const command = random.pick(['serve', 'migrate'])
      victim = runProgram(data, [command])
      await someMoment(data, victim, random)
      const half = existsSync(`${file}.migrating`)
      await victim.kill()
      // Whichever of the two it is, it is all there.
      const found = schemaAsLeft(data, folder)
      expect([FIRST_RELEASED, SCHEMA_VERSION], which).toContain(found)
      add(cut, found === SCHEMA_VERSION ? 'after it' : half ? 'in the middle' : 'before it')
      victim = runProgram(data, ['migrate', '--quiet'])
      expect(await victim.ended, which).toBe(0)
      expect(schemaOf(file), which).toBe(SCHEMA_VERSION)
      const served = command === 'serve' && found === SCHEMA_VERSION
      const without = served ? WORKED_OFF : []
      expect(rowsOf(file, old, without), which).toEqual(rowsOf(old, old, without))
      expect(
        reading(file, (db) => db.pragma('quick_check', { simple: true })),
        which,
      ).toBe('ok')
      expect(
        readdirSync(data).filter((name) => name.includes('migrating')),
        which,
      ).toEqual([])
      // One copy of the old database is kept, and it is the old database.
      const kept = readdirSync(join(data, 'before-upgrade'))
      expect(kept, which).toHaveLength(1)
      expect(rowsOf(join(data, 'before-upgrade', kept[0] ?? ''), old), which).toEqual(before)
    }
    victim = runProgram(data)
    expect((await fetch(`${await victim.ready}/readyz`)).status).toBe(200)
    if (ROUNDS >= 10) expect(cut['in the middle'] ?? 0, `seed ${SEED}`).toBeGreaterThan(0)
    console.info(`kill -9 while migrating, ${ROUNDS} rounds: ${JSON.stringify(cut)}`)
  } finally {
    await victim?.kill()
    rmSync(folder, { recursive: true, force: true })
  }
})
