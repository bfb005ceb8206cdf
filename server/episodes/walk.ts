import type { Database } from '../db/open.ts'
import type { Position } from '../db/page.ts'
import { chooseLane, FEWEST_LOOKED_AT, type Lane, look, MOST_LOOKED_AT } from './lanes.ts'

/** What an episode must have to be in a list. Undefined members do not matter. */
export interface Traits {
  status?: string | undefined
  source?: string | undefined
  policy_version?: string | undefined
  robot?: string | undefined
}

/** Where to look: one project, or one device of it. */
export interface Place {
  project_id: string
  device_id: string | null
}

export interface Walk {
  places: readonly Place[]
  traits: Traits
  archived: boolean
  /** ISO 8601, inclusive; null: to the very first. */
  since: string | null
  /** Begins right behind this position; null: at the newest. */
  after: Position | null
  /** How many to find, at most. */
  limit: number
}

export interface Found {
  /** Newest first. */
  found: Position[]
  /**
   * Where to go on; null when there is nothing more. It may come with fewer than `limit` found, or with none: then as
   * much was looked at as one request may, and this is how far that went.
   */
  next: Position | null
}

/**
 * Finds the newest episodes that fit, behind a position. Each place is walked along the one index that gets furthest
 * back with the fewest rows, several places are merged as they are walked, and the work is bounded.
 *
 * @example const { found, next } = await walkEpisodes(db, { places, traits: { status: 'failed' }, limit: 50, … })
 */
export async function walkEpisodes(db: Database, walk: Walk): Promise<Found> {
  const lanes: Lane[] = []
  for (const place of walk.places) lanes.push(await chooseLane(db, walk, place))
  const want = Math.min(walk.limit + 1, Math.max(8, Math.ceil((2 * walk.limit) / Math.max(1, lanes.length))))
  const found: Position[] = []
  let budget = MOST_LOOKED_AT
  for (let looks = 0; budget > 0 || looks < lanes.length; looks++) {
    const lane = slowest(lanes)
    // Everything that is newer than where the slowest lane stands is known by now.
    if (!lane || found.filter((one) => isNewer(one, lane.frontier)).length > walk.limit) break
    // Each lane takes its first step, also when there are more of them than the budget is for: until it has, nothing
    // that others found is certain, and there would be no place to go on from.
    const most = Math.min(Math.max(budget, FEWEST_LOOKED_AT), lane.step)
    found.push(...(await look(db, walk, lane, { want, most })))
    budget -= most
  }
  return cut(found, slowest(lanes)?.frontier, walk.limit)
}

/** So many walks one page takes at most: with what each may look at, some 100,000 rows. */
const MOST_WALKS = 40

/**
 * Walks on until `limit` are found, there are no more, or as much was looked at as a page may. Whoever counts pages must
 * not find one half empty while there are more; where what is looked for is rarer than that, `next` says so.
 *
 * @param walks how often to walk, at most
 * @example const { found, next } = await walkOn(db, { places: [place], traits: { status: 'failed' }, limit: 20, … })
 */
export async function walkOn(db: Database, walk: Walk, walks: number = MOST_WALKS): Promise<Found> {
  const found: Position[] = []
  let after = walk.after
  for (let walked = 0; walked < walks; walked++) {
    const step = await walkEpisodes(db, { ...walk, after, limit: walk.limit - found.length })
    found.push(...step.found)
    if (step.next === null || found.length >= walk.limit) return { found, next: step.next }
    after = step.next
  }
  return { found, next: after }
}

/** What is certain: nothing newer can turn up any more in a lane that has not been walked so far yet. */
function cut(found: Position[], frontier: Position | undefined, limit: number): Found {
  const certain = found
    .filter((one) => frontier === undefined || !isNewer(frontier, one))
    .sort((a, b) => (isNewer(a, b) ? -1 : 1))
  if (certain.length > limit) return { found: certain.slice(0, limit), next: certain[limit - 1] ?? null }
  return { found: certain, next: frontier ?? null }
}

/** The one that has got least far back. */
function slowest(lanes: readonly Lane[]): Lane | undefined {
  let found: Lane | undefined
  for (const lane of lanes) {
    if (!lane.ended && (!found || isNewer(lane.frontier, found.frontier))) found = lane
  }
  return found
}

function isNewer(one: Position, other: Position): boolean {
  if (one.created_at !== other.created_at) return one.created_at > other.created_at
  return one.id > other.id
}
