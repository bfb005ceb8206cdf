import type { ServerVersion } from '../../sdk/wire.ts'
import { SCHEMA_VERSION } from '../db/open.ts'
import { VERSION } from '../project.ts'

/** The first release. What it can do, it can do with this server too; moved only with a minor version, and announced. */
const CLIENT_MIN = '0.1.0'

/** What this server is, for clients that wonder whether they are too old for it or too new. It says nothing else. */
export function serverVersion(): ServerVersion {
  return { version: VERSION, schema: SCHEMA_VERSION, client_min: CLIENT_MIN }
}
