import { sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import { createKeyUsage } from '../../server/api-keys/usage.ts'
import type { Caller } from '../../server/caller.ts'
import { startTestServer, type TestServer } from '../harness.ts'
import { portalClient } from '../portal-client.ts'
import { bearer, type Tenant, tenant } from '../seed.ts'

const PROXY = { ROBOTRACE_TRUSTED_PROXIES: '127.0.0.1/32' }

function use(server: TestServer, key: string, ip: string, program = 'robotrace-py/1.0'): Promise<Response> {
  const headers = { ...bearer(key), 'X-Forwarded-For': ip, 'User-Agent': program }
  return server.fetch('/api/episodes', { headers })
}

async function row(server: TestServer, lab: Tenant) {
  return server.ctx.db
    .selectFrom('api_keys')
    .select(['last_used_at', 'use_count'])
    .where('id', '=', lab.api_key_id)
    .executeTakeFirstOrThrow()
}

async function newNetworks(server: TestServer): Promise<unknown[]> {
  const events = await server.ctx.db
    .selectFrom('audit_events')
    .select('detail')
    .where('action', '=', 'api_key.used_from_new_network')
    .orderBy('seq')
    .execute()
  return events.map(({ detail }) => JSON.parse(detail).network)
}

describe('what a key was used for', () => {
  test('time, count, days, the last five places and programs, latest first', async () => {
    await using server = await startTestServer(PROXY)
    const lab = await tenant(server)
    for (let n = 1; n <= 7; n++) {
      await use(server, lab.api_key, `10.0.4.${n}`)
      server.clock.advance('1s')
    }
    await use(server, lab.api_key, '10.0.4.7', 'curl/8')
    await use(server, lab.api_key, '2001:db8:1:2:3:4:5:6')
    await server.ctx.background.drain()
    server.clock.advance('1d')
    await use(server, lab.api_key, '2001:db8:1:2:ffff::1')
    await server.ctx.background.drain()
    const { apiKeys } = portalClient(server, lab.owner)
    const history = await apiKeys.history.query({ id: lab.api_key_id })
    expect(history.origins).toHaveLength(5)
    expect(history.origins[0]).toMatchObject({ network: '2001:db8:1:2:0:0:0:0/64', use_count: 2 })
    expect(history.origins[1]).toMatchObject({ network: '10.0.4.7', user_agent: 'curl/8' })
    expect(history.days).toHaveLength(30)
    expect(history.days.slice(-2)).toEqual([9, 1])
    const { organization_id } = lab
    expect((await apiKeys.days.query({ organization_id }))[lab.api_key_id]).toEqual(history.days)
    const [key] = await apiKeys.list.query({ organization_id })
    expect(key).toMatchObject({ use_count: 10, last_network: '2001:db8:1:2:0:0:0:0/64' })
    expect(key?.last_used_at).toBe(history.origins[0]?.last_used_at)
  })

  test('of each key the last ninety days are kept', async () => {
    await using server = await startTestServer()
    const lab = await tenant(server)
    const kept = async () => {
      const days = await server.ctx.db.selectFrom('api_key_days').select('day').orderBy('day').execute()
      return days.map(({ day }) => day)
    }
    await use(server, lab.api_key, '127.0.0.1')
    await server.ctx.background.drain()
    const first = server.ctx.now().toISOString().slice(0, 10)
    for (const span of ['90d', '1d'] as const) {
      server.clock.advance(span)
      await use(server, lab.api_key, '127.0.0.1')
      await server.ctx.background.drain()
      expect((await kept()).includes(first)).toBe(span === '90d')
    }
    expect(await kept()).toHaveLength(2)
  })

  test('another organization’s key has no history for outsiders', async () => {
    await using server = await startTestServer()
    const [mine, theirs] = [await tenant(server), await tenant(server)]
    const { apiKeys } = portalClient(server, mine.owner)
    const missing = { data: { problem: { code: 'not_found' } } }
    await expect(apiKeys.history.query({ id: theirs.api_key_id })).rejects.toMatchObject(missing)
    await expect(apiKeys.days.query(theirs)).rejects.toMatchObject(missing)
    await expect(apiKeys.pins.query(theirs)).rejects.toMatchObject(missing)
  })

  test('(74) a first use from a new network stands in the audit trail, once', async () => {
    await using server = await startTestServer(PROXY)
    const lab = await tenant(server)
    await use(server, lab.api_key, '10.0.4.1')
    await use(server, lab.api_key, '10.0.4.1', 'curl/8')
    await server.ctx.background.drain()
    await use(server, lab.api_key, '10.0.4.1')
    await use(server, lab.api_key, '10.0.4.2')
    await server.ctx.background.drain()
    expect(await newNetworks(server)).toEqual(['10.0.4.1', '10.0.4.2'])
  })

  test('whoever has a key and many addresses floods neither the trail nor the table', async () => {
    await using server = await startTestServer(PROXY)
    const lab = await tenant(server)
    for (let round = 0; round < 2; round++) {
      for (let n = 0; n < 55; n++) await use(server, lab.api_key, `10.${round}.4.${n}`)
      await server.ctx.background.drain()
      server.clock.advance('2m')
    }
    expect((await newNetworks(server)).length).toBe(20)
    const origins = await server.ctx.db.selectFrom('api_key_origins').select('network').execute()
    expect(origins).toHaveLength(50)
    expect(origins.every(({ network }) => network.startsWith('10.1.'))).toBe(true)
    expect((await row(server, lab)).use_count).toBe(110)
  })
})

describe('the hot path', () => {
  test('one read and no write: a request whose key is verified changes no row until the flush', async () => {
    await using server = await startTestServer()
    const lab = await tenant(server)
    const changes = async () =>
      (await sql<{ n: number }>`SELECT total_changes() AS n`.execute(server.ctx.db)).rows[0]?.n
    const before = await changes()
    for (let n = 0; n < 20; n++) await use(server, lab.api_key, '127.0.0.1')
    expect(await changes()).toBe(before)
    await server.ctx.background.drain()
    expect((await row(server, lab)).use_count).toBe(20)
  })

  test('a database that fails for a while loses no use and no request', async () => {
    await using server = await startTestServer()
    const lab = await tenant(server)
    await use(server, lab.api_key, '127.0.0.1')
    await sql`CREATE TRIGGER broken BEFORE INSERT ON api_key_days BEGIN SELECT RAISE(ABORT, 'broken'); END`.execute(
      server.ctx.db,
    )
    await server.ctx.background.drain()
    expect((await use(server, lab.api_key, '127.0.0.1')).status).toBe(200)
    await server.ctx.background.drain()
    expect(await row(server, lab)).toEqual({ last_used_at: null, use_count: 0 })
    expect(server.log()).toContain('background work failed')
    await sql`DROP TRIGGER broken`.execute(server.ctx.db)
    await use(server, lab.api_key, '127.0.0.1')
    await server.ctx.background.drain()
    expect((await row(server, lab)).use_count).toBe(3)
    const { days, origins } = await portalClient(server, lab.owner).apiKeys.history.query({
      id: lab.api_key_id,
    })
    expect([days.at(-1), origins[0]?.use_count]).toEqual([3, 3])
    expect(await newNetworks(server)).toHaveLength(1)
  })

  test('what cannot be written is there for the flush at the end, even if that comes before the failure', async () => {
    await using server = await startTestServer()
    const lab = await tenant(server)
    // As a database that is away for a moment: the first time this key is written, and never again.
    await sql`CREATE TRIGGER broken BEFORE INSERT ON api_key_days WHEN NEW.use_count = 1 BEGIN SELECT RAISE(ABORT, 'broken'); END`.execute(
      server.ctx.db,
    )
    const { usage, flush } = usageByHand(server)
    for (let n = 0; n < 100; n++) usage.note(usedBy(`arm-${n}`))
    usage.note(usedBy(lab.api_key_id, lab.organization_id))
    const under_way = expect(flush()).rejects.toThrow('broken')
    // The first keys are written by now, this one is not yet.
    await new Promise((resolve) => setImmediate(resolve))
    usage.note(usedBy(lab.api_key_id, lab.organization_id))
    const last = flush()
    await under_way
    await last
    expect((await row(server, lab)).use_count).toBe(2)
  })

  test('memory is bounded: of a key that is not in the database nothing stays', async () => {
    await using server = await startTestServer()
    const { usage, flush } = usageByHand(server)
    usage.note(usedBy('gone000000'))
    await flush()
    expect(await server.ctx.db.selectFrom('api_key_origins').selectAll().execute()).toEqual([])
    expect(await server.ctx.db.selectFrom('audit_events').selectAll().execute()).toEqual([])
  })

  test('others are served while the uses of a whole fleet are written down', async () => {
    await using server = await startTestServer()
    const { usage, flush } = usageByHand(server)
    for (let n = 0; n < 1_000; n++) usage.note(usedBy(`arm-${n}`))
    let [turns, writing] = [0, true]
    const turn = (): void => {
      turns++
      if (writing) setImmediate(turn)
    }
    setImmediate(turn)
    await flush()
    writing = false
    // A turn in between for every few dozen keys.
    expect(turns).toBeGreaterThan(1_000 / 50)
  })
})

/** Key usage whose flush comes when it is called. */
function usageByHand({ ctx }: TestServer) {
  const tasks: (() => Promise<unknown>)[] = []
  const background = {
    ...ctx.background,
    every: (_: string, __: number, task: () => Promise<unknown>) => void tasks.push(task),
  }
  const usage = createKeyUsage({ ...ctx, background })
  return { usage, flush: async () => void (await tasks[0]?.()) }
}

function usedBy(id: string, organization_id = 'x'): Caller {
  return {
    kind: 'organization',
    credential: { kind: 'api_key', id },
    organization_id,
    project_id: '',
    pinned_project_id: null,
    pinned_device_id: null,
    account_id: null,
    scopes: '',
    rate_limit: null,
    ip: '10.0.0.1',
    user_agent: 'test',
    request_id: '',
  }
}
