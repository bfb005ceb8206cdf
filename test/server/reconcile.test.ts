import { mkdirSync, readFileSync, rmSync, statSync, truncateSync, utimesSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { findMissing, findOrphans } from '../../server/blobs/reconcile.ts'
import { BYTES, put, start } from '../episode-requests.ts'
import { startTestServer, type TestServer } from '../harness.ts'
import { scratchFolder } from '../operator-commands.ts'
import { tenant } from '../seed.ts'

async function all<One>(found: AsyncIterable<One>): Promise<One[]> {
  const list: One[] = []
  for await (const one of found) list.push(one)
  return list
}

/** An episode with one artifact, and where its bytes are. */
async function recorded(
  server: TestServer,
  key: string,
): Promise<{ id: string; path: string; blob_key: string }> {
  const { episode_id: id, upload_urls } = await start(server, key, { request_uploads: ['actions'] })
  const answer = await put(upload_urls[0]?.url ?? '', '0123456789', BYTES)
  expect(answer.status).toBe(200)
  const { blob_key } = await server.ctx.db
    .selectFrom('artifacts')
    .select('blob_key')
    .where('episode_id', '=', id)
    .executeTakeFirstOrThrow()
  return { id, blob_key, path: join(server.data, 'blobs', blob_key) }
}

test('bytes that no row names are found, however they are called, unless they are new or wait to be removed', async () => {
  await using server = await startTestServer()
  const { organization_id, api_key } = await tenant(server)
  const { blob_key, id } = await recorded(server, api_key)
  const old = new Date(Date.now() - 2 * 3_600_000)
  const write = (key: string, at = old): void => {
    const path = join(server.data, 'blobs', key)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, 'left')
    utimesSync(path, at, at)
  }
  const beside = `episodes/${organization_id}/${id}/actions-of-a-lost-race.bin`
  write(beside)
  write(`capsules/${organization_id}/cap_gone/ab.zip`)
  write('episodes/nobody/ep_gone/video.mp4')
  write(`episodes/${organization_id}/ep_new/video.mp4`, new Date())
  write(`episodes/${organization_id}/ep_gone/noted.mp4`)
  write('.incoming/half-an-upload')
  await server.ctx.db
    .insertInto('blob_removals')
    .values({
      blob_key: `episodes/${organization_id}/ep_gone/noted.mp4`,
      organization_id,
      size_bytes: 4,
      requested_at: old.toISOString(),
    })
    .execute()
  utimesSync(join(server.data, 'blobs', blob_key), old, old)

  const orphans = await all(findOrphans(server.ctx, { older_than: new Date(Date.now() - 3_600_000) }))

  expect(orphans.map(({ key, organization_id: of, size_bytes }) => [key, of, size_bytes]).sort()).toEqual(
    [
      [`capsules/${organization_id}/cap_gone/ab.zip`, organization_id, 4],
      [beside, organization_id, 4],
      ['episodes/nobody/ep_gone/video.mp4', undefined, 4],
    ].sort(),
  )
})

test('a row whose bytes are gone, cut short or changed is found, the last only when they are read', async () => {
  await using server = await startTestServer()
  const { api_key } = await tenant(server)
  const episodes = []
  for (let i = 0; i < 4; i++) episodes.push(await recorded(server, api_key))
  expect(await all(findMissing(server.ctx, { deep: true }))).toEqual([])
  const [gone, cut, changed] = episodes
  if (!gone || !cut || !changed) throw new Error('three episodes were recorded')
  rmSync(gone.path)
  truncateSync(cut.path, 3)
  writeFileSync(changed.path, '0123456780')

  const found = async (deep: boolean) =>
    (await all(findMissing(server.ctx, { deep })))
      .map(({ of, because, found_bytes }) => [of, because, found_bytes])
      .sort()

  const shallow = [
    [gone.id, 'gone', undefined],
    [cut.id, 'other size', 3],
  ]
  expect(await found(false)).toEqual([...shallow].sort())
  expect(await found(true)).toEqual([...shallow, [changed.id, 'other content', 10]].sort())
  expect(readFileSync(changed.path, 'utf8')).toBe('0123456780')
  expect(statSync(cut.path).size).toBe(3)
})

test('a server that has just started looks for rows without their bytes, and staff need not wait a day to hear of them', async () => {
  using scratch = scratchFolder()
  const begin = () => startTestServer({}, { file: true, data: scratch.path })
  const before = await begin()
  const { organization_id, api_key } = await tenant(before)
  const { id, path } = await recorded(before, api_key)
  await before[Symbol.asyncDispose]()
  rmSync(path)
  await using again = await begin()
  await expect
    .poll(() => again.ctx.findings.missing.get(organization_id))
    .toMatchObject({ n: 1, first: [{ of: id, because: 'gone' }] })
})
