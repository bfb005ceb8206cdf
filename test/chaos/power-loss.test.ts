import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Sqlite from 'better-sqlite3'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { fillFirstRelease } from '../database/first-release.ts'
import { startTestServer } from '../harness.ts'
import { bearer } from '../seed.ts'
import { type DiskRecord, recordDisk } from './disk-record.ts'

/** What the server has said yes to. */
interface Acknowledged {
  id: string
  status: string
  /** The bytes of each artifact. */
  artifacts: Record<string, string>
}

const folders: string[] = []
let record: DiskRecord
let running: ChildProcess | undefined
let key = ''
const acknowledged: Acknowledged[] = []

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'robotrace-power-'))
  folders.push(made)
  return made
}

function watched(script: string[], env: Record<string, string>): ChildProcess {
  return spawn(process.execPath, ['--import', 'tsx', ...script], {
    env: { PATH: process.env.PATH, HOME: tmpdir(), ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
}

beforeAll(async () => {
  // The server makes its folder itself, and has to wait for that name as well.
  const above = folder()
  record = recordDisk(above)
  const data = join(above, 'data')
  const child = watched(['test/chaos/seeded-server.ts'], {
    ...record.env,
    PORT: '0',
    ROBOTRACE_DATA: data,
    ROBOTRACE_MIN_FREE: '1MB',
    ROBOTRACE_RATE_LIMIT: '0',
    ROBOTRACE_LOG_LEVEL: 'warn',
  })
  running = child
  const [line] = await once(child.stdout ?? child, 'data')
  const { url, api_key } = JSON.parse(String(line))
  key = api_key
  for (let i = 0; i < 6; i++) acknowledged.push(await recordEpisode(url, i))
  acknowledged.push(...(await Promise.all([6, 7, 8, 9].map((i) => recordEpisode(url, i)))))
  // Nobody gets to tidy up: what counts is what was on the disk when the last answer had come.
  child.kill('SIGKILL')
  await once(child, 'close')
}, 60_000)

afterAll(() => {
  running?.kill('SIGKILL')
  record[Symbol.dispose]()
  for (const one of folders) rmSync(one, { recursive: true, force: true })
})

/** Start, upload, some of it twice, and finalize every other one. */
async function recordEpisode(url: string, i: number): Promise<Acknowledged> {
  const begun = await send(`${url}/api/ingest/episode`, {
    name: `run ${i}`,
    request_uploads: ['video', 'actions'],
  })
  const [video, actions] = begun.upload_urls
  const bytes = { video: `video ${i} `.repeat(10_000), actions: `actions ${i} `.repeat(50) }
  await store(video, 'replaced a moment later', 'video/mp4')
  await store(video, bytes.video, 'video/mp4')
  await store(actions, bytes.actions, 'application/octet-stream')
  const id: string = begun.episode_id
  if (i % 2 === 0) return { id, status: 'recording', artifacts: bytes }
  await send(`${url}/api/ingest/episode/${id}/finalize`, { status: 'ready' })
  return { id, status: 'ready', artifacts: bytes }
}

async function send(url: string, body: object) {
  const headers = { ...bearer(key), 'Content-Type': 'application/json' }
  const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) })
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}: ${await answer.text()}`)
  return JSON.parse(await answer.text())
}

async function store({ url }: { url: string }, body: string, type: string): Promise<void> {
  const answer = await fetch(url, { method: 'PUT', headers: { 'Content-Type': type }, body })
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}: ${await answer.text()}`)
}

/** Starts a server on what is left, and asks it for everything that was acknowledged. @returns what it does not have */
async function lost(data: string): Promise<string[]> {
  if (!existsSync(join(data, 'robotrace.db'))) return ['the database']
  const missing: string[] = []
  await using server = await startTestServer({}, { file: true, data })
  for (const { id, status, artifacts } of acknowledged) {
    const answer = await server.fetch(`/api/episodes/${id}`, { headers: bearer(key) })
    const found = JSON.parse(await answer.text())
    if (found.status !== status) missing.push(`${id} is ${found.status} instead of ${status}`)
    for (const [kind, bytes] of Object.entries(artifacts)) {
      const link = await server.fetch(`/api/episodes/${id}/artifact/${kind}`, { headers: bearer(key) })
      const to = link.headers.get('location')
      const read = to === null ? undefined : await fetch(to)
      if (read?.status !== 200 || (await read.text()) !== bytes) missing.push(`${kind} of ${id}`)
    }
  }
  const [sound] = await soundness(join(data, 'robotrace.db'))
  if (sound !== 'ok') missing.push(`integrity: ${sound}`)
  return missing
}

async function soundness(file: string): Promise<string[]> {
  const db = new Sqlite(file)
  const verdicts = db.prepare<[], string>('PRAGMA integrity_check').pluck().all()
  db.close()
  return verdicts
}

describe('after a power cut', () => {
  test('every episode and every byte that was acknowledged is there, though all that was not waited for is gone', async () => {
    expect(acknowledged).toHaveLength(10)
    const left = join(record.afterPowerLoss(), 'data')
    expect(await lost(left)).toEqual([])
    // What sealed and signed before has to open afterwards.
    expect(readFileSync(join(left, 'secret'), 'utf8')).toBe(
      readFileSync(join(record.folder, 'data/secret'), 'utf8'),
    )
  })

  test.each([
    ['the bytes of an upload', (path: string) => path.includes('/blobs/.incoming/')],
    ['the names in an episode’s folder', (path: string) => /\/blobs\/episodes\/[^/]+\/[^/]+$/.test(path)],
    ['the name of an episode’s folder', (path: string) => /\/blobs\/episodes\/[^/]+$/.test(path)],
    ['the name of an organization’s folder', (path: string) => /\/blobs\/episodes$/.test(path)],
    ['the name of the folder of all episodes', (path: string) => /\/blobs$/.test(path)],
    ['the write-ahead log', (path: string) => path.endsWith('.db-wal')],
    ['the names in the data folder', (path: string) => path === join(record.folder, 'data')],
    ['the name of the data folder', (path: string) => path === record.folder],
  ])('this test would notice if the server did not wait for %s', async (_, but) => {
    expect(await lost(join(record.afterPowerLoss(but), 'data'))).not.toEqual([])
  })
})

describe('a power cut during an upgrade', () => {
  test.each(['migrated', 'checked', 'kept', 'replaced'])(
    'right after “%s” leaves one whole database, old or new',
    async (step) => {
      const data = folder()
      fillFirstRelease(join(data, 'robotrace.db'))
      using upgrade = recordDisk(data)
      const script = `
      import { migrateDatabase } from './server/db/migrate.ts'
      migrateDatabase(process.argv[1], {
        report: ({ step }) => { if (step === process.argv[2]) process.kill(process.pid, 'SIGKILL') },
      })`
      const child = watched(
        ['--input-type=module', '-e', script, join(data, 'robotrace.db'), step],
        upgrade.env,
      )
      const [, signal] = await once(child, 'close')
      expect(signal).toBe('SIGKILL')
      const left = upgrade.afterPowerLoss()
      expect(await soundness(join(left, 'robotrace.db'))).toEqual(['ok'])
      const db = new Sqlite(join(left, 'robotrace.db'))
      expect(db.prepare('SELECT max(version) FROM schema_versions').pluck().get()).toBe(
        step === 'replaced' ? 4 : 3,
      )
      expect(db.prepare('SELECT count(*) FROM episodes').pluck().get()).toBe(6)
      db.close()
      await using server = await startTestServer({}, { file: true, data: left })
      expect((await server.fetch('/readyz')).status).toBe(200)
    },
  )
})
