import { describe, expect, test, vi } from 'vitest'
import { rotationOf } from '../../server/api-keys/rotation.ts'
import { audited } from '../audited.ts'
import { startTestServer, type TestServer } from '../harness.ts'
import { portalClient } from '../portal-client.ts'
import { otherSecret, tenant } from '../seed.ts'
import { device, keysOf, problem, refusalOf, rotated, send } from './key-requests.ts'

const DAY = 86_400_000

async function works(server: TestServer, key: string): Promise<number> {
  return (await send(server, key, 'GET', '/api/episodes')).status
}

describe('rotating', () => {
  test('makes a key with the same label, rights, pin, owner and life; the old one works for the overlap only', async () => {
    await using server = await startTestServer()
    const lab = await tenant(server)
    const { id: device_id } = await device(server, lab)
    const { apiKeys } = portalClient(server, lab.owner)
    const expires_at = new Date(Date.now() + 30 * DAY).toISOString()
    const old = await apiKeys.mint.mutate({
      organization_id: lab.organization_id,
      label: 'arm 3',
      note: 'left bench',
      scopes: ['episodes:write', 'episodes:read'],
      device_id,
      expires_at,
    })
    server.clock.advance('1h')
    const next = await apiKeys.rotate.mutate({ id: old.api_key.id, overlap: '24h' })
    const { label, note, scopes, device: pin, kind } = old.api_key
    expect(next.api_key).toMatchObject({
      label,
      note,
      scopes,
      device: pin,
      kind,
      rotated_from: old.api_key.id,
    })
    const life = Date.parse(next.api_key.expires_at ?? '') - Date.parse(next.api_key.created_at)
    expect(Math.round(life / DAY)).toBe(30)
    expect(next.old).toMatchObject({
      rotated_to: next.api_key.id,
      rotation: { due: true, reason: 'rotated' },
    })
    expect(Date.parse(next.old.expires_at ?? '') - server.ctx.now().getTime()).toBeLessThanOrEqual(DAY)
    expect([await works(server, old.key), await works(server, next.key)]).toEqual([200, 200])
    server.clock.advance('24h')
    expect([await works(server, old.key), await works(server, next.key)]).toEqual([401, 200])
    expect(await audited(server, old.api_key.id)).toContain('api_key.rotated')
  })

  test('without overlap the old key is dead at once; an overlap never makes it live longer', async () => {
    await using server = await startTestServer()
    const lab = await tenant(server)
    const { apiKeys } = portalClient(server, lab.owner)
    const next = await apiKeys.rotate.mutate({ id: lab.api_key_id, overlap: 'none' })
    expect(await works(server, lab.api_key)).toBe(401)
    const expires_at = new Date(Date.now() + DAY).toISOString()
    const { organization_id } = lab
    const short = await apiKeys.mint.mutate({ organization_id, label: 'short', expires_at })
    const after = await apiKeys.rotate.mutate({ id: short.api_key.id, overlap: '7d' })
    expect(after.old.expires_at).toBe(expires_at)
    expect(await works(server, next.key)).toBe(200)
  })

  test('(17) of two rotations at the same moment one wins, and the other makes no key', async () => {
    await using server = await startTestServer()
    const lab = await tenant(server)
    const { apiKeys } = portalClient(server, lab.owner)
    const both = await Promise.allSettled([
      apiKeys.rotate.mutate({ id: lab.api_key_id, overlap: '1h' }),
      apiKeys.rotate.mutate({ id: lab.api_key_id, overlap: '1h' }),
    ])
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    const rows = await server.ctx.db.selectFrom('api_keys').select('id').execute()
    expect(rows).toHaveLength(2)
    await expect(apiKeys.rotate.mutate({ id: lab.api_key_id })).rejects.toMatchObject({
      data: { problem: { code: 'conflict' } },
    })
  })

  test('over REST, by a key that manages keys', async () => {
    await using server = await startTestServer()
    const lab = await tenant(server)
    const { key } = await portalClient(server, lab.owner).apiKeys.mint.mutate({
      organization_id: lab.organization_id,
      label: 'rotator',
      scopes: ['episodes:write', 'episodes:read', 'evals:write', 'evals:read', 'fleet:read', 'keys:manage'],
    })
    const path = `${keysOf(lab)}/${lab.api_key_id}/rotate`
    const answer = await send(server, key, 'POST', path, { overlap: '1h' })
    expect(answer.status).toBe(201)
    const next = rotated.parse(await answer.json())
    expect(await works(server, next.key)).toBe(200)
    expect((await send(server, key, 'POST', path, { overlap: '2d' })).status).toBe(400)
  })
})

describe('use of the old key after the overlap', () => {
  test('(9, 74) is refused like any other dead key, and audited once an hour for each network', async () => {
    await using server = await startTestServer()
    const lab = await tenant(server)
    const { apiKeys } = portalClient(server, lab.owner)
    const next = await apiKeys.rotate.mutate({ id: lab.api_key_id, overlap: '1h' })
    expect(await works(server, lab.api_key)).toBe(200)
    server.clock.advance('2h')
    const late = await send(server, lab.api_key, 'GET', '/api/episodes')
    const never = await send(server, `${lab.api_key.slice(0, -1)}`, 'GET', '/api/episodes')
    const bodies = await Promise.all(
      [late, never].map(async (one) => ({ ...problem.parse(await one.json()), request_id: '' })),
    )
    expect([late.status, never.status]).toEqual([401, 401])
    expect(bodies[0]).toEqual(bodies[1])
    for (let again = 0; again < 5; again++) await works(server, lab.api_key)
    await server.ctx.background.drain()
    const told = async () =>
      (await audited(server, lab.api_key_id)).filter((action) => action === 'api_key.used_after_rotation')
        .length
    expect(await told()).toBe(1)
    server.clock.advance('1h')
    await works(server, lab.api_key)
    await server.ctx.background.drain()
    expect(await told()).toBe(2)
    const event = await server.ctx.db
      .selectFrom('audit_events')
      .selectAll()
      .where('action', '=', 'api_key.used_after_rotation')
      .executeTakeFirstOrThrow()
    expect(event).toMatchObject({
      outcome: 'failure',
      actor_id: lab.api_key_id,
      organization_id: lab.organization_id,
      ip: '127.0.0.1',
    })
    expect(JSON.parse(event.detail)).toMatchObject({ rotated_to: next.api_key.id })
  })

  test('a wrong secret with that id says nothing of it', async () => {
    await using server = await startTestServer()
    const lab = await tenant(server)
    await portalClient(server, lab.owner).apiKeys.rotate.mutate({ id: lab.api_key_id, overlap: 'none' })
    expect(await works(server, otherSecret(lab.api_key))).toBe(401)
    await server.ctx.background.drain()
    expect(await audited(server, lab.api_key_id)).not.toContain('api_key.used_after_rotation')
  })
})

describe('reminders', () => {
  test('a key says in every answer that it is 90 days old, and whoami says until when to rotate it', async () => {
    await using server = await startTestServer()
    const lab = await tenant(server)
    const header = async () =>
      (await send(server, lab.api_key, 'GET', '/api/episodes')).headers.get('x-robotrace-key-rotation')
    server.clock.advance('89d')
    expect(await header()).toBeNull()
    server.clock.advance('1d')
    expect(await header()).toMatch(/^due; reason=age; age=90; by=\d{4}-\d\d-\d\dT/)
    const answer = await send(server, lab.api_key, 'GET', '/api/whoami')
    expect(await answer.json()).toMatchObject({ rotation: { due: true, reason: 'age' } })
  })

  test('nobody without the key learns of it', async () => {
    await using server = await startTestServer()
    await tenant(server)
    const answer = await send(server, undefined, 'GET', '/api/episodes')
    expect(answer.headers.get('x-robotrace-key-rotation')).toBeNull()
  })

  test.each([
    // [days of life, days old, due, reason]
    [null, 89.99, false, null],
    [null, 90, true, 'age'],
    [365, 89.99, false, null],
    [100, 85.99, false, null],
    [100, 86, true, 'expiry'],
    [30, 15.99, false, null],
    [30, 16, true, 'expiry'],
    [2, 0.99, false, null],
    [2, 1, true, 'expiry'],
  ])('a key that lives %s days and is %s days old: due %s', (life, age, due, reason) => {
    const made = Date.parse('2026-01-01T00:00:00.000Z')
    const at = (days: number) => new Date(made + days * DAY)
    const key = {
      created_at: at(0).toISOString(),
      expires_at: life === null ? null : at(life).toISOString(),
      rotated_to: null,
    }
    expect(rotationOf(key, at(age))).toMatchObject({ due, reason })
  })
})

test('(79) an end is an end at its very moment, and not a millisecond before', async () => {
  await using server = await startTestServer()
  const lab = await tenant(server)
  const now = server.ctx.now().getTime()
  server.clock.advance('1ms')
  const expires_at = new Date(now + 60_000).toISOString()
  const { organization_id } = lab
  const { key } = await portalClient(server, lab.owner).apiKeys.mint.mutate({
    organization_id,
    label: 'x',
    expires_at,
  })
  for (const [at, status] of [
    [59_999, 200],
    [60_000, 401],
    [60_001, 401],
  ] as const) {
    vi.setSystemTime(now + at)
    expect(await works(server, key)).toBe(status)
  }
  expect(await refusalOf(await send(server, key, 'GET', '/api/whoami'))).toBe('401 unauthenticated')
})
