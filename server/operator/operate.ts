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

/** What whoever runs the server can mend: said in a sentence, without a stack. */
const EXPECTED = [
  NewerSchemaError,
  OlderSchemaError,
  OutdatedSchemaError,
  MigrationError,
  MigrationSpaceError,
  DatabaseOpenElsewhereError,
  DataFolderInUseError,
  BrokenSecretError,
  AppError,
]
const SYSTEM = /^E(ADDRINUSE|ADDRNOTAVAIL|ACCES|PERM|EXIST|NOENT|NOTDIR|ISDIR|ROFS|NOSPC|NOTFOUND|AI_AGAIN)$/

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
    const code = 'code' in error ? String(error.code) : ''
    if (!EXPECTED.some((kind) => error instanceof kind) && !SYSTEM.test(code)) throw error
    throw new Failure(error.message)
  }
}
