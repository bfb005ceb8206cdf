import { spawnSync } from 'node:child_process'
import {
  chownSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Sqlite from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { verifyChain } from '../../cli/admin/chain.ts'
import { run } from '../../cli/run.ts'
import { MIGRATIONS, type Migration, MigrationError } from '../../server/db/apply-migrations.ts'
import { DatabaseOpenElsewhereError, migrateDatabase } from '../../server/db/migrate.ts'
import { openDatabase } from '../../server/db/open.ts'
import { FIRST_RELEASED, OutdatedSchemaError, SCHEMA_VERSION } from '../../server/db/schema-version.ts'
import { operatorCommands } from '../../server/operator/commands.ts'
import { testHost } from '../cli/test-host.ts'
import { finalized, start } from '../episode-requests.ts'
import { startTestServer } from '../harness.ts'
import { startProcess } from '../process.ts'
import { tenant } from '../seed.ts'
import { fillFirstRelease } from './first-release.ts'

let folder = ''
let file = ''

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'robotrace-migrate-'))
  file = join(folder, 'robotrace.db')
  fillFirstRelease(file)
})

afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** What a database is made of, as text that two of them can be compared by. */
function schemaOf(path: string): string[] {
  const rows = reading(path, (db) =>
    db
      .prepare<[], { type: string; name: string; sql: string | null }>(
        'SELECT type, name, sql FROM sqlite_master ORDER BY type, name',
      )
      .all(),
  )
  return rows.map(({ type, name, sql }) => `${type} ${name}: ${plainSql(sql ?? '')}`)
}

/** Without comments, quotes round names and line breaks: what is left is all that SQLite goes by. */
function plainSql(sql: string): string {
  return sql
    .replace(/--[^\n]*/g, '')
    .replaceAll('"', '')
    .replace(/\s+/g, ' ')
    .replace(/ ?([(),]) ?/g, '$1')
    .trim()
}

function reading<Result>(path: string, read: (db: Sqlite.Database) => Result): Result {
  const db = new Sqlite(path, { readonly: true })
  try {
    return read(db)
  } finally {
    db.close()
  }
}

/** All rows of all tables, those of the old columns only. */
function rowsOf(path: string, like: string = path): Record<string, unknown[]> {
  const tables = reading(like, (db) =>
    db.prepare<[], string>("SELECT name FROM sqlite_master WHERE type = 'table'").pluck().all(),
  ).filter((table) => table !== 'schema_versions' && !table.startsWith('sqlite_'))
  return Object.fromEntries(
    tables.map((table) => {
      const names = reading(like, (db) =>
        db.prepare<[string], string>('SELECT name FROM pragma_table_info(?)').pluck().all(table),
      )
      const list = names.join(', ')
      return [table, reading(path, (db) => db.prepare(`SELECT ${list} FROM ${table} ORDER BY ${list}`).all())]
    }),
  )
}

function versionOf(path: string): unknown {
  return reading(path, (db) =>
    db.prepare('SELECT version, written_by FROM schema_versions ORDER BY version').raw().all(),
  )
}

describe('a database of the first release', () => {
  test('walks step by step to exactly what schema.sql makes today', async () => {
    expect(MIGRATIONS.map(({ to }) => to)).toEqual(
      Array.from({ length: SCHEMA_VERSION - FIRST_RELEASED }, (_, i) => FIRST_RELEASED + 1 + i),
    )
    expect(readdirSync('server/db/migrations')).toHaveLength(MIGRATIONS.length)
    const fresh = join(folder, 'fresh.db')
    await openDatabase(fresh, '0').destroy()
    expect(schemaOf(file)).not.toEqual(schemaOf(fresh))
    migrateDatabase(file)
    expect(schemaOf(file)).toEqual(schemaOf(fresh))
    expect(versionOf(file)).toEqual([
      [3, '0.1.0'],
      [4, '0.2.0'],
    ])
  })

  test('keeps every row of every table, and the audit chain still holds', async () => {
    const old = join(folder, 'old.db')
    cpSync(file, old)
    const before = rowsOf(old)
    for (const [table, rows] of Object.entries(before)) expect(rows.length, table).toBeGreaterThan(0)
    migrateDatabase(file)
    expect(rowsOf(file, old)).toEqual(before)
    const events = reading(file, (db) => db.prepare('SELECT * FROM audit_events ORDER BY seq').all())
    async function* lines() {
      for (const event of events) yield JSON.stringify(event)
    }
    expect(await verifyChain(lines())).toMatchObject({ rows: 6, broken: undefined })
  })

  test('knows afterwards what a fresh count finds, and whose bytes wait to be removed', () => {
    migrateDatabase(file)
    reading(file, (db) => {
      const all = (sql: string): unknown[] => db.prepare(sql).raw().all()
      expect(all('SELECT organization_id, bytes FROM organization_usage ORDER BY 1')).toEqual(
        all(`SELECT id,
          (SELECT coalesce(sum(size_bytes), 0) FROM artifacts JOIN episodes e ON e.id = episode_id WHERE e.organization_id = o.id)
          + (SELECT coalesce(sum(size_bytes), 0) FROM capsules WHERE organization_id = o.id AND removed_at IS NULL)
          + (SELECT coalesce(sum(size_bytes), 0) FROM blob_removals WHERE organization_id = o.id)
          FROM organizations o ORDER BY 1`),
      )
      expect(all("SELECT sum(n) FROM episode_days WHERE device_id = ''")).toEqual(
        all('SELECT count(*) FROM episodes WHERE archived_at IS NULL'),
      )
      expect(all('SELECT sum(n) FROM device_counts')).toEqual(
        all('SELECT count(*) FROM devices WHERE removed_at IS NULL'),
      )
      expect(all('SELECT webhook_id, n FROM webhook_delivery_counts ORDER BY 1')).toEqual(
        all('SELECT webhook_id, count(*) FROM webhook_deliveries GROUP BY 1 ORDER BY 1'),
      )
      expect(all('SELECT count(*) FROM blob_removals WHERE instr(blob_key, organization_id) > 0')).toEqual([
        [6],
      ])
      // A removed capsule's row still says how large it was; an episode's is gone.
      expect(all('SELECT size_bytes FROM blob_removals ORDER BY blob_key')).toEqual([
        [1000],
        [0],
        [0],
        [0],
        [0],
        [0],
      ])
    })
  })

  test('is served at once: the triggers count, and the trail takes no change', async () => {
    await using server = await startTestServer({}, { file: true, data: folder })
    expect(server.log()).toContain('the database is up to date')
    const { api_key: apiKey } = await tenant(server)
    const episode = await start(server, apiKey)
    await finalized(server, apiKey, episode.episode_id)
    const found = await server.ctx.db
      .selectFrom('episode_days')
      .selectAll()
      .where('status', '=', 'ready')
      .execute()
    expect(
      found.filter(({ n, day }) => n === 1 && day === new Date().toISOString().slice(0, 10)),
    ).not.toEqual([])
    await expect(server.ctx.db.deleteFrom('audit_events').execute()).rejects.toThrow('append-only')
  })

  test('is served by one process: the second is refused, and what was in the write-ahead log is kept', async () => {
    // As a killed 0.1.0 leaves it: the last rows are in the log only.
    const crashed = mkdtempSync(join(tmpdir(), 'robotrace-crashed-'))
    const db = new Sqlite(file)
    db.pragma('journal_mode = WAL')
    db.prepare("INSERT INTO setup_links VALUES ('in-the-log', '2026-11-20', '2026-11-21', NULL)").run()
    for (const name of ['robotrace.db', 'robotrace.db-wal']) cpSync(join(folder, name), join(crashed, name))
    db.close()
    const two = [0, 1].map(() => startProcess({ ROBOTRACE_DATA: crashed }))
    const outcomes = await Promise.all(
      two.map((one) => Promise.race([one.until(/· data in/).then(() => 'serves'), one.exit])),
    )
    expect(outcomes.sort()).toEqual([1, 'serves'])
    expect(two.map((one) => one.stderr()).join('')).toContain('Another RoboTrace is running on')
    for (const one of two) one.child.kill('SIGTERM')
    await Promise.all(two.map((one) => one.exit))
    const links = reading(join(crashed, 'robotrace.db'), (one) =>
      one.prepare("SELECT count(*) FROM setup_links WHERE token_hash = 'in-the-log'").pluck().get(),
    )
    expect(links).toBe(1)
    expect(readdirSync(join(crashed, 'before-upgrade'))).toHaveLength(1)
    rmSync(crashed, { recursive: true })
  }, 90_000)
})

describe('the old database', () => {
  test('is kept as it was, the last three of them, readable by its owner alone', () => {
    const before = readFileSync(file)
    for (const _ of [1, 2, 3, 4, 5]) {
      rmSync(file)
      fillFirstRelease(file)
      migrateDatabase(file)
    }
    const kept = readdirSync(join(folder, 'before-upgrade'))
    expect(kept).toHaveLength(3)
    const [first = ''] = kept
    expect(first).toMatch(/^robotrace-schema-3-.*\.db$/)
    expect(readFileSync(join(folder, 'before-upgrade', first)).equals(before)).toBe(true)
    expect(statSync(join(folder, 'before-upgrade')).mode & 0o777).toBe(0o700)
  })

  test('put back, it is brought up to date again', () => {
    const result = migrateDatabase(file)
    rmSync(file)
    cpSync(result?.kept ?? '', file)
    expect(versionOf(file)).toEqual([[3, '0.1.0']])
    expect(migrateDatabase(file)?.from).toBe(3)
  })

  const step = (sql: string): Migration[] => [
    { to: 4, since: '0.2.0', sql: () => `${MIGRATIONS[0]?.sql()}\n${sql}` },
  ]

  test.each([
    [
      'that is no SQL',
      'ALTER TABLE nowhere ADD x TEXT;',
      'the step to schema 4 failed (no such table: nowhere)',
    ],
    ['that loses a row', 'DELETE FROM notices WHERE rowid = 1;', 'notices had 6 rows and has 5 afterwards'],
    [
      'that leaves rows pointing at nothing',
      "UPDATE members SET account_id = 'nobody';",
      'rows point at nothing',
    ],
  ])('stands untouched after a migration %s, which says what failed', (_, sql, message) => {
    const before = readFileSync(file)
    const attempt = (): unknown => migrateDatabase(file, { migrations: step(sql) })
    expect(attempt).toThrow(MigrationError)
    expect(attempt).toThrow(message)
    expect(attempt).toThrow('Nothing was changed')
    expect(readFileSync(file).equals(before)).toBe(true)
    expect(readdirSync(folder)).toEqual(['robotrace.db'])
  })

  test('that is a link to another disk is brought up to date there, and stays its owner’s', () => {
    const disk = join(folder, 'disk')
    mkdirSync(disk)
    renameSync(file, join(disk, 'kept.db'))
    const isRoot = process.getuid?.() === 0
    const uid = isRoot ? 12_345 : (process.getuid?.() ?? 0)
    if (isRoot) chownSync(join(disk, 'kept.db'), uid, uid)
    symlinkSync('disk/kept.db', file)
    const { kept = '' } = migrateDatabase(file) ?? {}
    expect(lstatSync(file).isSymbolicLink()).toBe(true)
    expect(lstatSync(kept).isFile()).toBe(true)
    const versionOf = (path: string) =>
      reading(path, (db) => db.prepare('SELECT max(version) FROM schema_versions').pluck().get())
    expect(versionOf(file)).toBe(SCHEMA_VERSION)
    expect(versionOf(kept)).toBe(FIRST_RELEASED)
    for (const path of [join(disk, 'kept.db'), join(disk, 'before-upgrade'), kept])
      expect(statSync(path).uid, path).toBe(uid)
    expect(readdirSync(disk).sort()).toEqual(['before-upgrade', 'kept.db'])
  })

  test('is not replaced while another program has it open', () => {
    const other = new Sqlite(file)
    other.pragma('journal_mode = WAL')
    other.prepare('SELECT count(*) FROM episodes').get()
    expect(() => migrateDatabase(file)).toThrow(DatabaseOpenElsewhereError)
    other.close()
    expect(migrateDatabase(file)?.from).toBe(3)
  })

  test('is opened by nobody who did not ask for the upgrade', () => {
    const before = readFileSync(file)
    expect(() => openDatabase(file, '0')).toThrow(OutdatedSchemaError)
    expect(readFileSync(file).equals(before)).toBe(true)
  })
})

describe('kill -9 during an upgrade', () => {
  const STEPS = ['begin', 'copied', 'migrated', 'checked', 'kept', 'replaced']

  test.each(STEPS)('right after “%s” loses nothing, and the next start needs no hand', (step) => {
    const old = join(folder, 'old.db')
    cpSync(file, old)
    const script = `
      import { migrateDatabase } from './server/db/migrate.ts'
      migrateDatabase(process.argv[1], {
        report: ({ step }) => { if (step === process.argv[2]) process.kill(process.pid, 'SIGKILL') },
      })
      console.log('not killed')`
    const child = spawnSync(
      process.execPath,
      ['--import', 'tsx', '--input-type=module', '-e', script, file, step],
      { encoding: 'utf8' },
    )
    expect(child.signal, child.stderr).toBe('SIGKILL')
    expect(rowsOf(file, old)).toEqual(rowsOf(old))
    expect(versionOf(file)).toEqual(
      step === 'replaced' ? expect.arrayContaining([[4, '0.2.0']]) : [[3, '0.1.0']],
    )
    migrateDatabase(file)
    expect(versionOf(file)).toContainEqual([4, '0.2.0'])
    expect(rowsOf(file, old)).toEqual(rowsOf(old))
    expect(readdirSync(folder).sort()).toEqual(['before-upgrade', 'old.db', 'robotrace.db'])
    const kept = readdirSync(join(folder, 'before-upgrade'))
    expect(kept).toHaveLength(1)
    expect(rowsOf(join(folder, 'before-upgrade', kept[0] ?? ''))).toEqual(rowsOf(old))
  })
})

describe('robotrace migrate', () => {
  const command = async (...args: string[]) => {
    const host = testHost()
    const status = await run(['migrate', ...args], host, operatorCommands({ ROBOTRACE_DATA: folder }))
    return { status, stdout: host.stdout(), stderr: host.stderr() }
  }

  test('--dry-run tries it on a copy beside a running server, and changes nothing', async () => {
    const running = new Sqlite(file)
    running.pragma('journal_mode = WAL')
    const before = rowsOf(file)
    const { status, stdout, stderr } = await command('--dry-run')
    expect(stdout).toMatch(
      /^It would work: a copy went from schema 3 to 4 in [\d.]+ s\. Nothing was changed\.\n$/,
    )
    expect(stderr).toContain('it is sound and has every row')
    expect(status).toBe(0)
    expect(versionOf(file)).toEqual([[3, '0.1.0']])
    expect(rowsOf(file)).toEqual(before)
    running.close()
    expect(readdirSync(folder).filter((name) => !/^robotrace\.db(-wal|-shm)?$/.test(name))).toEqual([])
  })

  test('does it, says how to go back, and has nothing to do the second time', async () => {
    const first = await command()
    expect(first.stdout).toContain('The database went from schema 3 to 4')
    expect(first.stdout).toContain('To go back: stop the server, put ')
    expect((await command()).stdout).toBe('The database has schema 4: nothing to do.\n')
  })

  test('without a database says where it looked', async () => {
    rmSync(file)
    const { status, stderr } = await command()
    expect(stderr).toContain(`There is no database in ${folder}.`)
    expect(stderr).toContain('Try: name the data folder of the server with `--data`')
    expect(status).toBe(1)
    expect(existsSync(file)).toBe(false)
  })
})
