import { sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import { device } from '../fleet-requests.ts'
import { startTestServer, type TestServer } from '../harness.ts'
import { portalClient } from '../portal-client.ts'
import { bearer, member, person, tenant } from '../seed.ts'
import { accessToken, sendJson } from '../token-requests.ts'

async function statusWith(server: TestServer, key: string): Promise<number> {
  return (await server.fetch('/api/episodes', { headers: bearer(key) })).status
}

describe('minting', () => {
  test('shows the key once; the row and the list hold its public prefix only', async () => {
    await using server = await startTestServer()
    const { owner, organization_id } = await tenant(server)
    const portal = portalClient(server, owner)
    const { key } = await portal.apiKeys.mint.mutate({ organization_id, label: '  casey laptop\u202e ' })
    expect(key).toMatch(/^rt_[0-9a-z]{10}_[0-9A-Za-z]{43}$/)
    expect(await statusWith(server, key)).toBe(200)
    const [newest] = await portal.apiKeys.list.query({ organization_id })
    expect(newest).toMatchObject({
      label: 'casey laptop',
      prefix: key.slice(0, 13),
      created_by: { email: owner.email },
      last_used_at: null,
      revoked_at: null,
    })
    const rows = await server.ctx.db.selectFrom('api_keys').selectAll().execute()
    expect(JSON.stringify([newest, rows])).not.toContain(key.slice(14))
  })

  test.each(['owner', 'admin', 'member'] as const)('is open to a %s', async (role) => {
    await using server = await startTestServer()
    const { organization_id } = await tenant(server)
    const portal = portalClient(server, await member(server, organization_id, role))
    expect((await portal.apiKeys.mint.mutate({ organization_id, label: 'ci' })).api_key.label).toBe('ci')
  })

  test('is closed to a viewer, who may look', async () => {
    await using server = await startTestServer()
    const { organization_id } = await tenant(server)
    const portal = portalClient(server, await member(server, organization_id, 'viewer'))
    await expect(portal.apiKeys.mint.mutate({ organization_id, label: 'ci' })).rejects.toMatchObject({
      data: { problem: { code: 'forbidden' } },
    })
    expect(await portal.apiKeys.list.query({ organization_id })).toHaveLength(1)
  })

  test("another organization's keys do not exist for outsiders", async () => {
    await using server = await startTestServer()
    const [mine, theirs] = [await tenant(server), await tenant(server)]
    const portal = portalClient(server, mine.owner)
    const missing = { data: { problem: { code: 'not_found' } } }
    const { organization_id } = theirs
    await expect(portal.apiKeys.list.query({ organization_id })).rejects.toMatchObject(missing)
    await expect(portal.apiKeys.mint.mutate({ organization_id, label: 'x' })).rejects.toMatchObject(missing)
    await expect(portal.apiKeys.revoke.mutate({ id: theirs.api_key_id })).rejects.toMatchObject(missing)
    expect(await statusWith(server, theirs.api_key)).toBe(200)
  })

  test('needs a label', async () => {
    await using server = await startTestServer()
    const { owner, organization_id } = await tenant(server)
    await expect(
      portalClient(server, owner).apiKeys.mint.mutate({ organization_id, label: ' \n ' }),
    ).rejects.toMatchObject({
      data: { problem: { detail: 'label: must not be empty' } },
    })
  })
})

describe('revoking', () => {
  test('takes effect on the very next request and keeps the row with its time', async () => {
    await using server = await startTestServer()
    const { owner, organization_id, api_key, api_key_id } = await tenant(server)
    expect(await statusWith(server, api_key)).toBe(200)
    const portal = portalClient(server, owner)
    const revoked = await portal.apiKeys.revoke.mutate({ id: api_key_id })
    expect(revoked.revoked_at).toBe((await portal.apiKeys.list.query({ organization_id }))[0]?.revoked_at)
    expect(await statusWith(server, api_key)).toBe(401)
    server.clock.advance('1h')
    expect((await portal.apiKeys.revoke.mutate({ id: api_key_id })).revoked_at).toBe(revoked.revoked_at)
  })

  test('members may revoke what they minted, admins everything, staff everywhere', async () => {
    await using server = await startTestServer()
    const { organization_id, api_key_id } = await tenant(server)
    const somebody = portalClient(server, await member(server, organization_id, 'member'))
    await expect(somebody.apiKeys.revoke.mutate({ id: api_key_id })).rejects.toMatchObject({
      data: { problem: { code: 'forbidden' } },
    })
    const own = await somebody.apiKeys.mint.mutate({ organization_id, label: 'mine' })
    expect((await somebody.apiKeys.revoke.mutate({ id: own.api_key.id })).revoked_at).not.toBeNull()
    const staff = portalClient(server, await person(server, { staff: true }))
    expect((await staff.apiKeys.revoke.mutate({ id: api_key_id })).revoked_at).not.toBeNull()
  })
})

describe('last used', () => {
  test('is written behind the requests, once for many, and never by a refused one', async () => {
    await using server = await startTestServer()
    const { owner, organization_id, api_key } = await tenant(server)
    const last = async () =>
      (await portalClient(server, owner).apiKeys.list.query({ organization_id }))[0]?.last_used_at
    await statusWith(server, `${api_key}x`)
    await server.ctx.background.drain()
    expect(await last()).toBeNull()
    for (let i = 0; i < 5; i++) await statusWith(server, api_key)
    expect(await last()).toBeNull()
    await server.ctx.background.drain()
    expect(await last()).toMatch(/^\d{4}-\d\d-\d\dT/)
  })

  test('a database that cannot write it does not fail the request', async () => {
    await using server = await startTestServer()
    const { api_key } = await tenant(server)
    await sql`CREATE TRIGGER broken BEFORE UPDATE ON api_keys BEGIN SELECT RAISE(ABORT, 'broken'); END`.execute(
      server.ctx.db,
    )
    expect(await statusWith(server, api_key)).toBe(200)
    await server.ctx.background.drain()
    expect(server.log()).toContain('background work failed')
    expect(await statusWith(server, api_key)).toBe(200)
  })
})

test('(74) minting and revoking stand in the audit trail, with who and where, and no secret', async () => {
  await using server = await startTestServer()
  const { owner, organization_id } = await tenant(server)
  const portal = portalClient(server, owner)
  const { key, api_key } = await portal.apiKeys.mint.mutate({ organization_id, label: 'ci' })
  await portal.apiKeys.revoke.mutate({ id: api_key.id })
  const events = await server.ctx.db
    .selectFrom('audit_events')
    .selectAll()
    .where('target', '=', api_key.id)
    .execute()
  expect(events.map(({ action }) => action).sort()).toEqual(['api_key.minted', 'api_key.revoked'])
  for (const event of events)
    expect(event).toMatchObject({ actor_id: owner.caller.account_id, organization_id, ip: '127.0.0.1' })
  expect(JSON.stringify(events)).not.toContain(key.slice(14))
})

test('another organization’s key is revoked by nobody, and its id answers what an unknown one answers', async () => {
  await using server = await startTestServer()
  const [mine, theirs] = [await tenant(server), await tenant(server)]
  const portal = portalClient(server, mine.owner)
  const refusals = await Promise.all(
    [theirs.api_key_id, '0000000000'].map((id) =>
      portal.apiKeys.revoke.mutate({ id }).catch((error) => error.data.problem),
    ),
  )
  const [hidden, unknown] = refusals.map(({ request_id: _, ...rest }) => rest)
  expect(hidden).toEqual(unknown)
})

test('keys of devices are listed when asked for, and counted otherwise', async () => {
  await using server = await startTestServer()
  const lab = await tenant(server)
  const { organization_id, owner } = lab
  await device(server, lab, 'arm-1')
  await device(server, lab, 'arm-2')
  const { apiKeys } = portalClient(server, owner)
  const labels = async (devices?: boolean) =>
    (await apiKeys.list.query({ organization_id, devices })).map(({ label }) => label).sort()
  expect(await labels()).toEqual(['prod robot rig'])
  expect(await labels(true)).toEqual(['arm-1', 'arm-2', 'prod robot rig'])
  expect(await apiKeys.deviceKeyCount.query({ organization_id })).toBe(2)
  const path = `/api/v1/organizations/${organization_id}/api-keys`
  const token = await accessToken(server, owner)
  const over = async (query: string) => (await sendJson(server, 'GET', `${path}${query}`, token)).json()
  expect(await over('')).toMatchObject({ total: 1, device_key_count: 2 })
  expect(await over('?devices=true')).toMatchObject({ total: 3, device_key_count: 2 })
})
