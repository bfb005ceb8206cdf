/**
 * Whether a write was refused because the value is taken. SQLite reports a duplicate primary key under a
 * code of its own, Postgres has one code for both.
 */
export function isUniqueViolation(error: unknown): boolean {
  return UNIQUE.has(codeOf(error))
}

/** Whether the disk under the database is full or broken. */
export function isOutOfSpace(error: unknown): boolean {
  return codeOf(error) === 'SQLITE_FULL'
}

/** Whether another process held the database for too long. */
export function isBusy(error: unknown): boolean {
  return codeOf(error).startsWith('SQLITE_BUSY')
}

const UNIQUE = new Set(['SQLITE_CONSTRAINT_UNIQUE', 'SQLITE_CONSTRAINT_PRIMARYKEY', '23505'])

/** What the system or SQLite calls it; '' for anything else. @example codeOf(error) === 'ENOENT' */
export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''
}
