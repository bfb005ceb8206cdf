import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'

/**
 * A file of the project, found from this module: `server/` and `dist/` both lie one level below the root,
 * so the sources and the bundle find the same files.
 *
 * @example projectFile('schema.sql')
 */
export function projectFile(path: string): string {
  return fileURLToPath(new URL(`../${path}`, import.meta.url))
}

/** The version of this RoboTrace, from package.json. */
export const VERSION: string = z
  .object({ version: z.string() })
  .parse(JSON.parse(readFileSync(projectFile('package.json'), 'utf8'))).version
