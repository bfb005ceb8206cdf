import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { newId } from '../../server/db/ids.ts'
import { device, projectOf } from '../fleet-requests.ts'
import { startTestServer, type TestServer } from '../harness.ts'
import { portalClient } from '../portal-client.ts'
import { type Tenant, tenant } from '../seed.ts'
import { accessToken, sendJson } from '../token-requests.ts'
import { toldOfDevices } from '../told.ts'

const projectPath = ({ organization_id }: Tenant) =>
  `/api/v1/organizations/${organization_id}/projects/default`

/** What a heartbeat is answered, or why it was not taken. */
const said = z.looseObject({ server_time: z.string().default('') })
const samples = z.object({ items: z.array(z.looseObject({ cpu_usage: z.number().nullable() })) })

/** One heartbeat, with whatever key. */
async function beat(server: TestServer, at: Tenant, robot: { id: string; key: string }, body: object = {}) {
  const path = `${projectPath(at)}/devices/${robot.id}/heartbeat`
  const answer = await sendJson(server, 'POST', path, robot.key, body)
  return { status: answer.status, body: said.parse(await answer.json()) }
}

/** Somebody who wants to hear when a device goes silent. */
async function askFor(server: TestServer, { organization_id, owner }: Tenant, events: string): Promise<void> {
  const row = { id: newId('wh'), organization_id, url: 'https://hooks.example/', description: '', events }
  const made = { created_by: owner.caller.account_id, created_at: server.ctx.now().toISOString() }
  await server.ctx.db
    .insertInto('webhooks')
    .values({ ...row, ...made, secret_sealed: '' })
    .execute()
}

describe('a heartbeat', () => {
  test('says how the device is; lists and its page show it, with how far its clock is off', async () => {
    await using server = await startTestServer()
    const at = await tenant(server)
    const robot = await device(server, at)
    const now = server.ctx.now()
    const body = {
      ...{ cpu_usage: 31.5, memory_usage: 48, disk_usage: 0, sdk_version: '0.1.0' },
      ...{ backlog_episodes: 2, backlog_bytes: 5_000_000_000 },
      sent_at: new Date(now.getTime() + 3_600_000).toISOString(),
    }
    const answer = await beat(server, at, robot, body)
    expect(answer).toMatchObject({ status: 200, body: { id: robot.id, status: 'online', next_in_s: 30 } })
    const { fleet } = portalClient(server, at.owner)
    const shown = await fleet.get.query({ ...projectOf(at), device: robot.id })
    const { sent_at, sdk_version, ...metrics } = body
    expect(shown).toMatchObject({ status: 'online', sdk_version, metrics })
    expect(shown.last_heartbeat).toBe(answer.body.server_time)
    const clock = shown.metrics.clock_offset_ms ?? 0
    expect(clock).toBe(Date.parse(sent_at) - Date.parse(answer.body.server_time))
    expect(await fleet.list.query({ ...projectOf(at), status: 'online' })).toMatchObject({
      items: [{ id: robot.id, metrics }],
      ...{ total: 1, counts: { online: 1, offline: 0, maintenance: 0 } },
    })
  })

  test('that says less leaves the rest unknown, and takes an offset that the device worked out itself', async () => {
    await using server = await startTestServer()
    const at = await tenant(server)
    const robot = await device(server, at)
    await beat(server, at, robot, { cpu_usage: 90, sdk_version: '0.1.0' })
    await beat(server, at, robot, { clock_offset_ms: -12.5, sent_at: '1970-01-01T00:00:00Z' })
    const shown = await portalClient(server, at.owner).fleet.get.query({ ...projectOf(at), device: 'arm-7' })
    expect(shown).toMatchObject({
      sdk_version: '0.1.0',
      metrics: { cpu_usage: null, clock_offset_ms: -12.5 },
    })
  })

  test.each([
    { cpu_usage: 101 },
    { memory_usage: -1 },
    { disk_usage: 'full' },
    { sent_at: 'now' },
    { clock_offset_ms: '5' },
    { backlog_episodes: 1.5 },
    { backlog_bytes: -1 },
    { sdk_version: 'x'.repeat(65) },
  ])('with %j is refused by the field’s name', async (body) => {
    await using server = await startTestServer()
    const at = await tenant(server)
    const robot = await device(server, at)
    expect(await beat(server, at, robot, body)).toMatchObject({
      status: 400,
      body: { errors: [{ path: Object.keys(body)[0] }] },
    })
  })

  test('comes from the device’s own key alone', async () => {
    await using server = await startTestServer()
    const [at, elsewhere] = [await tenant(server), await tenant(server)]
    const [mine, other] = [await device(server, at, 'arm-1'), await device(server, at, 'arm-2')]
    const person = await accessToken(server, at.owner)
    const stranger = await accessToken(server, elsewhere.owner)
    const foreign = await device(server, elsewhere, 'arm-1')
    const from = async (key: string) => (await beat(server, at, { id: mine.id, key })).status
    expect(await from(mine.key)).toBe(200)
    expect(await from(at.api_key)).toBe(403)
    expect(await from(person)).toBe(403)
    expect(await from(other.key)).toBe(404)
    expect(await from(elsewhere.api_key)).toBe(404)
    expect(await from(stranger)).toBe(404)
    expect(await from(foreign.key)).toBe(404)
    // Whatever else the key may or may not do.
    await server.ctx.db
      .updateTable('api_keys')
      .set({ scopes: 'evals:read' })
      .where('device_id', '=', mine.id)
      .execute()
    expect(await from(mine.key)).toBe(200)
    await portalClient(server, at.owner).fleet.remove.mutate({ ...projectOf(at), device: mine.id })
    expect(await from(mine.key)).toBe(401)
  })

  test('is found under the device’s name and id, the project’s and the organization’s slug or id', async () => {
    await using server = await startTestServer()
    const at = await tenant(server)
    const robot = await device(server, at)
    const { slug } = await server.ctx.db
      .selectFrom('organizations')
      .select('slug')
      .where('id', '=', at.organization_id)
      .executeTakeFirstOrThrow()
    const send = async (path: string) =>
      (await sendJson(server, 'POST', `/api/v1/organizations/${path}/heartbeat`, robot.key, {})).status
    expect(await send(`${slug}/projects/default/devices/arm-7`)).toBe(200)
    expect(await send(`${at.organization_id}/projects/default/devices/${robot.id}`)).toBe(200)
    expect(await send(`${slug}/projects/other/devices/arm-7`)).toBe(404)
    expect(await send('other/projects/default/devices/arm-7')).toBe(404)
  })
})

describe('the status', () => {
  test('is online for ninety seconds after a heartbeat, then offline, and online again with the next', async () => {
    await using server = await startTestServer()
    const at = await tenant(server)
    const robot = await device(server, at)
    const { fleet } = portalClient(server, at.owner)
    const status = async () => (await fleet.get.query({ ...projectOf(at), device: robot.id })).status
    expect(await status()).toBe('offline')
    await beat(server, at, robot)
    server.clock.advance('89s')
    expect(await status()).toBe('online')
    server.clock.advance('3s')
    expect(await status()).toBe('offline')
    expect(await fleet.list.query({ ...projectOf(at), status: 'online' })).toMatchObject({ total: 0 })
    await beat(server, at, robot)
    expect(await status()).toBe('online')
  })

  test('is maintenance while somebody works on it, whatever it sends; then its heartbeats decide again', async () => {
    await using server = await startTestServer()
    const at = await tenant(server)
    const robot = await device(server, at)
    await askFor(server, at, 'device.offline')
    const { fleet } = portalClient(server, at.owner)
    const work = (maintenance: boolean) =>
      fleet.update.mutate({ ...projectOf(at), device: robot.id, maintenance })
    await work(true)
    expect((await beat(server, at, robot)).body).toMatchObject({ status: 'maintenance' })
    const list = await fleet.list.query({ ...projectOf(at), status: 'maintenance' })
    expect(list).toMatchObject({ total: 1, counts: { maintenance: 1, online: 0 } })
    expect(await work(false)).toMatchObject({ status: 'online' })
    await work(true)
    server.clock.advance('1h')
    expect(await work(false)).toMatchObject({ status: 'offline' })
    expect(await toldOfDevices(server)).toEqual([])
  })

  test('tells whoever asked once that a device went silent, however often somebody looks', async () => {
    await using server = await startTestServer()
    const [at, elsewhere] = [await tenant(server), await tenant(server)]
    await askFor(server, at, 'episode.ready device.offline')
    await askFor(server, elsewhere, 'episode.ready')
    const [one, two] = [await device(server, at, 'arm-1'), await device(server, at, 'arm-2')]
    await device(server, at, 'never-heard')
    const theirs = await device(server, elsewhere)
    for (const robot of [one, two]) await beat(server, at, robot)
    await beat(server, elsewhere, theirs)
    server.clock.advance('80s')
    await beat(server, at, two)
    server.clock.advance('80s')
    const { fleet } = portalClient(server, at.owner)
    await Promise.all([
      server.ctx.background.drain(),
      fleet.list.query(projectOf(at)),
      fleet.get.query({ ...projectOf(at), device: 'arm-1' }),
      server.ctx.background.drain(),
    ])
    expect(await toldOfDevices(server)).toEqual([{ type: 'device.offline', target: one.id, name: 'arm-1' }])
    await beat(server, at, one)
    server.clock.advance('2m')
    await fleet.list.query(projectOf(at))
    const told = await toldOfDevices(server)
    expect(told.map(({ target }) => target).sort()).toEqual([one.id, one.id, two.id].sort())
  })

  test('turns offline by itself, without anybody looking', async () => {
    await using server = await startTestServer()
    const at = await tenant(server)
    await beat(server, at, await device(server, at))
    server.clock.advance('2m')
    await server.ctx.background.drain()
    const rows = await server.ctx.db.selectFrom('devices').select('status').execute()
    expect(rows).toEqual([{ status: 'offline' }])
    const counts = await server.ctx.db
      .selectFrom('device_counts')
      .select(['status', 'n'])
      .where('n', '>', 0)
      .execute()
    expect(counts).toEqual([{ status: 'offline', n: 1 }])
  })
})

describe('health', () => {
  test('keeps the last heartbeat of every five minutes for a day, oldest first', async () => {
    await using server = await startTestServer()
    const at = await tenant(server)
    const robot = await device(server, at)
    const path = `${projectPath(at)}/devices/arm-7/health`
    const read = async () =>
      samples.parse(await (await sendJson(server, 'GET', path, at.api_key)).json()).items
    expect(await read()).toEqual([])
    await beat(server, at, robot, { cpu_usage: 1 })
    server.clock.advance('5m')
    await beat(server, at, robot, { cpu_usage: 2, backlog_bytes: 10 })
    server.clock.advance('1h')
    await beat(server, at, robot, { cpu_usage: 3 })
    expect(await read()).toMatchObject([
      { cpu_usage: 1, backlog_bytes: null },
      { cpu_usage: 2, backlog_bytes: 10 },
      { cpu_usage: 3 },
    ])
    // The same place in the ring, a day later: the older one is written over, the others are too old to show.
    server.clock.advance('24h')
    await beat(server, at, robot, { cpu_usage: 4 })
    expect(await read()).toMatchObject([{ cpu_usage: 4 }])
    const kept = await server.ctx.db.selectFrom('device_health').select('slot').execute()
    expect(kept).toHaveLength(3)
  })
})
