import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import Sqlite from 'better-sqlite3'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { MigrationSpaceError, migrateDatabase } from '../../server/db/migrate.ts'
import { fillFirstRelease } from '../database/first-release.ts'
import {
  finalize,
  post,
  problem,
  put,
  read,
  signedGet,
  start,
  videoSlot,
  withVideo,
} from '../episode-requests.ts'
import { startTestServer, type TestServer } from '../harness.ts'
import { signIn } from '../portal-request.ts'
import { tenant } from '../seed.ts'
import { type SmallDisk, smallDisk } from '../small-disk.ts'

let disk: SmallDisk

beforeEach(() => {
  disk = smallDisk(48)
})

afterEach(() => disk[Symbol.dispose]())

const serve = (floor: string): Promise<TestServer> =>
  startTestServer({ ROBOTRACE_MIN_FREE: floor }, { file: true, data: disk.folder })

const BYTES = 'v'.repeat(1_000_000)

function filesOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => name)
}

/** What the file itself says, after everything that was open has let go of it. */
function soundness(file: string): unknown {
  const db = new Sqlite(file)
  try {
    return db.pragma('integrity_check', { simple: true })
  } finally {
    db.close()
  }
}

test('a disk that is full refuses uploads and writes with 507, goes on reading, and takes writes again once there is room', async () => {
  const server = await serve('0')
  const { api_key: key, owner } = await tenant(server)
  const kept = await withVideo(server, key, BYTES)
  const [halfway, waiting] = [await videoSlot(server, key), await videoSlot(server, key)]

  disk.fill(300_000)
  const upload = await put(halfway.url, BYTES)
  expect(await problem(upload)).toMatchObject({ status: 507, code: 'storage_full' })
  disk.fill()
  const other = await put(waiting.url, BYTES)
  expect(await problem(other)).toMatchObject({ status: 507, code: 'storage_full' })
  const refusal = await firstRefusal(server, key)
  expect(refusal).toMatchObject({
    status: 507,
    code: 'storage_full',
    detail: expect.stringContaining('Free disk space'),
  })
  expect((await server.fetch('/healthz')).status).toBe(200)
  expect((await server.fetch('/readyz')).status).toBeGreaterThanOrEqual(500)

  expect((await read(server, key, kept.id)).artifacts).toHaveLength(1)
  const video = await fetch(await signedGet(server, key, kept.id))
  expect(await video.text()).toBe(BYTES)
  expect((await read(server, key, halfway.id)).artifacts).toEqual([])
  expect(filesOf(join(disk.folder, 'blobs'))).toHaveLength(1)

  disk.free()
  expect((await put(halfway.url, BYTES)).status).toBe(200)
  expect((await finalize(server, key, halfway.id)).status).toBe(200)
  expect((await signIn(server, owner.email, owner.password)).status).toBe(200)
  // What it found a moment ago holds for a second.
  server.clock.advance('1s')
  expect((await server.fetch('/readyz')).status).toBe(200)
  await server[Symbol.asyncDispose]()
  expect(soundness(join(disk.folder, 'robotrace.db'))).toBe('ok')
})

/** The write-ahead log may have room left from before: what fits into it is taken. */
async function firstRefusal(server: TestServer, key: string) {
  for (let tries = 0; tries < 2_000; tries++) {
    const answer = await post(server, '/api/ingest/episode', key, { metadata: { note: 'n'.repeat(20_000) } })
    if (answer.status !== 201) return problem(answer)
    await answer.text()
  }
  throw new Error('the disk never was full')
}

test('of writes that are committed together on a disk that fills up, exactly those that were answered are there', async () => {
  const server = await serve('0')
  const { api_key: key } = await tenant(server)
  disk.fill(1_200_000)
  const answers = await Promise.all(
    Array.from({ length: 150 }, (_, i) =>
      post(server, '/api/ingest/episode', key, { name: `run ${i}`, metadata: { note: 'n'.repeat(8_000) } }),
    ),
  )
  const taken = []
  for (const answer of answers) {
    const body = JSON.parse(await answer.text())
    if (answer.status === 201) taken.push(body.episode_id)
    else expect(body).toMatchObject({ status: 507, code: 'storage_full' })
  }
  expect(taken.length).toBeGreaterThan(0)
  expect(taken.length).toBeLessThan(150)
  const there = async (one: TestServer): Promise<string[]> =>
    (await one.ctx.db.selectFrom('episodes').select('id').execute()).map(({ id }) => id).sort()
  expect(await there(server)).toEqual(taken.sort())
  disk.free()
  const after = await start(server, key)
  await server[Symbol.asyncDispose]()
  const again = await serve('0')
  expect(await there(again)).toEqual([...taken, after.episode_id].sort())
  await again[Symbol.asyncDispose]()
  expect(soundness(join(disk.folder, 'robotrace.db'))).toBe('ok')
})

test('above the floor that uploads must leave free, everything else still works: people can sign in and make room', async () => {
  await using server = await serve('20MB')
  const { api_key: key, owner } = await tenant(server)
  const { id, url } = await videoSlot(server, key)
  disk.fill(19_000_000)
  expect(await problem(await put(url, BYTES))).toMatchObject({ status: 507, code: 'storage_full' })
  expect((await signIn(server, owner.email, owner.password)).status).toBe(200)
  expect((await finalize(server, key, id, { status: 'failed' })).status).toBe(200)
  expect((await post(server, '/api/ingest/episode', key, {})).status).toBe(201)
})

test('an upgrade without room for it is not begun: it says how much it needs', () => {
  const file = join(disk.folder, 'robotrace.db')
  fillFirstRelease(file)
  disk.fill(1_000_000)
  const attempt = (): unknown => migrateDatabase(file)
  expect(attempt).toThrow(MigrationSpaceError)
  expect(attempt).toThrow(/needs \d+ MB free on .*, where 1 MB are\. Nothing was changed/)
  expect(readdirSync(disk.folder).sort()).toEqual(['ballast', 'robotrace.db'])
  disk.free()
  expect(migrateDatabase(file)?.from).toBe(3)
})
