import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import type { TestServer } from './harness.ts'

/** Database, write-ahead log and whatever else is in the data folder, and everything that was logged. */
export function everythingKept(server: TestServer): string {
  const files = readdirSync(server.data, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  )
  expect(files.map(({ name }) => name)).toContain('robotrace.db-wal')
  return (
    files.map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1')).join('\n') + server.log()
  )
}
