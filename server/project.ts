import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { carriedBytes, carriedFiles, isOneFile } from './binary/carried.ts'

/**
 * A file of the project, found from this module: `server/` and `dist/` both lie one level below the root,
 * so the sources and the bundle find the same files. The single executable has its files within itself, and
 * nowhere a path leads to: what the program needs while it runs is asked for with `projectText`.
 *
 * @throws Error in the single executable
 * @example projectFile('dist/portal')
 */
export function projectFile(path: string): string {
  if (isOneFile)
    throw new Error(`${path} has no path of its own in the single executable: read it with projectText`)
  return fileURLToPath(new URL(`../${path}`, import.meta.url))
}

/**
 * What is in a text file of the project, wherever the project is.
 *
 * @throws Error when there is no such file
 * @example projectText('schema.sql')
 */
export function projectText(path: string): string {
  return isOneFile ? carriedBytes(path).toString('utf8') : readFileSync(projectFile(path), 'utf8')
}

/** @example hasProjectFile('docs/answers.json') */
export function hasProjectFile(path: string): boolean {
  return isOneFile ? carriedFiles().has(path) : existsSync(projectFile(path))
}

/**
 * The names of the files in one of the project's folders, not of those in folders below it, in order.
 *
 * @example projectNames('server/db/migrations') // ['0004-….sql'], empty when there is no such folder
 */
export function projectNames(folder: string): string[] {
  if (isOneFile) {
    const below = [...carriedFiles().keys()].filter((path) => path.startsWith(`${folder}/`))
    return below
      .map((path) => path.slice(folder.length + 1))
      .filter((name) => !name.includes('/'))
      .sort()
  }
  if (!existsSync(projectFile(folder))) return []
  const entries = readdirSync(projectFile(folder), { withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile())
    .map(({ name }) => name)
    .sort()
}

/** The version of this RoboTrace, from package.json. */
export const VERSION: string = z
  .object({ version: z.string() })
  .parse(JSON.parse(projectText('package.json'))).version
