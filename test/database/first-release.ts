import { readFileSync } from 'node:fs'
import Sqlite from 'better-sqlite3'
import { hashEvent, NO_HASH } from '../../server/audit/audit.ts'

/** Rows of each table, those that triggers fill left out. */
const ROWS = 6
/** Filled by the triggers of the first release itself. */
const BY_TRIGGERS = ['episode_days', 'device_counts', 'schema_versions']

interface Column {
  name: string
  type: string
  notnull: number
  pk: number
}

interface ForeignKey {
  id: number
  seq: number
  table: string
  from: string
  to: string
}

type Row = Record<string, string | number | null>

/**
 * A database as RoboTrace 0.1.0 left it, with rows in every table, made by walking the schema: parents before
 * children, each value of every CHECK list, optional columns with and without a value, and a sound audit chain.
 *
 * @example fillFirstRelease(file)
 */
export function fillFirstRelease(file: string): void {
  const db = new Sqlite(file)
  db.exec(readFileSync('test/database/first-release.sql', 'utf8'))
  const rows = new Map<string, Row[]>()
  db.exec('BEGIN')
  for (const table of parentsFirst(db)) {
    if (BY_TRIGGERS.includes(table)) continue
    const made = Array.from({ length: ROWS }, (_, i) => makeRow(db, table, i, rows))
    rows.set(table, made)
    for (const row of table === 'audit_events' ? chained(made) : made) insert(db, table, row)
  }
  db.exec('COMMIT')
  db.close()
}

function insert(db: Sqlite.Database, table: string, row: Row): void {
  const names = Object.keys(row)
  const marks = names.map((name) => `@${name}`)
  db.prepare(`INSERT INTO ${table} (${names.join(', ')}) VALUES (${marks.join(', ')})`).run(row)
}

function parentsFirst(db: Sqlite.Database): string[] {
  const tables = db.prepare<[], string>("SELECT name FROM sqlite_master WHERE type = 'table'").pluck().all()
  const sorted: string[] = []
  const visit = (table: string): void => {
    if (sorted.includes(table)) return
    for (const { table: parent } of foreignKeys(db, table)) if (parent !== table) visit(parent)
    sorted.push(table)
  }
  for (const table of tables) visit(table)
  return sorted
}

function foreignKeys(db: Sqlite.Database, table: string): ForeignKey[] {
  return db.prepare<[string], ForeignKey>('SELECT * FROM pragma_foreign_key_list(?)').all(table)
}

/** Row i of a table points at row i of its parents, so that two ways to the same parent agree. */
function makeRow(db: Sqlite.Database, table: string, i: number, rows: Map<string, Row[]>): Row {
  const sql =
    db.prepare<[string], string>('SELECT sql FROM sqlite_master WHERE name = ?').pluck().get(table) ?? ''
  const columns = db.prepare<[string], Column>('SELECT * FROM pragma_table_info(?)').all(table)
  const keys = foreignKeys(db, table)
  const row: Row = {}
  for (const [at, { name, type, notnull }] of columns.entries()) {
    const key = keys.find(({ from }) => from === name)
    if (key) row[name] = rows.get(key.table)?.[i]?.[key.to] ?? null
    else if (!notnull && (i + at) % 2 === 0) row[name] = null
    else row[name] = listed(sql, name, i) ?? plain(table, name, type, i)
  }
  return { ...row, ...special(table, row, i) }
}

/** The i-th value of the column's CHECK list. */
function listed(sql: string, name: string, i: number): string | undefined {
  const list = new RegExp(`CHECK \\(${name} IN \\(([^)]*)\\)\\)`).exec(sql)?.[1]
  const values = [...(list ?? '').matchAll(/'([^']*)'/g)].map(([, value]) => value)
  return values[i % Math.max(1, values.length)]
}

function plain(table: string, name: string, type: string, i: number): string | number {
  if (type === 'BIGINT') return 1_000 + i
  if (type === 'DOUBLE PRECISION') return i + 0.5
  if (name.endsWith('_at') || name === 'at') return `2026-11-1${i}T08:00:00.000Z`
  if (name === 'metadata' || name === 'detail') return JSON.stringify({ note: `naïve – ${i}` })
  if (name === 'requested_uploads') return '["video"]'
  return `${table}-${name}-${i}`
}

function special(table: string, row: Row, i: number): Row {
  const organization = String(row.organization_id)
  if (table === 'organizations') return { id: `0f5e7a3c-1d2b-4c6d-8e9f-00000000000${i}` }
  if (table === 'capsules') return { blob_key: `capsules/${organization}/${row.id}/ab.zip` }
  if (table === 'artifacts') return { blob_key: `episodes/of/${row.episode_id}/video-${i}.mp4` }
  if (table === 'blob_removals') {
    const of = `0f5e7a3c-1d2b-4c6d-8e9f-00000000000${i}`
    return {
      blob_key: i === 0 ? `capsules/${of}/capsules-id-0/ab.zip` : `episodes/${of}/ep_gone/video-${i}.mp4`,
    }
  }
  return {}
}

function chained(rows: Row[]): Row[] {
  let previous_hash = NO_HASH
  return rows.map((row, i) => {
    const event = { ...row, seq: i + 1, previous_hash }
    // What stands in the table is what the function takes; the walk over the schema knows no row types.
    previous_hash = hashEvent(event as never)
    return { ...event, hash: previous_hash }
  })
}
