import { expect, test } from 'vitest'
import type { EnrolledDevice, HeartbeatAnswer } from '../../sdk/wire.ts'
import { newId } from '../../server/db/ids.ts'
import { finalize, json, start } from '../episode-requests.ts'
import { projectOf } from '../fleet-requests.ts'
import { startTestServer, type TestServer } from '../harness.ts'
import { portalClient } from '../portal-client.ts'
import { type Tenant, tenant } from '../seed.ts'
import { sendJson } from '../token-requests.ts'
import { toldOfDevices } from '../told.ts'

const ROBOTS = 1_000
const AT_ONCE = 100
const EPISODES = 40

/** So many at a time, as a thousand robots that start after a power cut reach one address. */
async function each<Item, Result>(items: readonly Item[], work: (item: Item) => Promise<Result>) {
  const results: Result[] = []
  for (let at = 0; at < items.length; at += AT_ONCE) {
    results.push(...(await Promise.all(items.slice(at, at + AT_ONCE).map(work))))
  }
  return results
}

async function enrollAll(server: TestServer, at: Tenant): Promise<EnrolledDevice[]> {
  const { fleet } = portalClient(server, at.owner)
  const { token } = await fleet.makeEnrolmentToken.mutate({
    ...projectOf(at),
    ...{ label: 'hall 1', uses: ROBOTS, type: 'arm' },
  })
  const names = Array.from({ length: ROBOTS }, (_, index) => `arm-${String(index).padStart(4, '0')}`)
  return each(names, async (name) => {
    const body = { name, nonce: `a nonce that ${name} drew` }
    return json<EnrolledDevice>(await sendJson(server, 'POST', '/api/v1/devices/enroll', token, body), 201)
  })
}

async function beat(server: TestServer, { api_key, device, client_id }: EnrolledDevice) {
  const path = `/api/v1/organizations/${client_id}/projects/default/devices/${device.name}/heartbeat`
  const body = { cpu_usage: 20, memory_usage: 40, disk_usage: 60, backlog_episodes: 1 }
  return json<HeartbeatAnswer>(await sendJson(server, 'POST', path, api_key, body), 200)
}

async function wantToKnow(server: TestServer, { organization_id, owner }: Tenant): Promise<void> {
  const hook = { id: newId('wh'), organization_id, url: 'https://hooks.example/', description: '' }
  const made = { created_by: owner.caller.account_id, created_at: server.ctx.now().toISOString() }
  await server.ctx.db
    .insertInto('webhooks')
    .values({ ...hook, ...made, events: 'device.offline', secret_sealed: '' })
    .execute()
}

test('a thousand robots enrol with one token and beat for a minute while they record; the one that stops is told of once', async () => {
  await using server = await startTestServer()
  const at = await tenant(server)
  await wantToKnow(server, at)
  const { fleet } = portalClient(server, at.owner)
  const place = projectOf(at)
  const robots = await enrollAll(server, at)
  expect(new Set(robots.map(({ api_key }) => api_key)).size).toBe(ROBOTS)
  expect(new Set(robots.map(({ device }) => device.id)).size).toBe(ROBOTS)

  const recording: string[] = []
  for (const _ of [0, 30, 60]) {
    const [answers, episodes] = await Promise.all([
      each(robots, (robot) => beat(server, robot)),
      each(robots.slice(0, EPISODES), (robot) => start(server, robot.api_key, {})),
    ])
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set(['online']))
    recording.push(...episodes.map(({ episode_id }) => episode_id))
    server.clock.advance('30s')
  }
  const all = await fleet.list.query({ ...place, status: 'online' })
  expect(all).toMatchObject({ total: ROBOTS, counts: { online: ROBOTS, offline: 0, unconfirmed: 0 } })
  expect(await fleet.list.query({ ...place, type: 'arm', text: 'arm-00', limit: 5 })).toMatchObject({
    total: 100,
  })

  const [stopped, ...others] = robots
  if (!stopped) throw new Error('There is a first robot.')
  await each(others, (robot) => beat(server, robot))
  server.clock.advance('61s')
  expect((await fleet.get.query({ ...place, device: stopped.device.id })).status).toBe('offline')
  await server.ctx.background.drain()
  expect(await fleet.list.query({ ...place, status: 'online' })).toMatchObject({ total: ROBOTS - 1 })
  const { id, name } = stopped.device
  expect(await toldOfDevices(server)).toEqual([{ type: 'device.offline', target: id, name }])

  const robot = robots[EPISODES - 1]
  if (!robot) throw new Error('There is a last one that records.')
  const shown = await fleet.get.query({ ...place, device: robot.device.name })
  expect(shown.current_session_id).toBe(recording.at(-1))
  expect((await finalize(server, robot.api_key, recording.at(-1) ?? '')).status).toBe(200)
  const days = await server.ctx.db
    .selectFrom('episode_days')
    .select((select) => ['device_id', select.fn.sum<number>('n').as('n')])
    .groupBy('device_id')
    .execute()
  expect(days.find(({ device_id }) => device_id === '')?.n).toBe(3 * EPISODES)
  expect(days.filter(({ device_id, n }) => device_id !== '' && n === 3)).toHaveLength(EPISODES)
}, 120_000)
