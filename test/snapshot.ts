import { sql } from 'kysely'
import type { TestServer } from './harness.ts'

/** What using a credential notes down about it, whatever it is used for. */
const NOTED = new Set(['last_used_at', 'last_seen_at', 'use_count'])
const NOTES = new Set(['api_key_origins', 'api_key_days'])

/** Every row of every table, and what is only noted about the use of a credential left out. */
export async function snapshot(server: TestServer): Promise<string[]> {
  await server.ctx.background.drain()
  const { rows: tables } = await sql<{ name: string }>`
    SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name`.execute(server.ctx.db)
  const all: string[] = []
  for (const { name } of tables.filter((table) => !NOTES.has(table.name))) {
    const { rows } = await sql<Record<string, unknown>>`SELECT * FROM ${sql.table(name)}`.execute(
      server.ctx.db,
    )
    for (const row of rows) {
      // That the trail was taken away, or that a key came from somewhere new, is written by reading on purpose.
      if (row.action === 'audit.exported' || row.action === 'api_key.used_from_new_network') continue
      const kept = Object.entries(row).filter(([member]) => !NOTED.has(member))
      all.push(`${name} ${JSON.stringify(kept)}`)
    }
  }
  return all
}
