import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { DOORS } from '../server/app.ts'
import { appRouter } from '../server/trpc.ts'
import { TRPC } from './authorization/table.ts'
import { makeWorld, type Target } from './authorization/world.ts'
import { startTestServer, type TestServer } from './harness.ts'

/** What using a credential notes down about it, whatever it is used for. */
const NOTED = new Set(['last_used_at', 'last_seen_at', 'use_count'])
const NOTES = new Set(['api_key_origins', 'api_key_days'])

/** Every row of every table, and what is only noted about the use of a credential left out. */
async function snapshot(server: TestServer): Promise<string[]> {
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

const fill = (path: string, at: Target): string => {
  const names: Record<string, string> = {
    ...{ org: at.organization_id, project: 'default', device: at.device, key: at.api_key_id },
    ...{ id: at.episode_id, kind: 'video', organization_id: at.organization_id },
    ...{ episode_id: at.episode_id, file: 'video.mp4' },
  }
  return path.replace(/:(\w+)/g, (_, name: string) => names[name] ?? 'unknown')
}

test('(29) no GET and no HEAD changes anything, over REST and in the portal', async () => {
  await using server = await startTestServer()
  const { proofs, target } = await makeWorld(server)
  const at = await target()
  const before = await snapshot(server)
  const answered: number[] = []
  for (const { path } of DOORS.filter(({ method }) => method === 'GET')) {
    for (const who of [proofs.owner, proofs.staff, proofs.key_with_every_scope, proofs.anonymous]) {
      for (const method of ['GET', 'HEAD']) {
        const answer = await server.fetch(fill(path, at), { method, headers: who.rest })
        await answer.arrayBuffer()
        answered.push(answer.status)
      }
    }
  }
  for (const [name, call] of Object.entries(TRPC)) {
    const input = encodeURIComponent(JSON.stringify(call.input?.(at) ?? {}))
    const answer = await server.fetch(`/trpc/${name}?input=${input}`, { headers: proofs.staff.trpc })
    await answer.arrayBuffer()
    answered.push(answer.status)
  }
  expect(Object.keys(TRPC)).toHaveLength(Object.keys(appRouter._def.procedures).length)
  for (const path of ['/', '/portal', '/cli/auth?code=XKDF-PQ4N', '/login', '/healthz', '/readyz']) {
    answered.push((await server.fetch(path, { headers: proofs.owner.trpc })).status)
  }
  expect(answered.filter((status) => status === 200).length).toBeGreaterThan(40)
  expect(answered.filter((status) => status >= 500)).toEqual([])
  expect(await snapshot(server)).toEqual(before)
})
