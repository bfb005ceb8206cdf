import { createHash } from 'node:crypto'
import { type Dirent, existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import Sqlite from 'better-sqlite3'
import type { EpisodeDetail } from '../../sdk/wire.ts'
import { codeOf } from '../../server/db/errors.ts'
import { bearer } from '../seed.ts'
import type { World } from './clients.ts'
import { type Known, settle } from './ledger.ts'

/** Reads beside the server that runs: nothing here repairs what it has left. */
export function reading<Result>(data: string, read: (db: Sqlite.Database) => Result): Result {
  const db = new Sqlite(join(data, 'robotrace.db'), { readonly: true })
  try {
    return read(db)
  } finally {
    db.close()
  }
}

/** Everything that is wrong with these episodes as the server shows them, bytes included. */
export async function wrongEpisodes(
  world: World,
  data: string,
  episodes: readonly Known[],
): Promise<string[]> {
  nameUnanswered(data, episodes)
  const wrong: string[] = []
  for (const episode of episodes) {
    const seen = episode.id === undefined ? undefined : await readEpisode(world, episode.id)
    const difference = settle(episode, seen)
    if (difference !== undefined) wrong.push(`${episode.name}: ${difference}`)
    for (const artifact of seen?.artifacts ?? []) {
      const bytes = await readBytes(world, episode.id ?? '', artifact.kind)
      const sha256 = createHash('sha256').update(bytes).digest('hex')
      if (sha256 === artifact.sha256) continue
      wrong.push(`${episode.name}: ${artifact.kind} has ${bytes.length} bytes of another hash`)
    }
  }
  return wrong
}

/** An episode whose first answer was lost has an id nobody has told: found by its name. */
function nameUnanswered(data: string, episodes: readonly Known[]): void {
  const nameless = episodes.filter(({ id }) => id === undefined)
  if (nameless.length === 0) return
  reading(data, (db) => {
    const find = db.prepare<[string], string>('SELECT id FROM episodes WHERE name = ?').pluck()
    for (const episode of nameless) episode.id = find.get(episode.name)
  })
}

async function readEpisode({ url, api_key }: World, id: string): Promise<EpisodeDetail | undefined> {
  const answer = await fetch(`${url}/api/episodes/${id}`, { headers: bearer(api_key) })
  const text = await answer.text()
  if (answer.status === 404) return undefined
  if (answer.status !== 200) throw new Error(`Reading ${id} was answered ${answer.status}: ${text}`)
  // Compared member by member with what is expected.
  return JSON.parse(text) as EpisodeDetail
}

async function readBytes({ url, api_key }: World, id: string, kind: string): Promise<Buffer> {
  const address = `${url}/api/episodes/${id}/artifact/${kind}`
  const link = await fetch(address, { headers: bearer(api_key), redirect: 'manual' })
  const { pathname, search } = new URL(link.headers.get('location') ?? '', url)
  const answer = await fetch(`${url}${pathname}${search}`)
  if (answer.status !== 200) throw new Error(`The bytes of ${id} were answered ${answer.status}`)
  return Buffer.from(await answer.arrayBuffer())
}

/** Everything that is wrong with the files and the database of a server that has just started again. */
export function wrongFiles(data: string): string[] {
  const blobs = join(data, 'blobs')
  const half = readdirSync(join(blobs, '.incoming')).map((name) => `${name} is half an upload`)
  const { health, rows } = reading(data, (db) => ({
    health: db.pragma('quick_check', { simple: true }),
    rows: db
      .prepare<[], { blob_key: string; size_bytes: number }>('SELECT blob_key, size_bytes FROM artifacts')
      .all(),
  }))
  const damaged = health === 'ok' ? [] : [`quick_check says ${health}`]
  const missing = rows.filter(({ blob_key, size_bytes }) => {
    const file = join(blobs, blob_key)
    return !existsSync(file) || statSync(file).size !== size_bytes
  })
  const named = new Set(rows.map(({ blob_key }) => basename(blob_key)))
  const broken = filesIn(blobs).filter((file) => !named.has(basename(file)) && !isWhole(file))
  return [
    ...half,
    ...damaged,
    ...missing.map(({ blob_key }) => `${blob_key} has a row and no such file`),
    ...broken.map((file) => `${file} is half a blob under a name of its own`),
  ]
}

/** Every file below a folder, as far as it is there: whoever works in it may remove one meanwhile, and folders too. */
export function filesIn(folder: string): string[] {
  return entriesOf(folder).flatMap((entry) => {
    const path = join(folder, entry.name)
    return entry.isDirectory() ? filesIn(path) : [path]
  })
}

function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return []
    throw error
  }
}

/** `video-<first digits of its hash>-<attempt>.mp4` */
function isWhole(file: string): boolean {
  const [, digits] = basename(file).split('-')
  const bytes = bytesOf(file)
  if (!bytes) return true
  return createHash('sha256')
    .update(bytes)
    .digest('hex')
    .startsWith(digits ?? '-')
}

/** Undefined: the server has removed it since it was listed, being the bytes of a deleted episode. */
function bytesOf(file: string): Buffer | undefined {
  try {
    return readFileSync(file)
  } catch (error) {
    if (existsSync(file)) throw error
    return undefined
  }
}

/** Totals that triggers keep, next to the same counted anew; equal or something was lost in between. */
export function wrongTotals(data: string): string[] {
  return reading(data, (db) => {
    const problems = db.prepare('PRAGMA integrity_check').pluck().all().concat(db.pragma('foreign_key_check'))
    const kept = db.prepare(
      "SELECT project_id, status, day, n FROM episode_days WHERE device_id = '' AND n <> 0 ORDER BY 1, 2, 3",
    )
    const counted = db.prepare(
      `SELECT project_id, status, substr(created_at, 1, 10) AS day, count(*) AS n FROM episodes
        WHERE archived_at IS NULL GROUP BY 1, 2, 3 ORDER BY 1, 2, 3`,
    )
    const bytes = db.prepare(
      `SELECT id FROM episodes AS e WHERE bytes_total <>
        (SELECT coalesce(sum(size_bytes), 0) FROM artifacts WHERE episode_id = e.id)`,
    )
    const usage = db.prepare(
      `SELECT bytes FROM organization_usage WHERE bytes <> 0 AND bytes <>
        (SELECT coalesce(sum(size_bytes), 0) FROM artifacts) + (SELECT coalesce(sum(size_bytes), 0) FROM blob_removals)`,
    )
    const [was, is] = [JSON.stringify(kept.all()), JSON.stringify(counted.all())]
    return [
      ...problems.filter((line) => line !== 'ok').map((line) => JSON.stringify(line)),
      ...(was === is ? [] : [`episode_days has ${was}, counted are ${is}`]),
      ...usage.all().map((row) => `organization_usage is wrong: ${JSON.stringify(row)}`),
      ...bytes.all().map((row) => `bytes_total is wrong: ${JSON.stringify(row)}`),
    ]
  })
}
