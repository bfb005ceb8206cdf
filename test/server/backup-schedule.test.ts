import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { listBackups } from '../../server/backup/layout.ts'
import { claimFolder } from '../../server/db/data-folder.ts'
import { filesOf, json, withVideo } from '../episode-requests.ts'
import { startTestServer, type TestServer } from '../harness.ts'
import { operator, scratchFolder } from '../operator-commands.ts'
import { portalClient } from '../portal-client.ts'
import { bearer, person, tenant } from '../seed.ts'

const names = async (folder: string): Promise<string[]> => (await listBackups(folder)).map(({ name }) => name)

function blobsIn(folder: string): string[] {
  return readdirSync(join(folder, 'blobs'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => entry.name)
}

function scheduled(to: string, more: Record<string, string> = {}, data?: string): Promise<TestServer> {
  const env = { ROBOTRACE_BACKUP_TO: to, ROBOTRACE_BACKUP_EVERY_HOURS: '24', ...more }
  return startTestServer(env, { file: true, ...(data && { data }) })
}

test('a server backs itself up when the newest backup is old enough, also across a restart', async () => {
  using scratch = scratchFolder()
  const [to, data] = [scratch.in('backups'), scratch.in('data')]
  mkdirSync(data)
  {
    await using server = await scheduled(to, {}, data)
    await server.ctx.background.drain()
    expect((await names(to)).length).toBe(1)
    server.clock.advance('23h')
    await server.ctx.background.drain()
    expect((await names(to)).length).toBe(1)
    expect(server.log()).toContain('backup made')
  }
  await using again = await scheduled(to, {}, data)
  await again.ctx.background.drain()
  expect((await names(to)).length, 'a restart is no reason for another one').toBe(1)
  again.clock.advance('25h')
  await again.ctx.background.drain()
  expect((await names(to)).length).toBe(2)
})

test('a backup made while the clock was years ahead holds up no other, and is the first to go', async () => {
  using scratch = scratchFolder()
  const [to, data] = [scratch.in('backups'), scratch.in('data')]
  mkdirSync(data)
  const keep = { ROBOTRACE_BACKUP_KEEP: '2' }
  {
    await using ahead = await scheduled(to, keep, data)
    ahead.clock.advance('3000d')
    await ahead.ctx.background.drain()
  }
  const [future = ''] = await names(to)
  await using server = await scheduled(to, keep, data)
  await server.ctx.background.drain()
  expect((await names(to)).length, 'one is due: nobody knows how old the other is').toBe(2)
  server.clock.advance('25h')
  await server.ctx.background.drain()
  expect((await names(to)).length).toBe(2)
  expect(await names(to)).not.toContain(future)
})

test('only the newest are kept, and of the bytes only those that a kept one names', async () => {
  using scratch = scratchFolder()
  const to = scratch.in('backups')
  await using server = await scheduled(to, { ROBOTRACE_BACKUP_KEEP: '2' })
  const { api_key } = await tenant(server)
  const { id } = await withVideo(server, api_key, 'soon deleted')
  await withVideo(server, api_key, 'kept for good')
  await server.ctx.background.drain()
  const [first = ''] = await names(to)
  await server.ctx.db.deleteFrom('artifacts').where('episode_id', '=', id).execute()
  for (let day = 0; day < 2; day++) {
    server.clock.advance('25h')
    await server.ctx.background.drain()
  }
  const left = await names(to)
  expect(left.length).toBe(2)
  expect(left).not.toContain(first)
  expect(blobsIn(to).length).toBe(1)
  for (const name of left) {
    expect((await operator(server.data, 'verify-backup', to, '--backup', name)).status).toBe(0)
  }
})

test('a backup whose manifest cannot be believed is neither counted nor let go, and its bytes stay', async () => {
  using scratch = scratchFolder()
  const to = scratch.in('backups')
  await using server = await scheduled(to, { ROBOTRACE_BACKUP_KEEP: '1' })
  const { api_key } = await tenant(server)
  const { id } = await withVideo(server, api_key, 'only in the old one')
  await server.ctx.background.drain()
  const [first = ''] = await names(to)
  writeFileSync(join(to, first, 'manifest.json'), '{"half":')
  await server.ctx.db.deleteFrom('artifacts').where('episode_id', '=', id).execute()
  for (let day = 0; day < 2; day++) {
    server.clock.advance('25h')
    await server.ctx.background.drain()
  }
  expect((await names(to)).length).toBe(2)
  expect(await names(to)).toContain(first)
  expect(blobsIn(to).length).toBe(1)
})

test('a failure is told to all staff once, logged, and tried again an hour later', async () => {
  using scratch = scratchFolder()
  // A file stands where the folder should be.
  const to = scratch.in('backups')
  writeFileSync(to, '')
  await using server = await scheduled(to)
  const boss = await person(server, { staff: true })
  const other = await person(server, { staff: true })
  const { owner } = await tenant(server)
  const told = async (who: typeof boss) =>
    (await portalClient(server, who).notices.list.query()).map(({ kind }) => kind)
  await server.ctx.background.drain()
  await server.ctx.background.drain()
  server.clock.advance('2h')
  await server.ctx.background.drain()
  expect(await told(boss)).toEqual(['backup_failed'])
  expect(await told(other)).toEqual(['backup_failed'])
  expect(await told(owner)).toEqual([])
  expect(server.log().match(/the scheduled backup failed/g)?.length).toBe(2)
  rmSync(to)
  server.clock.advance('2h')
  await server.ctx.background.drain()
  expect((await names(to)).length).toBe(1)
})

test('one that is made by hand at that moment is no failure: nobody is told, and the next turn looks again', async () => {
  using scratch = scratchFolder()
  const to = scratch.in('backups')
  mkdirSync(to)
  await using server = await scheduled(to)
  const staff = await person(server, { staff: true })
  // What a backup holds while it is made, whoever makes it.
  const release = claimFolder(to)
  await server.ctx.background.drain()
  expect(await names(to)).toEqual([])
  expect(await portalClient(server, staff).notices.list.query()).toEqual([])
  expect(server.log()).not.toContain('the scheduled backup failed')
  release?.()
  await server.ctx.background.drain()
  expect((await names(to)).length).toBe(1)
})

test('bytes that the data folder has lost are told to staff, and the rest is backed up', async () => {
  using scratch = scratchFolder()
  const to = scratch.in('backups')
  await using server = await scheduled(to)
  const boss = await person(server, { staff: true })
  const { api_key } = await tenant(server)
  await withVideo(server, api_key, 'one')
  await withVideo(server, api_key, 'two')
  rmSync((await filesOf(server))[0] ?? '')
  await server.ctx.background.drain()
  expect((await names(to)).length).toBe(1)
  const [notice] = await portalClient(server, boss).notices.list.query()
  expect(notice?.detail.reason).toMatch(/1 files of the data folder are missing or damaged: blobs\/episodes/)
})

test('requests are answered while a backup is made', async () => {
  using scratch = scratchFolder()
  await using server = await scheduled(scratch.in('backups'))
  const { api_key } = await tenant(server)
  for (let nth = 0; nth < 20; nth++) await withVideo(server, api_key, `${nth}`.repeat(300_000))
  let running = true
  const backup = server.ctx.background.drain().then(() => {
    running = false
  })
  let answered = 0
  while (running) {
    await json(await server.fetch('/api/whoami', { headers: bearer(api_key) }), 200)
    answered++
  }
  await backup
  expect(answered).toBeGreaterThan(5)
  expect((await names(scratch.in('backups'))).length).toBe(1)
})

test('a server that is told to stop does not finish its backup first; the next start goes on', async () => {
  using scratch = scratchFolder()
  const [to, data] = [scratch.in('backups'), scratch.in('data')]
  mkdirSync(data)
  {
    await using server = await scheduled(to, {}, data)
    const { api_key } = await tenant(server)
    await withVideo(server, api_key, 'moving')
  }
  expect(await names(to)).toEqual([])
  await using again = await scheduled(to, {}, data)
  await again.ctx.background.drain()
  expect((await names(to)).length).toBe(1)
})

test('two servers do not share a folder of backups: the second is refused, tells its staff, and lets go of nothing', async () => {
  using scratch = scratchFolder()
  const to = scratch.in('backups')
  await using first = await scheduled(to)
  await first.ctx.background.drain()
  const [made = ''] = await names(to)
  await using second = await scheduled(to, { ROBOTRACE_BACKUP_KEEP: '1' })
  const staff = await person(second, { staff: true })
  await second.ctx.background.drain()
  expect(await names(to)).toEqual([made])
  expect(second.log()).toContain('has backups of another installation')
  const [notice] = await portalClient(second, staff).notices.list.query()
  expect(notice).toMatchObject({ kind: 'backup_failed' })
  const { status, host } = await operator(second.data, 'backup', '--to', to)
  expect(status).toBe(1)
  expect(host.stderr()).toContain(`${to} has backups of another installation (${made})`)
  expect(host.stderr()).toMatch(/Try: .*a folder of its own/)

  // Its own backups stay its own through a restore.
  expect((await operator(first.data, 'restore', to, '--data', scratch.in('back'))).status).toBe(0)
  expect((await operator(scratch.in('back'), 'backup', '--to', to)).status).toBe(0)
  expect((await names(to)).length).toBe(2)
})
