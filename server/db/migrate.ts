import {
  chownSync,
  copyFileSync,
  existsSync,
  linkSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmSync,
  type Stats,
  statfsSync,
  statSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import process from 'node:process'
import Sqlite from 'better-sqlite3'
import {
  applyMigrations,
  checkCopy,
  countRows,
  MIGRATIONS,
  type Migration,
  MigrationError,
} from './apply-migrations.ts'
import { SCHEMA_VERSION, schemaVersionOf } from './schema-version.ts'
import { makeFolder, syncNow } from './sync-now.ts'

/** How far an upgrade has come; each is told when it is done. */
export type MigrationStep =
  | { step: 'begin'; from: number; to: number; bytes: number }
  | { step: 'copied' | 'migrated' | 'checked' | 'replaced' }
  | { step: 'kept'; file: string }

interface Options {
  /** Hears of every step. */
  report?: ((step: MigrationStep) => void) | undefined
  /** Stops before anything is replaced, and throws the copy away. Works beside a server that is running. */
  dry_run?: boolean
  /** The steps there are; a test brings its own. */
  migrations?: readonly Migration[]
}

/** So many databases from before an upgrade stay in before-upgrade/. */
const KEPT = 3

/** The upgrade needs more room than the disk has. */
export class MigrationSpaceError extends Error {
  constructor(folder: string, needed: number, free: number) {
    super(
      `Bringing the database up to date needs ${megabytes(needed)} free on ${folder}, where ${megabytes(free)} are. ` +
        'Nothing was changed. Free some space, then start again.',
    )
    this.name = 'MigrationSpaceError'
  }
}

/** Somebody else has the database open, and what they write meanwhile would be lost. */
export class DatabaseOpenElsewhereError extends Error {
  constructor(file: string) {
    super(
      `Another program has ${file} open. Close it (a shell, a backup, an older RoboTrace), then start again.`,
    )
    this.name = 'DatabaseOpenElsewhereError'
  }
}

/**
 * Brings a database file up to date, so that at every moment either the old one stands there untouched or the new one
 * does: a copy is made, migrated and checked; the old file gets a second name in `before-upgrade/`; the copy takes its
 * place. A crash anywhere leaves something that the next start goes on from by itself. Nothing happens to a file that
 * is up to date, or not there.
 *
 * Does not give the event loop back until it is done. The data folder must be claimed by the caller (not for a dry run).
 *
 * @returns the schema it had, and the name of the file the old database is kept under; undefined: nothing was to be done
 * @throws NewerSchemaError, OlderSchemaError, MigrationError, MigrationSpaceError, DatabaseOpenElsewhereError
 * @example migrateDatabase('data/robotrace.db', { report: ({ step }) => console.log(step) })
 */
export function migrateDatabase(
  named: string,
  options: Options = {},
): { from: number; kept?: string } | undefined {
  // Of a link, what it leads to is brought up to date, where it is: its disk is the one that somebody chose for it.
  const file = existsSync(named) ? realpathSync(named) : named
  const copy = `${file}.${options.dry_run ? 'dry-run' : 'migrating'}`
  // Of an upgrade that was cut short.
  removeDatabase(copy)
  if (!existsSync(file)) return undefined
  const old = new Sqlite(file, { timeout: 2_000 })
  try {
    const from = schemaVersionOf(old)
    if (from === undefined || from === SCHEMA_VERSION) return undefined
    if (!options.dry_run) seclude(old, file)
    makeCopy(old, copy, from, options)
    if (options.dry_run) return { from }
    giveTo(statSync(file), copy)
    const kept = keepOld(file, from)
    options.report?.({ step: 'kept', file: kept })
    renameSync(copy, file)
    syncNow(dirname(file))
    options.report?.({ step: 'replaced' })
    return { from, kept }
  } finally {
    old.close()
    removeDatabase(copy)
  }
}

/**
 * Takes the database for this process alone until it is closed, with everything in the one file: a write-ahead log
 * that stayed behind would be taken for that of the file that comes in its place.
 */
function seclude(old: Sqlite.Database, file: string): void {
  try {
    old.pragma('locking_mode = EXCLUSIVE')
    const mode = old.pragma('journal_mode = DELETE', { simple: true })
    if (mode !== 'delete') throw new DatabaseOpenElsewhereError(file)
    old.exec('BEGIN EXCLUSIVE; COMMIT')
  } catch (error) {
    if (error instanceof Error && 'code' in error && String(error.code).startsWith('SQLITE_BUSY')) {
      throw new DatabaseOpenElsewhereError(file)
    }
    throw error
  }
}

function makeCopy(
  old: Sqlite.Database,
  copy: string,
  from: number,
  { report, migrations = MIGRATIONS }: Options,
): void {
  const bytes = sizeOf(old)
  report?.({ step: 'begin', from, to: SCHEMA_VERSION, bytes })
  requireRoom(dirname(copy), 2 * bytes)
  try {
    old.prepare('VACUUM INTO ?').run(copy)
    report?.({ step: 'copied' })
    const before = countRows(old)
    const made = new Sqlite(copy)
    try {
      // Half a copy is thrown away, so it needs no journal; it is brought to the disk once, when it is whole.
      made.pragma('journal_mode = OFF')
      made.pragma('synchronous = OFF')
      made.pragma('cache_size = -262144')
      const steps = migrations.filter(({ to }) => to > from)
      applyMigrations(made, steps, new Date().toISOString())
      report?.({ step: 'migrated' })
      checkCopy(made, before)
    } finally {
      made.close()
    }
    syncNow(copy)
    report?.({ step: 'checked' })
  } catch (error) {
    if (error instanceof MigrationError || !(error instanceof Error) || !('code' in error)) throw error
    throw new MigrationError(error.message, { cause: error })
  }
}

/** A second name for the old file: costs no room, and cannot be cut short. Where a disk knows none, a copy. */
function keepOld(file: string, from: number): string {
  const folder = join(dirname(file), 'before-upgrade')
  makeFolder(folder)
  giveTo(statSync(file), folder)
  const there = keptIn(folder)
  const { ino } = statSync(file)
  // An upgrade was cut short right after this step.
  const already = there.find((name) => statSync(name).ino === ino)
  if (already) return already
  const time = new Date().toISOString().replaceAll(/[:.]/g, '-')
  const kept = join(folder, `robotrace-schema-${from}-${time}.db`)
  try {
    linkSync(file, kept)
  } catch {
    copyFileSync(file, `${kept}.part`)
    giveTo(statSync(file), `${kept}.part`)
    syncNow(`${kept}.part`)
    renameSync(`${kept}.part`, kept)
  }
  syncNow(folder)
  for (const name of there.slice(0, Math.max(0, there.length + 1 - KEPT))) rmSync(name, { force: true })
  return kept
}

/** What root makes stays the service's: a server that is not root could not open it. */
function giveTo({ uid, gid }: Stats, path: string): void {
  if (process.geteuid?.() === 0) chownSync(path, uid, gid)
}

/** Oldest first. */
function keptIn(folder: string): string[] {
  const names = readdirSync(folder).filter((name) => /^robotrace-schema-\d+-[\dTZ-]+\.db$/.test(name))
  const paths = names.map((name) => join(folder, name))
  const timeOf = (path: string): string => /-schema-\d+-(.*)\.db$/.exec(path)?.[1] ?? ''
  return paths.sort((a, b) => (timeOf(a) < timeOf(b) ? -1 : 1))
}

function requireRoom(folder: string, needed: number): void {
  const { bavail, bsize } = statfsSync(folder)
  if (bavail * bsize < needed) throw new MigrationSpaceError(folder, needed, bavail * bsize)
}

function sizeOf(sqlite: Sqlite.Database): number {
  const [pages, size] = ['page_count', 'page_size'].map((name) =>
    Number(sqlite.pragma(name, { simple: true })),
  )
  return (pages ?? 0) * (size ?? 0)
}

function removeDatabase(file: string): void {
  for (const end of ['', '-journal', '-wal', '-shm']) rmSync(`${file}${end}`, { force: true })
}

function megabytes(bytes: number): string {
  return `${Math.ceil(bytes / 1e6)} MB`
}
