import { expect, test } from 'vitest'
import { toTrash } from '../../server/episodes/trash.ts'
import { finalized, read, start, withVideo } from '../episode-requests.ts'
import { startTestServer, type TestServer } from '../harness.ts'
import { portalClient } from '../portal-client.ts'
import { member, type Tenant, tenant } from '../seed.ts'
import { projectPath, send } from '../session-requests.ts'

type Asked = Omit<
  Parameters<ReturnType<typeof portalClient>['storage']['createRule']['mutate']>[0],
  'organization_id'
>

const ANY: Omit<Asked, 'days'> = { project: null, status: null, source: null, keep_tag: null }

async function preview(server: TestServer, at: Tenant, rule: Partial<Asked> & Pick<Asked, 'days'>) {
  const { organization_id } = at
  const from = null
  return portalClient(server, at.owner).storage.previewRule.query({ organization_id, ...ANY, ...rule, from })
}

/** Two ready ones of which one is tagged, a failed one of a simulation, and one that still records. */
async function world(server: TestServer) {
  const at = await tenant(server)
  const ready = await withVideo(server, at.api_key, 'x'.repeat(100), { name: 'pick 1' })
  const tagged = await withVideo(server, at.api_key, 'x'.repeat(50), { name: 'pick 2' })
  const failed = await withVideo(server, at.api_key, 'x'.repeat(25), { name: 'sim 1', source: 'sim' })
  const recording = await start(server, at.api_key)
  for (const { id } of [ready, tagged]) await finalized(server, at.api_key, id)
  await finalized(server, at.api_key, failed.id, { status: 'failed' })
  await send(server, 'POST', projectPath(at, `/sessions/${tagged.id}/tags`), at.api_key, { tag: 'keep' })
  return { at, ready: ready.id, tagged: tagged.id, failed: failed.id, recording: recording.episode_id }
}

async function inTrash(server: TestServer, at: Tenant): Promise<string[]> {
  const { organization_id } = at
  const { items } = await portalClient(server, at.owner).episodes.trashed.query({ organization_id })
  return items.map(({ id }) => id).sort()
}

test('a preview says how many, how much, from when to when, which first, and how many a tag keeps', async () => {
  await using server = await startTestServer()
  const { at, ready } = await world(server)
  server.clock.advance('3d')
  expect(await preview(server, at, { days: 4 })).toMatchObject({
    episodes: 0,
    bytes: 0,
    oldest: null,
    next: null,
  })
  expect(await preview(server, at, { days: 2 })).toMatchObject({ episodes: 3, bytes: 175, kept: 0 })
  const seen = await preview(server, at, { days: 2, keep_tag: 'keep' })
  expect(seen).toMatchObject({ episodes: 2, bytes: 125, kept: 1, next: null })
  expect(seen.first[0]).toMatchObject({ id: ready, name: 'pick 1', created_at: seen.oldest })
  expect(Date.parse(seen.newest ?? '')).toBeGreaterThanOrEqual(Date.parse(seen.oldest ?? ''))
  expect(await preview(server, at, { days: 2, status: 'failed' })).toMatchObject({
    episodes: 1,
    bytes: 25,
  })
  expect(await preview(server, at, { days: 2, source: 'sim' })).toMatchObject({
    episodes: 1,
    bytes: 25,
  })
  expect(await inTrash(server, at)).toEqual([])
})

test('a rule moves what it names to the trash once a day, so that all of it can be restored, and never what records', async () => {
  await using server = await startTestServer()
  const { at, ready, tagged, failed, recording } = await world(server)
  const { organization_id } = at
  const portal = portalClient(server, at.owner)
  await portal.storage.createRule.mutate({ organization_id, ...ANY, keep_tag: 'keep', days: 2 })
  await server.ctx.background.drain()
  expect(await inTrash(server, at)).toEqual([])
  server.clock.advance('3d')
  // Heard of a moment ago, so it records still.
  await send(server, 'POST', projectPath(at, `/sessions/${recording}/tags`), at.api_key, { tag: 'long' })
  await server.ctx.background.drain()
  expect(await inTrash(server, at)).toEqual([ready, failed].sort())
  expect((await read(server, at.api_key, tagged)).trashed_at).toBeNull()
  await portal.episodes.untrash.mutate({ ids: [ready, failed] })
  expect((await read(server, at.api_key, ready)).archived_at).toBeNull()
  const { items } = await portal.audit.list.query({ organization_id })
  expect(items.filter(({ action }) => action === 'retention_rule.ran')).toMatchObject([
    { actor: { kind: 'system' }, detail: { episodes: 2, bytes: 125 } },
  ])
})

test('an archived episode is kept on purpose: no rule names it', async () => {
  await using server = await startTestServer()
  const { at, ready } = await world(server)
  await portalClient(server, at.owner).episodes.archive.mutate({ id: ready })
  server.clock.advance('3d')
  expect(await preview(server, at, { days: 2, keep_tag: 'keep' })).toMatchObject({
    episodes: 1,
    bytes: 25,
  })
})

test('an interrupted episode that is finalized while its rule runs stays', async () => {
  await using server = await startTestServer()
  const { api_key } = await tenant(server)
  const { id } = await withVideo(server, api_key, 'late')
  const at = new Date().toISOString()
  const unless = { tag: null, status: 'interrupted' } as const
  // Named by the rule already; the robot comes back before the statement that moves it.
  await server.ctx.db.updateTable('episodes').set({ status: 'interrupted' }).where('id', '=', id).execute()
  await finalized(server, api_key, id)
  expect(await toTrash(server.ctx.db, at, [id], { by: null, unless })).toEqual([])
  expect((await read(server, api_key, id)).status).toBe('ready')
  expect(
    await toTrash(server.ctx.db, at, [id], { by: null, unless: { ...unless, status: 'ready' } }),
  ).toHaveLength(1)
})

test('a rule for one project leaves the others alone', async () => {
  await using server = await startTestServer()
  const { at } = await world(server)
  const { organization_id } = at
  const portal = portalClient(server, at.owner)
  const { slug } = await portal.organization.createProject.mutate({ organization_id, name: 'Bench' })
  await start(server, at.api_key)
  server.clock.advance('3d')
  expect(await preview(server, at, { days: 2, project: slug })).toMatchObject({
    episodes: 0,
    next: null,
  })
  expect(await preview(server, at, { days: 2, project: 'default' })).toMatchObject({ episodes: 3 })
})

test('a preview of very many goes in steps that another call goes on from, and adds up', async () => {
  await using server = await startTestServer()
  const at = await tenant(server)
  const { organization_id } = at
  const first = await start(server, at.api_key)
  const row = await server.ctx.db
    .selectFrom('episodes')
    .selectAll()
    .where('id', '=', first.episode_id)
    .executeTakeFirstOrThrow()
  await server.ctx.db.transaction().execute(async (trx) => {
    for (let n = 0; n < 20_500; n++) {
      const id = `ep_${String(n).padStart(20, '0')}`
      await trx
        .insertInto('episodes')
        .values({ ...row, id, status: 'ready', bytes_total: 2 })
        .execute()
    }
  })
  server.clock.advance('3d')
  const portal = portalClient(server, at.owner)
  const ask = { organization_id, ...ANY, days: 2 }
  const one = await portal.storage.previewRule.query({ ...ask, from: null })
  expect(one.next).not.toBeNull()
  const two = await portal.storage.previewRule.query({ ...ask, from: one.next })
  expect(two.next).toBeNull()
  expect(one.episodes + two.episodes).toBe(20_500)
  expect(one.bytes + two.bytes).toBe(41_000)
})

test('rules are made and removed by admins, listed for everybody, and all of it is in the audit trail', async () => {
  await using server = await startTestServer()
  const { at } = await world(server)
  const { organization_id } = at
  const viewer = portalClient(server, await member(server, organization_id, 'viewer'))
  const admin = portalClient(server, await member(server, organization_id, 'admin'))
  const rule = { organization_id, ...ANY, status: 'failed' as const, keep_tag: 'keep', days: 2 }
  await expect(viewer.storage.createRule.mutate(rule)).rejects.toThrow('Not enough permissions')
  const { id } = await admin.storage.createRule.mutate({ ...rule, project: 'default' })
  expect(await viewer.storage.rules.query({ organization_id })).toMatchObject([
    {
      id,
      project: 'default',
      status: 'failed',
      source: null,
      keep_tag: 'keep',
      days: 2,
      created_by: 'A admin',
    },
  ])
  await admin.storage.removeRule.mutate({ organization_id, id })
  await expect(admin.storage.removeRule.mutate({ organization_id, id })).rejects.toThrow(
    'No such retention rule',
  )
  expect(await viewer.storage.rules.query({ organization_id })).toEqual([])
  server.clock.advance('3d')
  await server.ctx.background.drain()
  expect(await inTrash(server, at)).toEqual([])
  const events = await server.ctx.db.selectFrom('audit_events').select(['action', 'target']).execute()
  const told = events.filter(({ target }) => target === id).map(({ action }) => action)
  expect(told).toEqual(['retention_rule.created', 'retention_rule.removed'])
})
