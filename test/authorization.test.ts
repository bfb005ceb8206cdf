import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { DOORS } from '../server/app.ts'
import type { Door } from '../server/http/door.ts'
import { appRouter } from '../server/trpc.ts'
import type { Expected, Row } from './authorization/expectations.ts'
import { REST, TRPC } from './authorization/table.ts'
import { CALLERS, makeWorld, type Proof, type Target } from './authorization/world.ts'
import { startTestServer, type TestServer } from './harness.ts'

/**
 * Who may do what (security 47): every caller at every declared route and every procedure of the portal. What is
 * expected stands in authorization/table.ts, one line a route, and is written independently of the server's own
 * declarations; what is declared there and not here, or here and not there, fails.
 */
const doors = DOORS.map((door) => ({ route: `${door.method} ${door.path}`, door }))
const procedures = Object.entries(appRouter._def.procedures).map(([name, procedure]) => ({
  name,
  // The type knows procedures by what they answer only.
  type: z.object({ _def: z.object({ type: z.enum(['query', 'mutation']) }) }).parse(unwrapped(procedure))._def
    .type,
}))

function unwrapped(procedure: object): { _def: unknown } {
  return { _def: '_def' in procedure ? procedure._def : undefined }
}

test('(47) the table has a line for every route and procedure there is, and no other', () => {
  expect(Object.keys(REST).sort()).toEqual(doors.map(({ route }) => route).sort())
  expect(Object.keys(TRPC).sort()).toEqual(procedures.map(({ name }) => name).sort())
})

test('(47) every line says what each caller gets', () => {
  const rows = [...Object.values(REST), ...Object.values(TRPC).map(({ row }) => row)]
  for (const row of rows) expect(Object.keys(row).sort()).toEqual([...CALLERS].sort())
})

describe('(47) over REST', () => {
  test.each(doors)('$route', async ({ route, door }) => {
    const row = REST[route]
    if (!row) throw new Error('This route has no line in test/authorization/table.ts.')
    await everyCell(row, (server, proof, at) => sendRest(server, door, proof, at))
  })
})

describe('(47) in the portal', () => {
  test.each(procedures)('$name', async ({ name, type }) => {
    const call = TRPC[name]
    if (!call) throw new Error('This procedure has no line in test/authorization/table.ts.')
    await everyCell(call.row, (server, proof, at) =>
      sendTrpc(server, { name, type }, proof, call.input?.(at) ?? {}),
    )
  })
})

/** All callers of one line, each with a target of its own. What comes out is compared as a whole. */
async function everyCell(
  row: Row,
  send: (server: TestServer, proof: Proof, at: Target) => Promise<Response>,
): Promise<void> {
  await using server = await startTestServer()
  const { proofs, target } = await makeWorld(server)
  const cells: Record<string, unknown> = {}
  for (const caller of CALLERS) {
    const expected = row[caller]
    cells[caller] = await outcome(await send(server, proofs[caller], await target()), expected)
  }
  expect(cells).toEqual(row)
}

/** What a caller got, in the words of the table; whatever else it was when it is none of those. */
async function outcome(answer: Response, expected: Expected): Promise<Expected | string> {
  const text = await answer.text()
  if (answer.status >= 500) return `${answer.status} ${text}`
  const refused = answer.status === 401 || answer.status === 403 || answer.status === 404
  // A wrong password is an answer to somebody who was let in to ask.
  const got = refused && !text.includes('"wrong_password"') ? answer.status : 'in'
  // Nothing of one's own is there, and that is all that is wrong.
  if (expected === 'own') return got === 'in' || got === 404 ? 'own' : got
  return got
}

function sendRest(server: TestServer, door: Door, { rest }: Proof, at: Target): Promise<Response> {
  const names: Record<string, string> = {
    ...{ org: at.organization_id, project: 'default', device: at.device, key: at.api_key_id },
    ...{ id: at.episode_id, kind: 'video', group: at.group_id, token: at.enrolment_token_id },
    ...{ capsule: at.capsule_id, package: at.package_id, tag: 'night shift' },
    ...{ webhook: at.webhook_id, delivery: at.delivery_id },
    ...{ organization_id: at.organization_id, episode_id: at.episode_id, file: 'video.mp4' },
  }
  const path = door.path.replace(/:(\w+)/g, (_, name: string) => names[name] ?? 'unknown')
  const query = new URLSearchParams(door.example.query).toString()
  const body = door.example.body === undefined ? {} : door.example.body
  const takesBody = door.method === 'POST' || door.method === 'PATCH'
  return server.fetch(query ? `${path}?${query}` : path, {
    method: door.method,
    headers: { ...rest, ...(takesBody ? { 'Content-Type': 'application/json' } : {}) },
    ...(takesBody ? { body: JSON.stringify(body) } : {}),
  })
}

function sendTrpc(
  server: TestServer,
  { name, type }: { name: string; type: 'query' | 'mutation' },
  { trpc }: Proof,
  input: unknown,
): Promise<Response> {
  const headers = { 'Content-Type': 'application/json', 'Sec-Fetch-Site': 'same-origin', ...trpc }
  const text = JSON.stringify(input)
  if (type === 'query') return server.fetch(`/trpc/${name}?input=${encodeURIComponent(text)}`, { headers })
  return server.fetch(`/trpc/${name}`, { method: 'POST', headers, body: text })
}
