import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { newId } from '../../server/db/ids.ts'
import { audited } from '../audited.ts'
import { device, projectOf } from '../fleet-requests.ts'
import { startTestServer, type TestServer } from '../harness.ts'
import { portalClient } from '../portal-client.ts'
import { member, type Tenant, tenant } from '../seed.ts'
import { accessToken, sendJson } from '../token-requests.ts'

const problem = (code: string) => ({ data: { problem: { code } } })
const pathOf = ({ organization_id }: Tenant) => `/api/v1/organizations/${organization_id}/projects/default`

const started = z.object({ episode_id: z.string() })

/** Logs an episode of this robot, as an old client does. @returns its id */
async function record(server: TestServer, key: string, robot: string): Promise<string> {
  const answer = await sendJson(server, 'POST', '/api/ingest/episode', key, { robot })
  return started.parse(await answer.json()).episode_id
}

async function deviceOf(server: TestServer, episode: string): Promise<string | null> {
  const row = await server.ctx.db
    .selectFrom('episodes')
    .select('device_id')
    .where('id', '=', episode)
    .executeTakeFirstOrThrow()
  return row.device_id
}

describe('a device', () => {
  test('is registered before it is heard of, with serial number, type and environment', async () => {
    await using server = await startTestServer()
    const at = await tenant(server)
    const token = await accessToken(server, at.owner)
    const body = { name: 'arm-7', dsn: 'SN-0042', type: 'arm', environment: 'production' }
    const path = `${pathOf(at)}/devices`
    const made = await sendJson(server, 'POST', `${path}/register-offline`, token, body)
    expect(made.status).toBe(201)
    const nothing = {
      ...{ cpu_usage: null, memory_usage: null, disk_usage: null },
      ...{ clock_offset_ms: null, backlog_episodes: null, backlog_bytes: null },
    }
    expect(await made.json()).toMatchObject({
      ...body,
      ...{ status: 'offline', confirmed: true, last_heartbeat: null, metrics: nothing, groups: [] },
    })
    const again = await sendJson(server, 'POST', path, token, { name: 'arm-8', dsn: 'SN-0042' })
    expect([again.status, await again.json()]).toMatchObject([409, { errors: [{ path: 'dsn' }] }])
    const named = await sendJson(server, 'POST', path, token, { name: 'SN-0042' })
    expect([named.status, await named.json()]).toMatchObject([409, { errors: [{ path: 'name' }] }])
  })

  test('is changed by what a PATCH says, and what it leaves out stays', async () => {
    await using server = await startTestServer()
    const at = await tenant(server)
    const token = await accessToken(server, at.owner)
    const { id } = await device(server, at)
    await device(server, at, 'arm-8')
    const path = `${pathOf(at)}/devices`
    const patch = async (body: object) => {
      const answer = await sendJson(server, 'PATCH', `${path}/${id}`, token, body)
      return { status: answer.status, body: await answer.json() }
    }
    expect(await patch({ dsn: 'SN-1', type: 'arm', environment: 'lab' })).toMatchObject({ status: 200 })
    expect(await patch({ environment: '' })).toMatchObject({
      body: { dsn: 'SN-1', type: 'arm', environment: null },
    })
    expect(await patch({ name: 'arm-8' })).toMatchObject({ status: 409 })
    expect(await patch({ dsn: 'arm-8' })).toMatchObject({ status: 409 })
    expect(await patch({ package_id: 'pkg_x' })).toMatchObject({ status: 400 })
    expect(await patch({ group_ids: ['grp_x'] })).toMatchObject({ status: 400 })
    expect(await patch({ maintenance: 'yes' })).toMatchObject({ status: 400 })
    const before = (await audited(server)).length
    expect(await patch({ type: 'arm' })).toMatchObject({ status: 200 })
    expect((await audited(server)).slice(before)).toEqual([])
    expect(await patch({ maintenance: true })).toMatchObject({ body: { status: 'maintenance' } })
    expect((await audited(server)).at(-1)).toBe('device.changed')
    expect(await patch({ maintenance: false })).toMatchObject({ body: { status: 'offline' } })
  })

  test('a PATCH needs the right to work here, and another organization’s device is not there', async () => {
    await using server = await startTestServer()
    const [at, elsewhere] = [await tenant(server), await tenant(server)]
    const { id, key } = await device(server, at)
    const path = `${pathOf(at)}/devices/${id}`
    const viewer = await accessToken(server, await member(server, at.organization_id, 'viewer'))
    const change = { environment: 'lab' }
    expect((await sendJson(server, 'PATCH', path, viewer, change)).status).toBe(403)
    expect((await sendJson(server, 'PATCH', path, key, change)).status).toBe(403)
    const stranger = await accessToken(server, elsewhere.owner)
    for (const [method, rest] of [
      ['PATCH', ''] as const,
      ['GET', '/health'] as const,
      ['GET', ''] as const,
    ]) {
      const answer = await sendJson(
        server,
        method,
        `${path}${rest}`,
        stranger,
        method === 'GET' ? undefined : change,
      )
      expect(answer.status, `${method} ${rest}`).toBe(404)
    }
    const own = `${pathOf(elsewhere)}/devices/${id}`
    expect((await sendJson(server, 'PATCH', own, stranger, change)).status).toBe(404)
  })

  test('runs the software that somebody says it does, of its own project', async () => {
    await using server = await startTestServer()
    const at = await tenant(server)
    const { id } = await device(server, at)
    const { db } = server.ctx
    const { project_id, organization_id } = await db
      .selectFrom('devices')
      .select(['project_id', 'organization_id'])
      .where('id', '=', id)
      .executeTakeFirstOrThrow()
    const package_id = newId('pkg')
    const created_by = at.owner.caller.account_id
    const row = { id: package_id, organization_id, project_id, name: 'stack 3', description: '', created_by }
    await db
      .insertInto('packages')
      .values({ ...row, created_at: server.ctx.now().toISOString() })
      .execute()
    const { fleet } = portalClient(server, at.owner)
    const changed = await fleet.update.mutate({ ...projectOf(at), device: id, package_id })
    expect(changed).toMatchObject({ package_id, package_name: 'stack 3' })
  })

  test('shows the episode that it is recording, and none when that one has ended', async () => {
    await using server = await startTestServer()
    const at = await tenant(server)
    const { id } = await device(server, at)
    const { fleet } = portalClient(server, at.owner)
    const current = async () => (await fleet.get.query({ ...projectOf(at), device: id })).current_session_id
    expect(await current()).toBeNull()
    const first = await record(server, at.api_key, 'arm-7')
    server.clock.advance('26h')
    const second = await record(server, at.api_key, 'arm-7')
    expect(await current()).toBe(second)
    const end = (episode: string) =>
      sendJson(server, 'POST', `/api/ingest/episode/${episode}/finalize`, at.api_key, { status: 'ready' })
    await end(second)
    expect(await current()).toBe(first)
    await end(first)
    expect(await current()).toBeNull()
  })
})

describe('the robot of an episode', () => {
  test('means a device by its name, by its DSN, and by a name it had before', async () => {
    await using server = await startTestServer()
    const at = await tenant(server)
    const { fleet } = portalClient(server, at.owner)
    const place = projectOf(at)
    const { id } = await fleet.create.mutate({ ...place, name: 'arm-7', dsn: 'SN-0042' })
    for (const robot of ['arm-7', 'SN-0042']) {
      expect(await deviceOf(server, await record(server, at.api_key, robot))).toBe(id)
    }
    const renamed = await fleet.update.mutate({ ...place, device: 'arm-7', name: 'left-arm' })
    expect(renamed.robot_names).toEqual(['SN-0042', 'arm-7'])
    for (const robot of ['left-arm', 'arm-7', 'SN-0042']) {
      expect(await deviceOf(server, await record(server, at.api_key, robot))).toBe(id)
    }
    expect((await fleet.list.query(place)).items).toHaveLength(1)
  })

  test('that nobody knows comes to be a device that waits to be confirmed', async () => {
    await using server = await startTestServer()
    const at = await tenant(server)
    const episode = await record(server, at.api_key, 'UR5e, cell 2')
    const { fleet } = portalClient(server, at.owner)
    const list = await fleet.list.query({ ...projectOf(at), confirmed: false })
    expect(list).toMatchObject({ total: 1, counts: { unconfirmed: 1, offline: 1 } })
    const [known] = list.items
    expect(known).toMatchObject({ name: 'UR5e, cell 2', confirmed: false })
    expect(await deviceOf(server, episode)).toBe(known?.id)
    const address = { ...projectOf(at), device: 'UR5e, cell 2' }
    expect(await fleet.update.mutate({ ...address, confirmed: true })).toMatchObject({ confirmed: true })
    expect(await audited(server)).toContain('device.confirmed')
    expect(await fleet.list.query({ ...projectOf(at), confirmed: false })).toMatchObject({ total: 0 })
  })

  test('gives way to the device that the key is pinned to', async () => {
    await using server = await startTestServer()
    const at = await tenant(server)
    const { id, key } = await device(server, at, 'arm-1')
    await device(server, at, 'arm-2')
    await server.ctx.db
      .updateTable('api_keys')
      .set({ scopes: 'episodes:write' })
      .where('device_id', '=', id)
      .execute()
    expect(await deviceOf(server, await record(server, key, 'arm-2'))).toBe(id)
  })

  test('is the name of the device whose own key logs it, where the key names none', async () => {
    await using server = await startTestServer()
    const at = await tenant(server)
    const { id, key } = await device(server, at, 'arm-1')
    await server.ctx.db
      .updateTable('api_keys')
      .set({ scopes: 'episodes:write' })
      .where('device_id', '=', id)
      .execute()
    const episode = await record(server, key, '')
    expect(await deviceOf(server, episode)).toBe(id)
    const { episodes } = portalClient(server, at.owner)
    expect(await episodes.get.query({ id: episode })).toMatchObject({ robot: 'arm-1' })
    const unnamed = await record(server, at.api_key, '')
    expect(await episodes.get.query({ id: unnamed })).toMatchObject({ robot: null })
  })

  test('registered by its name or its serial number is confirmed by creating the device, not in its way', async () => {
    await using server = await startTestServer()
    const at = await tenant(server)
    const [by_name, by_dsn] = [
      await record(server, at.api_key, 'arm-7'),
      await record(server, at.api_key, 'SN-0099'),
    ]
    const { fleet } = portalClient(server, at.owner)
    const seven = await fleet.create.mutate({ ...projectOf(at), name: 'arm-7', type: 'arm' })
    expect(seven).toMatchObject({ id: await deviceOf(server, by_name), confirmed: true, type: 'arm' })
    const nine = await fleet.create.mutate({ ...projectOf(at), name: 'arm-9', dsn: 'SN-0099' })
    expect(nine).toMatchObject({ id: await deviceOf(server, by_dsn), name: 'arm-9', confirmed: true })
    await expect(fleet.create.mutate({ ...projectOf(at), name: 'arm-7' })).rejects.toMatchObject(
      problem('conflict'),
    )
    expect((await fleet.list.query(projectOf(at))).total).toBe(2)
  })

  test('with both names known apart: the one called as the device is confirmed, and its serial number is its own', async () => {
    await using server = await startTestServer()
    const at = await tenant(server)
    await record(server, at.api_key, 'arm-7')
    await record(server, at.api_key, 'SN-0042')
    const { fleet } = portalClient(server, at.owner)
    const made = await fleet.create.mutate({ ...projectOf(at), name: 'arm-7', dsn: 'SN-0042' })
    expect(await deviceOf(server, await record(server, at.api_key, 'SN-0042'))).toBe(made.id)
    await fleet.merge.mutate({ ...projectOf(at), device: 'SN-0042', into: 'arm-7' })
    expect((await fleet.list.query(projectOf(at))).total).toBe(1)
  })
})

describe('removing a device', () => {
  test('leaves its episodes, and takes its groups, its names and its place in the counts', async () => {
    await using server = await startTestServer()
    const at = await tenant(server)
    const place = projectOf(at)
    const { fleet } = portalClient(server, at.owner)
    const { id: group } = await fleet.createGroup.mutate({ ...place, name: 'cell 2' })
    const { id } = await device(server, at)
    await fleet.update.mutate({ ...place, device: id, group_ids: [group] })
    const episode = await record(server, at.api_key, 'arm-7')
    await fleet.remove.mutate({ ...place, device: id })
    expect(await deviceOf(server, episode)).toBe(id)
    expect(await fleet.list.query(place)).toMatchObject({ total: 0, counts: { offline: 0 } })
    expect(await fleet.groups.query(place)).toMatchObject({ items: [{ device_count: 0 }] })
    const next = await deviceOf(server, await record(server, at.api_key, 'arm-7'))
    expect(next).not.toBe(id)
    expect(await fleet.get.query({ ...place, device: 'arm-7' })).toMatchObject({ id: next, confirmed: false })
  })

  test('an archived project takes no new ones', async () => {
    await using server = await startTestServer()
    const at = await tenant(server)
    await server.ctx.db
      .updateTable('projects')
      .set({ archived_at: server.ctx.now().toISOString() })
      .where('organization_id', '=', at.organization_id)
      .execute()
    const made = portalClient(server, at.owner).fleet.create.mutate({ ...projectOf(at), name: 'arm-7' })
    await expect(made).rejects.toMatchObject(problem('conflict'))
  })
})
