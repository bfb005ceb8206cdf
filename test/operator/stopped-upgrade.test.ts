import { existsSync } from 'node:fs'
import { join } from 'node:path'
import Sqlite from 'better-sqlite3'
import { expect, test } from 'vitest'
import { FIRST_RELEASED, SCHEMA_VERSION } from '../../server/db/schema-version.ts'
import { fillFirstRelease } from '../database/first-release.ts'
import { scratchFolder } from '../operator-commands.ts'
import { startProcess } from '../process.ts'

/** So many episodes take seconds to bring up to date. */
const EPISODES = 60_000

function makeOld(file: string): void {
  fillFirstRelease(file)
  const db = new Sqlite(file)
  db.pragma('synchronous = OFF')
  const names = db.prepare<[], string>("SELECT name FROM pragma_table_info('episodes')").pluck().all()
  const values = names.map((name) => (name === 'id' ? "printf('ep_%020d', n)" : name))
  db.exec(`WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ${EPISODES})
    INSERT INTO episodes (${names.join(', ')})
      SELECT ${values.join(', ')} FROM numbers, (SELECT * FROM episodes ORDER BY id LIMIT 1)`)
  db.close()
}

function schemaOf(file: string): unknown {
  const db = new Sqlite(file, { readonly: true })
  try {
    return db.prepare('SELECT max(version) FROM schema_versions').pluck().get()
  } finally {
    db.close()
  }
}

test('SIGTERM ends an upgrade where it is: the old database stands as it was, and the next start upgrades it', async () => {
  using scratch = scratchFolder()
  const file = scratch.in('robotrace.db')
  makeOld(file)
  const env = { ROBOTRACE_DATA: scratch.path, ROBOTRACE_LOG_LEVEL: 'info' }
  const first = startProcess(env)
  await expect.poll(() => existsSync(`${file}.migrating`), { interval: 5, timeout: 60_000 }).toBe(true)
  first.child.kill('SIGTERM')
  await first.exit
  expect(first.child.signalCode).toBe('SIGTERM')
  expect(first.stderr()).toContain('stopping it loses nothing')
  expect(first.stderr()).not.toContain('the database is up to date')
  expect(schemaOf(file)).toBe(FIRST_RELEASED)
  expect(existsSync(join(scratch.path, 'before-upgrade'))).toBe(false)

  const second = startProcess(env)
  await second.until(/RoboTrace .* data in/)
  expect(schemaOf(file)).toBe(SCHEMA_VERSION)
  expect(existsSync(`${file}.migrating`)).toBe(false)
  second.child.kill('SIGTERM')
  expect(await second.exit).toBe(0)
}, 120_000)
