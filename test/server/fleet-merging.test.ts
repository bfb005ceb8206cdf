import { describe, expect, test } from 'vitest'
import { newId } from '../../server/db/ids.ts'
import { finalize, start } from '../episode-requests.ts'
import { device, projectOf } from '../fleet-requests.ts'
import { startTestServer, type TestServer } from '../harness.ts'
import { portalClient } from '../portal-client.ts'
import { member, type Tenant, tenant } from '../seed.ts'

const problem = (code: string) => ({ data: { problem: { code } } })

/** What each device has, by the rollup and by the episodes themselves. */
async function tally(server: TestServer) {
  const { db } = server.ctx
  const days = await db
    .selectFrom('episode_days as c')
    .select((select) => ['c.device_id', select.fn.sum<number>('c.n').as('n')])
    .where('c.device_id', '<>', '')
    .groupBy('c.device_id')
    .execute()
  const rows = await db
    .selectFrom('episodes')
    .select((select) => ['device_id', select.fn.countAll<number>().as('n')])
    .where('device_id', 'is not', null)
    .groupBy('device_id')
    .execute()
  const counted = new Map(days.filter(({ n }) => n > 0).map(({ device_id, n }) => [device_id, n]))
  expect(counted).toEqual(new Map(rows.map(({ device_id, n }) => [device_id, n])))
  return (device: string): number => counted.get(device) ?? 0
}

/** A device that came to be from the episodes of an old client. */
async function strayRobot(server: TestServer, at: Tenant, robot: string, episodes: number): Promise<string> {
  for (let count = 0; count < episodes; count++) {
    const { episode_id } = await start(server, at.api_key, { robot })
    if (count % 2 === 0) await finalize(server, at.api_key, episode_id)
  }
  const row = await server.ctx.db
    .selectFrom('devices')
    .select('id')
    .where('name', '=', robot)
    .executeTakeFirstOrThrow()
  return row.id
}

describe('merging a device', () => {
  test('gives its names to what it is at once, and its episodes behind the request’s back; totals stay right', async () => {
    await using server = await startTestServer()
    const at = await tenant(server)
    const { id } = await device(server, at)
    const stray = await strayRobot(server, at, 'UR5e cell 2', 5)
    const { fleet } = portalClient(server, at.owner)
    const address = { ...projectOf(at), device: 'UR5e cell 2' }
    const became = await fleet.merge.mutate({ ...address, into: 'arm-7' })
    expect(became).toMatchObject({ id, robot_names: ['UR5e cell 2'] })
    await expect(fleet.get.query({ ...projectOf(at), device: stray })).rejects.toMatchObject(
      problem('not_found'),
    )
    expect(await fleet.list.query(projectOf(at))).toMatchObject({ total: 1, counts: { unconfirmed: 0 } })
    const next = await start(server, at.api_key, { robot: 'UR5e cell 2' })
    await server.ctx.background.drain()
    const of = await tally(server)
    expect([of(id), of(stray)]).toEqual([6, 0])
    expect(await fleet.get.query({ ...projectOf(at), device: id })).toMatchObject({
      current_session_id: next.episode_id,
    })
    const event = await server.ctx.db
      .selectFrom('audit_events')
      .select(['target', 'detail'])
      .where('action', '=', 'device.merged')
      .executeTakeFirstOrThrow()
    expect([event.target, JSON.parse(event.detail)]).toMatchObject([stray, { into: id, into_name: 'arm-7' }])
    const row = await server.ctx.db
      .selectFrom('devices')
      .select(['merged_into', 'moved_at'])
      .where('id', '=', stray)
      .executeTakeFirstOrThrow()
    expect(row).toMatchObject({ merged_into: id, moved_at: expect.stringMatching(/^\d{4}-/) })
  })

  test('stopped half-way goes on where it was, also to where its target went meanwhile', async () => {
    await using server = await startTestServer()
    const at = await tenant(server)
    const { id } = await device(server, at)
    const [first, second] = [await strayRobot(server, at, 'one', 1), await strayRobot(server, at, 'two', 1)]
    await copyEpisodes(server, first, 1_200)
    // As a process leaves it that ended right after its answer: merged, and nothing moved yet.
    const { db } = server.ctx
    const removed_at = server.ctx.now().toISOString()
    await db.updateTable('devices').set({ merged_into: second, removed_at }).where('id', '=', first).execute()
    const { fleet } = portalClient(server, at.owner)
    await fleet.merge.mutate({ ...projectOf(at), device: 'two', into: 'arm-7' })
    await server.ctx.background.drain()
    const of = await tally(server)
    expect([of(id), of(first), of(second)]).toEqual([1_202, 0, 0])
    const waiting = await db
      .selectFrom('devices')
      .select('id')
      .where('merged_into', 'is not', null)
      .where('moved_at', 'is', null)
      .execute()
    expect(waiting).toEqual([])
  })

  test('is for devices without live keys, into another one of the same project, by members', async () => {
    await using server = await startTestServer()
    const [at, elsewhere] = [await tenant(server), await tenant(server)]
    const { id, key } = await device(server, at)
    const stray = await strayRobot(server, at, 'stray', 1)
    await device(server, elsewhere, 'theirs')
    const { fleet, apiKeys } = portalClient(server, at.owner)
    const merge = (from: string, into: string) => fleet.merge.mutate({ ...projectOf(at), device: from, into })
    await expect(merge(id, stray)).rejects.toMatchObject(problem('conflict'))
    await expect(merge(stray, stray)).rejects.toMatchObject(problem('invalid_request'))
    await expect(merge(stray, 'theirs')).rejects.toMatchObject(problem('invalid_request'))
    const viewer = portalClient(server, await member(server, at.organization_id, 'viewer')).fleet
    const address = { ...projectOf(at), device: stray }
    await expect(viewer.merge.mutate({ ...address, into: id })).rejects.toMatchObject(problem('forbidden'))
    const stranger = portalClient(server, elsewhere.owner).fleet
    await expect(stranger.merge.mutate({ ...address, into: id })).rejects.toMatchObject(problem('not_found'))
    await apiKeys.revoke.mutate({ id: key.slice(3, 13) })
    expect(await merge(id, stray)).toMatchObject({ id: stray, robot_names: ['arm-7'] })
  })
})

/** More episodes like the one that a device has. */
async function copyEpisodes(server: TestServer, device_id: string, count: number): Promise<void> {
  const { db } = server.ctx
  const row = await db
    .selectFrom('episodes')
    .selectAll()
    .where('device_id', '=', device_id)
    .executeTakeFirstOrThrow()
  for (let at = 0; at < count; at += 300) {
    const rows = Array.from({ length: 300 }, () => ({ ...row, id: newId('ep') }))
    await db.insertInto('episodes').values(rows).execute()
  }
}
