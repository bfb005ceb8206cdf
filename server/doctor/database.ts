import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import Sqlite from 'better-sqlite3'
import { SCHEMA_VERSION, schemaVersionOf } from '../db/schema-version.ts'
import { type Finding, mended, ok, problem, reason, size, warning } from './finding.ts'

const RESTORE = 'Stop the server and restore the newest backup into an empty folder (`robotrace restore`).'

/** The write-ahead log is emptied at 40 MB; so much means that something keeps it from being. */
const LARGE_WAL = 400_000_000

interface Options {
  /** Reads all of it instead of only its structure. */
  deep: boolean
  fix: boolean
}

/** What the database file says about itself; the newest time in it; whether its rows can be asked for. */
export function* checkDatabase(
  data: string,
  options: Options,
): Generator<Finding, { newest?: Date; usable: boolean }> {
  const file = join(data, 'robotrace.db')
  if (!existsSync(file)) {
    yield warning(
      'database',
      `There is no database in ${data} yet.`,
      'Start the server: it makes one. Or correct ROBOTRACE_DATA.',
    )
    return { usable: false }
  }
  let db: Sqlite.Database | undefined
  try {
    // Not read-only: after a crash the first to open it has to settle the write-ahead log.
    db = new Sqlite(file, { timeout: 5_000, fileMustExist: true })
    return yield* inspect(db, file, options)
  } catch (error) {
    yield problem('database', `${file} cannot be used: ${reason(error)}`, adviceFor(error))
    return { usable: false }
  } finally {
    db?.close()
  }
}

function adviceFor(error: unknown): string {
  return error instanceof Error && /SchemaError$/.test(error.name) ? 'Use the version it names.' : RESTORE
}

function* inspect(
  db: Sqlite.Database,
  file: string,
  { deep, fix }: Options,
): Generator<Finding, { newest?: Date; usable: boolean }> {
  const version = schemaVersionOf(db)
  const check = deep ? 'integrity_check' : 'quick_check'
  const verdicts = db.prepare<[], string>(`PRAGMA ${check}(3)`).pluck().all()
  if (verdicts.join() !== 'ok') {
    yield problem('database', `${file} is damaged: ${verdicts.join('; ')}`, RESTORE)
    return { usable: false }
  }
  const dangling = db.pragma('foreign_key_check')
  if (Array.isArray(dangling) && dangling.length > 0) {
    yield problem('database', `${dangling.length} rows point at rows that are gone.`, RESTORE)
  } else yield ok('database', `${file} is sound (${check}, foreign keys).`)
  yield* checkLog(db, file, fix)
  if (version === undefined || version < SCHEMA_VERSION) {
    const message = `The database has schema ${version ?? 'none'}; this RoboTrace works with ${SCHEMA_VERSION}.`
    yield warning(
      'database',
      message,
      'Run `robotrace migrate --dry-run`, then `robotrace migrate`, or start the server.',
    )
    return { usable: false }
  }
  yield ok('database', `It has schema ${version}, as this RoboTrace.`)
  const at = db.prepare<[], string>('SELECT at FROM audit_events ORDER BY seq DESC LIMIT 1').pluck().get()
  return { usable: true, ...(at === undefined ? {} : { newest: new Date(at) }) }
}

function* checkLog(db: Sqlite.Database, file: string, fix: boolean): Generator<Finding> {
  const wal = `${file}-wal`
  const bytes = existsSync(wal) ? statSync(wal).size : 0
  const message = `The write-ahead log has ${size(bytes)}.`
  if (bytes < LARGE_WAL && !fix) yield ok('database', message)
  else if (fix && bytes > 0) {
    db.pragma('wal_checkpoint(PASSIVE)')
    yield mended('database', message, 'What was in it has been moved into the database.')
  } else if (bytes >= LARGE_WAL) {
    yield warning(
      'database',
      message,
      'Something keeps it from being emptied: end what has the database open for long, then run `robotrace doctor --fix`.',
    )
  }
}
