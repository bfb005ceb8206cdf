import type Sqlite from 'better-sqlite3'

/** The number of schema.sql. A higher number in a database file means a newer RoboTrace wrote it. */
export const SCHEMA_VERSION = 4

/** The schema of the first release: databases from there on are brought up to date. */
export const FIRST_RELEASED = 3

/** The database was written by a newer RoboTrace; `message` names the version that can read it. */
export class NewerSchemaError extends Error {
  constructor(found: number, writtenBy: string) {
    super(
      `This database has schema ${found}; this RoboTrace reads schema ${SCHEMA_VERSION} and older. ` +
        `Start RoboTrace ${writtenBy} or newer with it, or restore a backup made before the upgrade.`,
    )
    this.name = 'NewerSchemaError'
  }
}

/** The database is older than the first release, from which on databases are brought up to date. */
export class OlderSchemaError extends Error {
  constructor(found: number) {
    super(
      `This database has schema ${found}, from before the first release; this RoboTrace reads schema ${SCHEMA_VERSION}. ` +
        'Move the data folder away and start anew, or keep using the version that wrote it.',
    )
    this.name = 'OlderSchemaError'
  }
}

/** The database waits to be brought up to date, which whoever opens it did not ask for. */
export class OutdatedSchemaError extends Error {
  constructor(found: number) {
    super(
      `This database has schema ${found}; this RoboTrace works with schema ${SCHEMA_VERSION}. ` +
        'Bring it up to date first: run `robotrace migrate`, or start the server.',
    )
    this.name = 'OutdatedSchemaError'
  }
}

/**
 * The schema a database has; undefined: none yet, nothing has been written into it.
 *
 * @throws NewerSchemaError, OlderSchemaError when this RoboTrace can do nothing with it
 */
export function schemaVersionOf(sqlite: Sqlite.Database): number | undefined {
  const exists = sqlite.prepare("SELECT 1 FROM sqlite_master WHERE name = 'schema_versions'").get()
  if (!exists) return undefined
  const found = sqlite
    .prepare<[], { version: number; written_by: string }>(
      'SELECT version, written_by FROM schema_versions ORDER BY version DESC LIMIT 1',
    )
    .get()
  if (!found) return SCHEMA_VERSION
  if (found.version > SCHEMA_VERSION) throw new NewerSchemaError(found.version, found.written_by)
  if (found.version < FIRST_RELEASED) throw new OlderSchemaError(found.version)
  return found.version
}
