import { CompiledQuery } from 'kysely'
import type { Database } from '../db/open.ts'
import type { Position } from '../db/page.ts'
import type { Place, Traits, Walk } from './walk.ts'

/**
 * So many rows one walk looks at, however rare what it looks for is. Reading one takes about half a microsecond, and
 * several where it lies alone on its page: nobody else waits for it longer than some milliseconds.
 */
export const MOST_LOOKED_AT = 2_500

/** So few rows a place is looked at for, however many places there are: a step that looks at none gets nowhere. */
export const FEWEST_LOOKED_AT = 8

/** Rows of each index that are looked at to find out which of them leads furthest back for the same work. */
const PROBED = 500

/** Before the first and behind every position. */
const NEWEST: Position = { created_at: '9999', id: '' }

/** One way through the episodes of a place, newest first: an index, the columns it holds equal, and how far it is. */
export interface Lane {
  index: string
  equal: readonly Column[]
  /** Said as it stands where the index is partial: that is how the database knows that it may use it. */
  literal: string
  place: Place
  frontier: Position
  /** How many rows to look at next: more each time that too few of them fit. */
  step: number
  ended: boolean
}

type Column = keyof Traits | keyof Place

const ARCHIVED = 'archived_at IS NOT NULL AND trashed_at IS NULL'

/** Where there is an index for it, in schema.sql. */
const LANES: { index: string; equal: readonly Column[]; literal?: string; fits?: (walk: Walk) => boolean }[] =
  [
    { index: 'episodes_by_device', equal: ['device_id'] },
    { index: 'episodes_by_policy', equal: ['project_id', 'policy_version'] },
    {
      index: 'episodes_by_source',
      equal: ['project_id', 'source'],
      literal: "source <> 'real'",
      fits: ({ traits }) => traits.source !== 'real',
    },
    { index: 'episodes_by_status', equal: ['project_id', 'status'] },
    {
      index: 'episodes_archived',
      equal: ['project_id'],
      literal: ARCHIVED,
      fits: ({ archived }) => archived,
    },
  ]

/** The one index of a place that leads furthest back for the same work, at the walk's beginning. */
export async function chooseLane(db: Database, walk: Walk, place: Place): Promise<Lane> {
  // The first steps of all places together take half of what may be looked at.
  const share = Math.floor(MOST_LOOKED_AT / 2 / walk.places.length)
  const step = Math.max(FEWEST_LOOKED_AT, Math.min(4 * (walk.limit + 1), share))
  const start = { place, frontier: walk.after ?? NEWEST, step, ended: false }
  const lanes = LANES.filter(({ fits }) => fits === undefined || fits(walk))
    .filter(({ equal }) => equal.every((column) => wantedOf(walk, place, column) !== undefined))
    .map(({ index, equal, literal = '' }): Lane => ({ ...start, index, equal, literal }))
  const depth = Math.max(50, Math.floor(PROBED / walk.places.length))
  const [first, ...others] = lanes
  if (!first) return { ...start, index: 'episodes_newest', equal: ['project_id'], literal: '' }
  if (others.length === 0) return first
  let best = { lane: first, ...(await probe(db, walk, first, depth)) }
  for (const lane of others) {
    const probed = await probe(db, walk, lane, depth)
    if (isSparser(probed, best)) best = { lane, ...probed }
  }
  return best.lane
}

interface Probe {
  /** Rows there are, up to the depth that was asked. */
  rows: number
  /** ISO 8601: how far back they lead; null without any. */
  until: string | null
}

/** The fewest rows lead to the end soonest; of equally many, those that reach further back. */
function isSparser(one: Probe, other: Probe): boolean {
  if (one.rows !== other.rows) return one.rows < other.rows
  return (one.until ?? '') < (other.until ?? '')
}

async function probe(db: Database, walk: Walk, lane: Lane, depth: number): Promise<Probe> {
  const { text, params } = inside(walk, lane, [])
  const sql = `SELECT count(*) AS "rows", min(created_at) AS until FROM (${text}) AS looked`
  const [row] = await run<Probe>(db, sql, [...params, depth])
  return row ?? { rows: 0, until: null }
}

/** Goes on along a lane: finds so many at most, and looks at so many rows at most. */
export async function look(
  db: Database,
  walk: Walk,
  lane: Lane,
  { want, most }: { want: number; most: number },
): Promise<Position[]> {
  const rest = restOf(walk, lane)
  const rows = inside(walk, lane, ['archived_at', 'trashed_at', ...rest])
  const bare = inside(walk, lane, [])
  const fits = [...rest.map((column) => `${column} = ?`), walk.archived ? ARCHIVED : 'archived_at IS NULL']
  // What fits, and the last row that was looked at, in one statement: between two of them a row may come or go, and the
  // frontier would stand before one that was not looked at.
  const answer = await run<Position & { fits: 0 | 1 }>(
    db,
    `SELECT * FROM (SELECT created_at, id, 1 AS fits FROM (${rows.text}) AS looked
       WHERE ${fits.join(' AND ')} LIMIT ?) AS found
     UNION ALL
     SELECT * FROM (SELECT created_at, id, 0 AS fits FROM (${bare.text}) AS looked
       ORDER BY created_at, id LIMIT 1) AS furthest`,
    [
      ...[...rows.params, most, ...rest.map((column) => wantedOf(walk, lane.place, column)), want],
      ...[...bare.params, most],
    ],
  )
  const found = answer.filter((row) => row.fits === 1).map(({ created_at, id }) => ({ created_at, id }))
  const last = found.at(-1)
  if (last && found.length === want) {
    lane.frontier = last
    return found
  }
  lane.step *= 2
  const furthest = answer.find((row) => row.fits === 0)
  if (furthest) lane.frontier = { created_at: furthest.created_at, id: furthest.id }
  lane.ended = !furthest || (await probe(db, walk, lane, 1)).rows === 0
  return found
}

/**
 * The rows of a lane in its order, from the index that is meant: without statistics the database guesses, and a wrong
 * guess costs a second. The bound stands inside and every other condition outside of it, so that it bounds what is
 * looked at and not what is found.
 */
function inside(walk: Walk, lane: Lane, more: readonly string[]): { text: string; params: unknown[] } {
  const terms = lane.equal.map((column) => `${column} = ?`)
  if (lane.literal) terms.push(lane.literal)
  if (walk.since !== null) terms.push('created_at >= ?')
  terms.push('(created_at, id) < (?, ?)')
  const columns = ['created_at', 'id', ...more]
  return {
    text: `SELECT ${columns.join(', ')} FROM episodes INDEXED BY ${lane.index} WHERE ${terms.join(' AND ')}
      ORDER BY created_at DESC, id DESC LIMIT ?`,
    params: [
      ...lane.equal.map((column) => wantedOf(walk, lane.place, column)),
      ...(walk.since === null ? [] : [walk.since]),
      lane.frontier.created_at,
      lane.frontier.id,
    ],
  }
}

/** What the index does not hold equal and has to be read from each row. */
function restOf(walk: Walk, lane: Lane): Column[] {
  return COLUMNS.filter(
    (column) => !lane.equal.includes(column) && wantedOf(walk, lane.place, column) !== undefined,
  )
}

const COLUMNS: readonly Column[] = ['project_id', 'device_id', 'status', 'source', 'policy_version', 'robot']

function wantedOf(walk: Walk, place: Place, column: Column): string | undefined {
  if (column === 'project_id') return place.project_id
  if (column === 'device_id') return place.device_id ?? undefined
  return walk.traits[column]
}

async function run<Row>(db: Database, sql: string, params: unknown[]): Promise<Row[]> {
  const { rows } = await db.executeQuery<Row>(CompiledQuery.raw(sql, params))
  return rows
}
