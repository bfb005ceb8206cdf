import { z } from 'zod'
import { Failure } from '../../cli/failure.ts'
import { BackupError } from '../backup/layout.ts'
import { AddonError } from '../binary/addon.ts'
import { ConfigError } from '../config.ts'
import { MigrationError } from '../db/apply-migrations.ts'
import { DataFolderInUseError } from '../db/data-folder.ts'
import { DatabaseOpenElsewhereError, MigrationSpaceError } from '../db/migrate.ts'
import { NewerSchemaError, OlderSchemaError, OutdatedSchemaError } from '../db/schema-version.ts'
import { AppError } from '../errors.ts'
import { BrokenSecretError } from '../signing.ts'

/** What Node says about such an error beside its code. */
const subject = z.object({
  path: z.string().optional(),
  dest: z.string().optional(),
  address: z.string().optional(),
  port: z.number().optional(),
  hostname: z.string().optional(),
})

/** What whoever runs the server can mend: said in a sentence, without a stack. */
const EXPECTED = [
  NewerSchemaError,
  OlderSchemaError,
  OutdatedSchemaError,
  MigrationError,
  MigrationSpaceError,
  DatabaseOpenElsewhereError,
  BrokenSecretError,
  AppError,
]
/** What the operating system refuses, by its code: said about a path or an address, and what to do. */
const SYSTEM: Record<string, { says: (what: string) => string; hint: string }> = {
  EADDRINUSE: {
    says: (what) => `Another program listens on ${what} already.`,
    hint: 'stop it, or name another port with `--port` or PORT',
  },
  EADDRNOTAVAIL: {
    says: (what) => `This machine has no address ${what}.`,
    hint: 'name one of its own with `--host`: 127.0.0.1, or 0.0.0.0 for all of them',
  },
  EACCES: {
    says: (what) => `This account may not use ${what}.`,
    hint: 'run the command as the account that the server runs as, or change whose it is',
  },
  EPERM: {
    says: (what) => `This account may not use ${what}.`,
    hint: 'run the command as the account that the server runs as, or change whose it is',
  },
  EROFS: { says: (what) => `${what} is on a disk that is mounted read-only.`, hint: 'name another folder' },
  ENOSPC: { says: (what) => `No room is left for ${what}.`, hint: 'make room on its disk, then again' },
  EEXIST: { says: (what) => `${what} is there already.`, hint: 'name another one, or move it away' },
  ENOENT: { says: (what) => `There is no ${what}.`, hint: 'check how it is spelled' },
  ENOTDIR: { says: (what) => `${what} is not below a folder.`, hint: 'name a folder' },
  EISDIR: { says: (what) => `${what} is a folder.`, hint: 'name a file' },
  ENOTFOUND: { says: (what) => `Nobody knows the address ${what}.`, hint: 'check how it is spelled' },
  EAI_AGAIN: { says: (what) => `Nobody knows the address ${what}.`, hint: 'check its name and the network' },
}

/**
 * Runs an operator's command: what it creates is nobody else's to read, and what can be expected to go wrong at a
 * machine becomes a failure to show, while a bug keeps its stack.
 *
 * @throws Failure
 * @example run: (host) => operate(() => runServer(host))
 */
export async function operate<Result>(run: () => Promise<Result>): Promise<Result> {
  // Database, artifacts, secret, backups.
  process.umask(0o077)
  try {
    return await run()
  } catch (error) {
    if (!(error instanceof Error)) throw error
    if (error instanceof ConfigError) {
      throw new Failure('The configuration is not valid:', {
        details: error.problems,
        hint: '`robotrace config --print` shows where each value comes from',
      })
    }
    if (error instanceof AddonError)
      throw new Failure(error.message, { details: error.places, hint: error.hint })
    if (error instanceof BackupError) {
      const { message, details, hint } = error
      throw new Failure(message, { details, ...(hint && { hint }) })
    }
    if (error instanceof DataFolderInUseError) {
      throw new Failure(error.message, { hint: 'stop it first, or name another folder with `--data`' })
    }
    const refused = refusedBySystem(error) ?? damagedDatabase(error)
    if (refused) throw refused
    if (!EXPECTED.some((kind) => error instanceof kind)) throw error
    throw new Failure(error.message)
  }
}

/** Undefined where it is no such error: then it is a bug, and keeps its stack. */
function refusedBySystem(error: Error): Failure | undefined {
  const known = SYSTEM['code' in error ? String(error.code) : '']
  if (!known) return undefined
  const what = subjectOf(error)
  if (what === undefined) return new Failure(error.message, { hint: known.hint })
  return new Failure(known.says(what), { hint: known.hint })
}

/** A file that is no database, or not any more: a stack says nothing to whoever stands before it. */
function damagedDatabase(error: Error): Failure | undefined {
  const code = 'code' in error ? String(error.code) : ''
  const foreign = error.message.startsWith('no such table: schema_versions')
  if (!/^SQLITE_(CORRUPT|NOTADB)/.test(code) && !foreign) return undefined
  return new Failure(
    foreign ? 'The database is not one of RoboTrace.' : `The database is damaged: ${error.message}.`,
    {
      hint: '`robotrace doctor` to see how much; then move the data folder away and bring the newest backup back with `robotrace restore`',
    },
  )
}

/** The path or the address that an error of the system is about. */
function subjectOf(error: Error): string | undefined {
  const { path, dest, address, port, hostname } = subject.catch({}).parse(error)
  if (address !== undefined) return port === undefined ? address : `${address} port ${port}`
  return dest ?? path ?? hostname
}
