import { once } from 'node:events'
import { type ClientRequest, request } from 'node:http'
import { zipSync } from 'fflate'
import { expect, test } from 'vitest'
import { filesOf, problem, put, start, videoSlot, withVideo } from '../episode-requests.ts'
import { startTestServer, type TestServer } from '../harness.ts'
import { portalClient } from '../portal-client.ts'
import { bearer, member, person, type Tenant, tenant } from '../seed.ts'
import { keyWith, projectPath, send } from '../session-requests.ts'
import { kept } from '../storage-requests.ts'

/** A tenant that may store so much, set by staff in the portal. */
async function limited(server: TestServer, quota_bytes: number | null): Promise<Tenant> {
  const at = await tenant(server, { name: 'Halcyon Robotics' })
  await setQuota(server, at, quota_bytes)
  return at
}

async function setQuota(server: TestServer, { organization_id }: Tenant, quota_bytes: number | null) {
  const staff = await person(server, { staff: true })
  return portalClient(server, staff).storage.setQuota.mutate({ organization_id, quota_bytes })
}

async function notices(server: TestServer, who: { cookie: string }): Promise<string[]> {
  const all = await portalClient(server, who).notices.list.query()
  return all.map(({ kind }) => kind)
}

test('an upload that would go beyond the quota is refused before its bytes are read: 507 names used, allowed and the way out', async () => {
  await using server = await startTestServer()
  const at = await limited(server, 1_500_000)
  await withVideo(server, at.api_key, 'x'.repeat(1_000_000))
  const { url } = await videoSlot(server, at.api_key)
  const refused = await problem(await put(url, 'x'.repeat(600_000)))
  expect(refused).toMatchObject({ status: 507, code: 'quota_exceeded' })
  expect(refused.detail).toContain('600000 bytes (600.0 kB)')
  expect(refused.detail).toContain('1000000 bytes (1.0 MB) of the 1500000 bytes (1.5 MB)')
  expect(refused.detail).toMatch(/Delete episodes and empty the trash, or ask/)
  expect(await filesOf(server)).toHaveLength(1)
  expect((await put(url, 'x'.repeat(500_000))).status).toBe(200)
})

test('starting an episode is never refused for the quota, nor another organization for somebody else’s', async () => {
  await using server = await startTestServer()
  const at = await limited(server, 0)
  const other = await tenant(server)
  expect((await start(server, at.api_key)).status).toBe('recording')
  const { url } = await videoSlot(server, at.api_key)
  expect((await put(url, 'x')).status).toBe(507)
  await withVideo(server, other.api_key, 'bytes')
})

test('a capsule counts and is refused like an artifact', async () => {
  await using server = await startTestServer()
  const at = await limited(server, 5_000)
  const key = await keyWith(server, at, { scopes: 'fleet:write' })
  const form = (bytes: number, version: string): FormData => {
    const zip = zipSync({ nav: [new Uint8Array(bytes), { level: 0 }] })
    const made = new FormData()
    made.set('file', new Blob([new Uint8Array(zip)]), 'nav.zip')
    made.set('name', 'nav')
    made.set('version', version)
    return made
  }
  const send = (body: FormData) =>
    server.fetch(projectPath(at, '/capsules'), { method: 'POST', headers: bearer(key), body })
  expect((await send(form(3_000, '1'))).status).toBe(201)
  expect(await problem(await send(form(3_000, '2')))).toMatchObject({ status: 507, code: 'quota_exceeded' })
  expect(await filesOf(server)).toHaveLength(1)
})

/** Announces so many bytes, sends the first, and waits. */
async function half(url: string, size: number): Promise<ClientRequest> {
  const headers = { 'Content-Type': 'video/mp4', 'Content-Length': size }
  const sending = request(url, { method: 'PUT', headers })
  sending.write('x')
  await once(sending, 'socket')
  return sending
}

test('uploads under way count with what they announced: many at once cannot store more than the quota', async () => {
  await using server = await startTestServer()
  const at = await limited(server, 10_000)
  const slots = await Promise.all(Array.from({ length: 8 }, () => videoSlot(server, at.api_key)))
  const answers = await Promise.all(slots.map(({ url }) => put(url, 'x'.repeat(3_000))))
  const stored = answers.filter(({ status }) => status === 200)
  expect(stored).toHaveLength(3)
  expect(answers.filter(({ status }) => status === 507)).toHaveLength(5)
  expect(await kept(server, at.organization_id)).toBe(9_000)
})

test('an upload that breaks off gives back the room it had claimed', async () => {
  await using server = await startTestServer()
  const at = await limited(server, 10_000)
  const [first, second] = [await videoSlot(server, at.api_key), await videoSlot(server, at.api_key)]
  const sending = await half(first.url, 8_000)
  sending.on('error', () => {})
  await expect.poll(() => server.ctx.under_way.of(at.organization_id)).toBe(8_000)
  expect((await put(second.url, 'x'.repeat(3_000))).status).toBe(507)
  sending.destroy()
  await expect.poll(() => server.ctx.under_way.of(at.organization_id)).toBe(0)
  expect((await put(second.url, 'x'.repeat(3_000))).status).toBe(200)
})

test('owners are told once when the quota is reached, and again only after less was stored in between', async () => {
  await using server = await startTestServer()
  const at = await limited(server, 10_000)
  const admin = await member(server, at.organization_id, 'admin')
  const held = await withVideo(server, at.api_key, 'x'.repeat(9_000))
  const { url } = await videoSlot(server, at.api_key)
  for (let again = 0; again < 3; again++) expect((await put(url, 'x'.repeat(2_000))).status).toBe(507)
  expect(await notices(server, at.owner)).toEqual(['quota_reached'])
  expect(await notices(server, admin)).toEqual([])
  const [told] = await portalClient(server, at.owner).notices.list.query()
  expect(told?.detail).toMatchObject({ organization: 'Halcyon Robotics', quota_bytes: '10000' })
  const key = await keyWith(server, at, { scopes: 'admin' })
  expect((await send(server, 'DELETE', projectPath(at, `/sessions/${held.id}`), key)).status).toBe(200)
  await server.ctx.background.drain()
  expect((await put(url, 'x'.repeat(9_500))).status).toBe(200)
  const next = await videoSlot(server, at.api_key)
  expect((await put(next.url, 'x'.repeat(2_000))).status).toBe(507)
  expect(await notices(server, at.owner)).toEqual(['quota_reached', 'quota_reached'])
})

test('staff sets it, everybody of the organization reads it, and a smaller one than what is stored deletes nothing', async () => {
  await using server = await startTestServer()
  const at = await tenant(server)
  await withVideo(server, at.api_key, 'x'.repeat(1_000))
  const { organization_id } = at
  const portal = portalClient(server, at.owner)
  await expect(portal.storage.setQuota.mutate({ organization_id, quota_bytes: 10 })).rejects.toThrow(
    'Not enough permissions',
  )
  expect(await setQuota(server, at, 10)).toEqual({ used_bytes: 1_000, quota_bytes: 10 })
  await server.ctx.background.drain()
  expect(await portal.storage.get.query({ organization_id })).toMatchObject({
    used_bytes: 1_000,
    quota_bytes: 10,
  })
  expect(await filesOf(server)).toHaveLength(1)
  expect(await setQuota(server, at, null)).toMatchObject({ quota_bytes: null })
  await withVideo(server, at.api_key, 'x'.repeat(1_000))
  const events = await server.ctx.db
    .selectFrom('audit_events')
    .select('action')
    .where('organization_id', '=', organization_id)
    .execute()
  expect(events.filter(({ action }) => action === 'organization.quota_changed')).toHaveLength(2)
})
