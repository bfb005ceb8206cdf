import { expect, test } from 'vitest'
import type { EpisodePage, SessionDetail, SessionList, TrashPage } from '../../sdk/wire.ts'
import {
  filesOf,
  finalize,
  finalized,
  json,
  problem,
  put,
  read,
  start,
  videoSlot,
  withVideo,
} from '../episode-requests.ts'
import { startTestServer, type TestServer } from '../harness.ts'
import { portalClient } from '../portal-client.ts'
import { bearer, member, type Tenant, tenant } from '../seed.ts'
import { keyWith, projectPath, send } from '../session-requests.ts'

async function listed(server: TestServer, at: Tenant, query = ''): Promise<string[]> {
  const answer = await server.fetch(`/api/episodes${query}`, { headers: bearer(at.api_key) })
  const { items } = await json<EpisodePage>(answer, 200)
  return items.map(({ id }) => id)
}

test('an episode in the trash is in no list and no total, can be read, and says when it goes for good', async () => {
  await using server = await startTestServer()
  const at = await tenant(server)
  const { organization_id } = at
  const portal = portalClient(server, at.owner)
  const { id } = await withVideo(server, at.api_key, 'bytes', { name: 'night run' })
  await finalized(server, at.api_key, id)
  await portal.episodes.trash.mutate({ ids: [id] })
  expect(await listed(server, at)).toEqual([])
  expect(await listed(server, at, '?archived=true')).toEqual([])
  expect(await portal.episodes.list.query({ organization_id })).toMatchObject({ items: [], total: 0 })
  const sessions = await send(server, 'GET', projectPath(at, '/sessions'), at.api_key)
  expect(await json<SessionList>(sessions, 200)).toMatchObject({ items: [], total: 0 })
  expect(await read(server, at.api_key, id)).toMatchObject({
    trashed_at: expect.any(String),
    status: 'ready',
  })
  const shown = await portal.episodes.get.query({ id })
  expect(Date.parse(shown.goes_at ?? '') - Date.parse(shown.trashed_at ?? '')).toBe(30 * 86_400_000)
  const { items } = await portal.episodes.trashed.query({ organization_id })
  expect(items).toMatchObject([{ id, name: 'night run', trashed_by: 'Ada Okafor', goes_at: shown.goes_at }])
  expect(await filesOf(server)).toHaveLength(1)
})

test('restoring brings an episode back as it was, archived or not', async () => {
  await using server = await startTestServer()
  const at = await tenant(server)
  const portal = portalClient(server, at.owner)
  const [plain, archived] = [await start(server, at.api_key), await start(server, at.api_key)]
  await portal.episodes.archive.mutate({ id: archived.episode_id })
  server.clock.advance('1m')
  const ids = [plain.episode_id, archived.episode_id]
  await portal.episodes.trash.mutate({ ids })
  await portal.episodes.trash.mutate({ ids })
  expect(await listed(server, at)).toEqual([])
  server.clock.advance('1m')
  await portal.episodes.untrash.mutate({ ids })
  const told = await server.ctx.db.selectFrom('audit_events').select('action').execute()
  const actions = told.map(({ action }) => action)
  // What was there already, or was not, is told once.
  expect(actions.filter((action) => action === 'episode.trashed')).toHaveLength(2)
  expect(actions.filter((action) => action === 'episode.untrashed')).toHaveLength(2)
  expect(await listed(server, at)).toEqual([plain.episode_id])
  expect(await listed(server, at, '?archived=true')).toEqual([archived.episode_id])
  expect(await read(server, at.api_key, plain.episode_id)).toMatchObject({
    archived_at: null,
    trashed_at: null,
  })
})

test('an episode in the trash takes no uploads, logs or tags and is not finalized or archived: 409 says to restore it', async () => {
  await using server = await startTestServer()
  const at = await tenant(server)
  const portal = portalClient(server, at.owner)
  const { id, url } = await videoSlot(server, at.api_key)
  await portal.episodes.trash.mutate({ ids: [id] })
  const session = projectPath(at, `/sessions/${id}`)
  const refusals = [
    await put(url, 'bytes'),
    await finalize(server, at.api_key, id),
    await send(server, 'POST', `${session}/tags`, at.api_key, { tag: 'night' }),
    await send(server, 'POST', `${session}/logs`, at.api_key, {
      entries: [{ at: '2026-11-03T09:30:00Z', level: 'info', module: 'arm', message: 'here' }],
    }),
  ]
  for (const refused of refusals) {
    expect(await problem(refused)).toMatchObject({
      ...{ status: 409, code: 'conflict', detail: expect.stringContaining('in the trash. Restore it first') },
    })
  }
  await expect(portal.episodes.archive.mutate({ id })).rejects.toThrow('in the trash')
  await expect(portal.episodes.restore.mutate({ id })).rejects.toThrow('in the trash')
  expect(await listed(server, at)).toEqual([])
  await portal.episodes.untrash.mutate({ ids: [id] })
  expect((await put(url, 'bytes')).status).toBe(200)
})

test('the trash is for admins; members see it, and another organization’s episode does not exist', async () => {
  await using server = await startTestServer()
  const [at, other] = [await tenant(server), await tenant(server)]
  const { episode_id } = await start(server, at.api_key)
  const theirs = await start(server, other.api_key)
  const { organization_id } = at
  const portal = portalClient(server, await member(server, organization_id, 'member'))
  await expect(portal.episodes.trash.mutate({ ids: [episode_id] })).rejects.toThrow('Not enough permissions')
  await expect(portal.episodes.emptyTrash.mutate({ organization_id })).rejects.toThrow(
    'Not enough permissions',
  )
  expect(await portal.episodes.trashed.query({ organization_id })).toMatchObject({ items: [] })
  const mixed = { ids: [episode_id, theirs.episode_id] }
  await expect(portalClient(server, at.owner).episodes.trash.mutate(mixed)).rejects.toThrow('No such episode')
  expect(await listed(server, at)).toEqual([episode_id])
})

test('over REST the trash is read page by page, what went there last first, with any key of the organization', async () => {
  await using server = await startTestServer()
  const [at, other] = [await tenant(server), await tenant(server)]
  const portal = portalClient(server, at.owner)
  const ids: string[] = []
  for (let n = 0; n < 5; n++) {
    const { episode_id } = await start(server, at.api_key)
    await portal.episodes.trash.mutate({ ids: [episode_id] })
    ids.unshift(episode_id)
    server.clock.advance('1m')
  }
  const path = `/api/v1/organizations/${at.organization_id}/trash`
  const page = async (query: string) =>
    json<TrashPage>(await send(server, 'GET', `${path}?${query}`, at.api_key), 200)
  const first = await page('page_size=3')
  expect(first.items.map(({ id }) => id)).toEqual(ids.slice(0, 3))
  for (const { trashed_at, goes_at } of first.items)
    expect(Date.parse(goes_at) - Date.parse(trashed_at)).toBe(30 * 86_400_000)
  const second = await page(`page_size=3&cursor=${first.next_cursor}`)
  expect(second.items.map(({ id }) => id)).toEqual(ids.slice(3))
  expect(second.next_cursor).toBeNull()
  // Who deleted what is not for everybody who may read episodes.
  const { organization_id } = at
  const shown = await portal.episodes.trashed.query({ organization_id })
  expect(shown.items[0]).toMatchObject({ id: ids[0], trashed_by: 'Ada Okafor' })
  expect(JSON.stringify(first)).not.toContain('Ada Okafor')
  expect(first.items[0]).not.toHaveProperty('trashed_by')
  expect(await problem(await send(server, 'GET', path, other.api_key))).toMatchObject({ status: 404 })
  const { project_id } = await read(server, at.api_key, ids[0] ?? '')
  const pinned = await keyWith(server, at, { scopes: 'episodes:read', project_id })
  expect(await problem(await send(server, 'GET', path, pinned))).toMatchObject({
    ...{ status: 403, detail: expect.stringContaining('one project or robot only') },
  })
})

test('over REST a session goes to the trash and comes back; DELETE stays for good', async () => {
  await using server = await startTestServer()
  const at = await tenant(server)
  const key = await keyWith(server, at, { scopes: 'admin episodes:read' })
  const { id } = await withVideo(server, at.api_key, 'bytes')
  const session = projectPath(at, `/sessions/${id}`)
  const trashed = await json<SessionDetail>(await send(server, 'POST', `${session}/trash`, key), 200)
  expect(trashed).toMatchObject({ id, trashed_at: expect.any(String) })
  expect((await send(server, 'POST', `${session}/trash`, at.api_key)).status).toBe(403)
  const restored = await json<SessionDetail>(await send(server, 'POST', `${session}/restore`, key), 200)
  expect(restored).toMatchObject({ id, trashed_at: null })
  await send(server, 'POST', `${session}/trash`, key)
  expect((await send(server, 'DELETE', session, key)).status).toBe(200)
  expect((await send(server, 'GET', session, key)).status).toBe(404)
  await server.ctx.background.drain()
  expect(await filesOf(server)).toEqual([])
})

test('after the days of the trash an episode goes for good with its bytes; one that was restored in time stays', async () => {
  await using server = await startTestServer({ ROBOTRACE_TRASH_DAYS: '3' })
  const at = await tenant(server)
  const { organization_id } = at
  const portal = portalClient(server, at.owner)
  const [gone, kept] = [
    await withVideo(server, at.api_key, 'x'.repeat(100)),
    await withVideo(server, at.api_key, 'y'.repeat(50)),
  ]
  await portal.episodes.trash.mutate({ ids: [gone.id, kept.id] })
  server.clock.advance('2d')
  await server.ctx.background.drain()
  await portal.episodes.untrash.mutate({ ids: [kept.id] })
  expect(await filesOf(server)).toHaveLength(2)
  server.clock.advance('2d')
  await server.ctx.background.drain()
  await server.ctx.background.drain()
  const answer = await server.fetch(`/api/episodes/${gone.id}`, { headers: bearer(at.api_key) })
  expect(answer.status).toBe(404)
  expect(await filesOf(server)).toHaveLength(1)
  const { deletions } = await portal.storage.get.query({ organization_id })
  const told = await server.ctx.db
    .selectFrom('audit_events')
    .select(['action', 'actor_kind', 'target'])
    .execute()
  expect(told).toContainEqual({ action: 'trash.expired', actor_kind: 'system', target: deletions[0]?.id })
  expect(deletions).toMatchObject([
    {
      because: 'trash',
      by: null,
      episodes: 1,
      bytes_total: 100,
      bytes_freed: 100,
      finished_at: expect.any(String),
    },
  ])
})

test('deleting for good from the trash takes only what is still there, and a fresh proof of being there', async () => {
  await using server = await startTestServer()
  const at = await tenant(server)
  const portal = portalClient(server, at.owner)
  const [one, restored] = [await start(server, at.api_key), await start(server, at.api_key)]
  const ids = [one.episode_id, restored.episode_id]
  await portal.episodes.trash.mutate({ ids })
  await portal.episodes.untrash.mutate({ ids: [restored.episode_id] })
  await expect(portal.episodes.deleteTrashed.mutate({ ids })).rejects.toThrow('it was restored')
  expect((await read(server, at.api_key, one.episode_id)).trashed_at).not.toBeNull()
  await portal.episodes.deleteTrashed.mutate({ ids: [one.episode_id] })
  expect(await listed(server, at)).toEqual([restored.episode_id])
  server.clock.advance('3h')
  await expect(portal.episodes.deleteTrashed.mutate({ ids: [one.episode_id] })).rejects.toThrow(
    'password or passkey',
  )
})
