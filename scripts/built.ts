import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** What the portal, the API reference and the whole program are built from. */
export const SOURCES = [
  'server',
  'portal',
  'sdk',
  'cli',
  'schema.sql',
  'package.json',
  'vite.config.ts',
  'scripts/build.ts',
  'scripts/build-reference.ts',
]

/**
 * Whether something that was built is missing, or one of its sources is newer.
 *
 * @param sources files, and folders with everything in them except packages
 * @example isStale('dist/robotrace.js', ['server', 'package.json'])
 */
export function isStale(built: string, sources: readonly string[]): boolean {
  const at = existsSync(built) ? statSync(built).mtimeMs : 0
  return sources.some((source) => newest(source) > at)
}

function newest(path: string): number {
  if (!existsSync(path)) return 0
  const stats = statSync(path)
  if (!stats.isDirectory()) return stats.mtimeMs
  const names = readdirSync(path).filter((name) => name !== 'node_modules')
  return Math.max(stats.mtimeMs, ...names.map((name) => newest(join(path, name))))
}

/** Every file in a folder and in those below it. @example filesIn('dist/portal') */
export function filesIn(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    return entry.isDirectory() ? filesIn(path) : [path]
  })
}
