import { CompiledQuery } from 'kysely'
import type { EpisodeStatus } from '../../sdk/wire.ts'
import type { Database } from '../db/open.ts'
import type { Position } from '../db/page.ts'
import type { Place } from './walk.ts'

/** What totals are kept for. Times are ISO 8601: `since` inclusive, `until` exclusive. */
export interface Counted {
  status?: EpisodeStatus | undefined
  since: string | null
  until: string | null
}

/**
 * How many episodes of these places fit, archived ones left out. Whole days are kept in episode_days; of the day in
 * which `since` or `until` lies, at most that day's entries of an index are counted.
 *
 * @example await countEpisodes(db, [{ project_id, device_id: null }], { status: 'failed', since: null, until: null })
 */
export async function countEpisodes(
  db: Database,
  places: readonly Place[],
  wanted: Counted,
): Promise<number> {
  let total = 0
  for (const place of places) {
    for (const { n } of await readDays(db, place, wanted)) total += n
  }
  return total
}

/**
 * The position behind which page `page` begins, found by walking days; null for the first page. Behind the last page
 * it is a position behind the last episode.
 *
 * @param skipped how many episodes stand before the page
 */
export async function findPage(
  db: Database,
  place: Place,
  wanted: Counted,
  skipped: number,
): Promise<Position | null> {
  let left = skipped
  if (left === 0) return null
  for (const { n, from, to } of await readDays(db, place, wanted)) {
    if (left < n)
      return left === 0 ? { created_at: to, id: '' } : nthOf(db, place, wanted, { from, to, left })
    left -= n
  }
  return { created_at: '0', id: '' }
}

interface Day {
  /** Inclusive. */
  from: string
  /** Exclusive. */
  to: string
  n: number
}

/** The days that hold something, newest first, the edges cut where `since` and `until` cut them. */
async function readDays(db: Database, place: Place, { status, since, until }: Counted): Promise<Day[]> {
  let query = db
    .selectFrom('episode_days')
    .select(({ fn }) => ['day', fn.sum<number>('n').as('n')])
    .where('project_id', '=', place.project_id)
    .where('device_id', '=', place.device_id ?? '')
    .groupBy('day')
    .orderBy('day', 'desc')
  if (status) query = query.where('status', '=', status)
  if (since) query = query.where('day', '>=', since.slice(0, 10))
  if (until) query = query.where('day', '<=', until.slice(0, 10))
  const days: Day[] = []
  for (const { day, n } of await query.execute()) {
    if (n === 0) continue
    const whole = { from: `${day}T00:00:00.000Z`, to: `${day}T24` }
    const from = since && since > whole.from ? since : whole.from
    const to = until && until < whole.to ? until : whole.to
    const isWhole = from === whole.from && to === whole.to
    days.push({ from, to, n: isWhole ? n : await countPart(db, place, status, { from, to }) })
  }
  return days
}

/** Counted inside of an index alone; the few that are archived are taken off again. */
async function countPart(
  db: Database,
  place: Place,
  status: EpisodeStatus | undefined,
  { from, to }: { from: string; to: string },
): Promise<number> {
  const { terms, params } = termsOf(place, status)
  const between = 'created_at >= ? AND created_at < ?'
  const [row] = await run<{ n: number }>(
    db,
    `SELECT (SELECT count(*) FROM episodes WHERE ${terms} AND ${between})
       - (SELECT count(*) FROM episodes WHERE ${terms} AND project_id = ? AND archived_at IS NOT NULL AND ${between}) AS n`,
    [...params, from, to, ...params, place.project_id, from, to],
  )
  return row?.n ?? 0
}

/** The last of the first so many of a part of a day. */
async function nthOf(
  db: Database,
  place: Place,
  { status }: Counted,
  { from, to, left }: { from: string; to: string; left: number },
): Promise<Position | null> {
  const { terms, params } = termsOf(place, status)
  const [row] = await run<Position>(
    db,
    `SELECT created_at, id FROM (
       SELECT created_at, id FROM episodes
       WHERE ${terms} AND archived_at IS NULL AND created_at >= ? AND created_at < ?
       ORDER BY created_at DESC, id DESC LIMIT ?
     ) AS skipped ORDER BY created_at, id LIMIT 1`,
    [...params, from, to, left],
  )
  return row ?? null
}

function termsOf(place: Place, status: EpisodeStatus | undefined): { terms: string; params: unknown[] } {
  const device = place.device_id !== null
  const first = device ? { terms: 'device_id = ?', params: [place.device_id] } : undefined
  const { terms, params } = first ?? { terms: 'project_id = ?', params: [place.project_id] }
  return status === undefined
    ? { terms, params }
    : { terms: `${terms} AND status = ?`, params: [...params, status] }
}

async function run<Row>(db: Database, sql: string, params: unknown[]): Promise<Row[]> {
  const { rows } = await db.executeQuery<Row>(CompiledQuery.raw(sql, params))
  return rows
}
