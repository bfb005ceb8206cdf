import { mkdtempSync, rmSync } from 'node:fs'
import { mkdir, rename, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { filesOf, start, withVideo } from '../episode-requests.ts'
import { startTestServer, type TestServer } from '../harness.ts'
import { portalClient } from '../portal-client.ts'
import { person, type Tenant, tenant } from '../seed.ts'
import { keyWith, projectPath, send } from '../session-requests.ts'
import { countedAnew, kept } from '../storage-requests.ts'

async function ledger(server: TestServer, at: Tenant) {
  const { organization_id } = at
  return (await portalClient(server, at.owner).storage.get.query({ organization_id })).deletions
}

test('emptying the trash is one line of the ledger, which counts bytes as they go and is over with the last of them', async () => {
  await using server = await startTestServer()
  const at = await tenant(server)
  const { organization_id } = at
  const portal = portalClient(server, at.owner)
  const ids: string[] = []
  for (let n = 0; n < 45; n++) ids.push((await withVideo(server, at.api_key, 'x'.repeat(10))).id)
  const stays = await withVideo(server, at.api_key, 'y'.repeat(7))
  await portal.episodes.trash.mutate({ ids })
  const { remove } = server.ctx.blobs
  const stuck = ids.slice(20)
  server.ctx.blobs.remove = (key) =>
    stuck.some((id) => key.includes(id)) ? Promise.reject(new Error('the disk is gone')) : remove(key)
  const { deletion_id } = await portal.episodes.emptyTrash.mutate({ organization_id })
  await server.ctx.background.drain()
  const half = (await ledger(server, at))[0]
  expect(half).toMatchObject({ id: deletion_id, because: 'person', by: 'Ada Okafor', episodes: 45 })
  expect(half).toMatchObject({ bytes_total: 450, bytes_freed: 200, finished_at: null })
  server.ctx.blobs.remove = remove
  await server.ctx.background.drain()
  expect((await ledger(server, at))[0]).toMatchObject({ bytes_freed: 450, finished_at: expect.any(String) })
  expect(await filesOf(server)).toHaveLength(1)
  expect(await kept(server, organization_id)).toBe(7)
  expect((await portal.episodes.get.query({ id: stays.id })).trashed_at).toBeNull()
  const told = await server.ctx.db.selectFrom('audit_events').select(['action', 'target']).execute()
  expect(told.filter(({ action }) => action === 'trash.emptied')).toEqual([
    { action: 'trash.emptied', target: deletion_id },
  ])
})

test('a process that ends in the middle goes on where it was when it is back', async () => {
  const data = mkdtempSync(join(tmpdir(), 'robotrace-deletions-'))
  try {
    let at: Tenant
    {
      await using server = await startTestServer({}, { file: true, data })
      at = await tenant(server)
      const portal = portalClient(server, at.owner)
      const ids: string[] = []
      for (let n = 0; n < 30; n++) ids.push((await withVideo(server, at.api_key, 'x'.repeat(10))).id)
      await portal.episodes.trash.mutate({ ids })
      // What a kill leaves behind: the line of the ledger is written, hardly anything of it is done.
      server.ctx.background.add = () => {}
      await portal.episodes.emptyTrash.mutate({ organization_id: at.organization_id })
      server.ctx.blobs.remove = () => Promise.reject(new Error('killed'))
      expect((await ledger(server, at))[0]).toMatchObject({ episodes: 0, finished_at: null })
    }
    await using server = await startTestServer({}, { file: true, data })
    await server.ctx.background.drain()
    await server.ctx.background.drain()
    const [line] = await ledger(server, at)
    expect(line).toMatchObject({
      episodes: 30,
      bytes_total: 300,
      bytes_freed: 300,
      finished_at: expect.any(String),
    })
    expect(await filesOf(server)).toEqual([])
  } finally {
    rmSync(data, { recursive: true, force: true })
  }
})

test('deleting one episode for good is a line of its own, also for one without bytes', async () => {
  await using server = await startTestServer()
  const at = await tenant(server)
  const key = await keyWith(server, at, { scopes: 'admin' })
  const { episode_id } = await start(server, at.api_key)
  expect((await send(server, 'DELETE', projectPath(at, `/sessions/${episode_id}`), key)).status).toBe(200)
  expect(await ledger(server, at)).toMatchObject([
    { because: 'person', by: null, episodes: 1, bytes_total: 0, finished_at: expect.any(String) },
  ])
})

test('bytes that cannot be removed hold up no others, however many they are', async () => {
  await using server = await startTestServer()
  const { organization_id } = await tenant(server)
  const { db, blobs, now } = server.ctx
  const at = now().toISOString()
  const key = (n: number): string =>
    `episodes/${organization_id}/ep_x/video-${String(n).padStart(4, '0')}.mp4`
  const { remove } = blobs
  blobs.remove = (name) => (name < key(150) ? Promise.reject(new Error('not permitted')) : remove(name))
  for (let n = 0; n < 250; n++) {
    const row = { blob_key: key(n), organization_id, size_bytes: 1, requested_at: at }
    await db.insertInto('blob_removals').values(row).execute()
  }
  await server.ctx.background.drain()
  const left = await db.selectFrom('blob_removals').select('blob_key').orderBy('blob_key').execute()
  expect(left).toHaveLength(150)
  expect(left.at(-1)?.blob_key).toBe(key(149))
  expect(await kept(server, organization_id)).toBe(await countedAnew(server, organization_id))
})

test('a file that nothing names goes by the ledger once it is a day old; younger ones and those of nobody stay', async () => {
  await using server = await startTestServer()
  const at = await tenant(server)
  const held = await withVideo(server, at.api_key, 'bytes')
  const folder = join(server.data, 'blobs', 'episodes', at.organization_id, held.id)
  const nobody = join(server.data, 'blobs', 'episodes', '5f0c6c4e-8f0e-4a53-9a3f-3c1d7f0a2b11', 'ep_x')
  await mkdir(nobody, { recursive: true })
  const old = new Date(Date.now() - 2 * 86_400_000)
  const files = [join(folder, 'old-orphan.mp4'), join(folder, 'young-orphan.mp4'), join(nobody, 'old.mp4')]
  for (const file of files) await writeFile(file, 'left behind')
  for (const file of [files[0] ?? '', files[2] ?? '']) await utimes(file, old, old)
  await server.ctx.background.drain()
  const names = (await filesOf(server)).map((path) => path.split('/').at(-1)).sort()
  expect(names).toEqual(['old.mp4', expect.stringMatching(/^video-/), 'young-orphan.mp4'])
  expect(server.log()).toContain('files that nothing names were found')
  expect(await kept(server, at.organization_id)).toBe(5)
})

test('more than crashes leave behind stays: an old database was put back, and the recordings since are wanted', async () => {
  await using server = await startTestServer()
  const at = await tenant(server)
  const folder = join(server.data, 'blobs', 'episodes', at.organization_id, 'ep_since')
  await mkdir(folder, { recursive: true })
  const old = new Date(Date.now() - 2 * 86_400_000)
  for (let n = 0; n <= 100; n++) {
    await writeFile(join(folder, `video-${n}.mp4`), 'recorded since')
    await utimes(join(folder, `video-${n}.mp4`), old, old)
  }
  await server.ctx.background.drain()
  expect((await filesOf(server)).length).toBe(101)
  expect(server.log()).toContain('is this an older database than the files?')
})

test('what has lost its bytes is told to staff, not to others', async () => {
  await using server = await startTestServer()
  const at = await tenant(server)
  const { organization_id } = at
  const { id } = await withVideo(server, at.api_key, 'bytes')
  const [file = ''] = await filesOf(server)
  await rename(file, join(server.data, 'elsewhere.mp4'))
  await server.ctx.background.drain()
  const staff = await person(server, { staff: true })
  const seen = await portalClient(server, staff).storage.get.query({ organization_id })
  expect(seen.missing).toMatchObject({ n: 1, first: [{ of: id, because: 'gone', size_bytes: 5 }] })
  const theirs = await portalClient(server, at.owner).storage.get.query({ organization_id })
  expect(theirs.missing).toBeNull()
  expect(server.log()).toContain('stored bytes are missing')
})
