import { expect, test } from 'vitest'
import { DOORS } from '../server/app.ts'
import { appRouter } from '../server/trpc.ts'
import { TRPC } from './authorization/table.ts'
import { makeWorld, type Target } from './authorization/world.ts'
import { startTestServer } from './harness.ts'
import { snapshot } from './snapshot.ts'

const fill = (path: string, at: Target): string => {
  const names: Record<string, string> = {
    ...{ org: at.organization_id, project: 'default', device: at.device, key: at.api_key_id },
    ...{ id: at.episode_id, kind: 'video', organization_id: at.organization_id },
    ...{ group: at.group_id, token: at.enrolment_token_id },
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
