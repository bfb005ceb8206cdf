import type { z } from 'zod'
import type { EpisodePage, EpisodeStatus } from '../../sdk/wire.ts'
import type { AppContext } from '../context.ts'
import type { Database } from '../db/open.ts'
import { decodeCursor, encodeCursor, type Position } from '../db/page.ts'
import { projectIds } from '../organizations/project-ids.ts'
import { devicesCalled, findNamedDevice } from '../robots/names.ts'
import { toSummary } from './episodes.ts'
import type { listEpisodesQuery } from './schema.ts'
import { countEpisodes } from './totals.ts'
import { type Place, type Traits, walkEpisodes } from './walk.ts'

/** Whose episodes, and the one project and the one device that a key is pinned to. */
export interface Reader {
  organization_id: string
  pinned_project_id?: string | null
  pinned_device_id?: string | null
}

type Wanted = z.output<typeof listEpisodesQuery>

/** A page as the portal shows it. */
export interface ShownPage extends EpisodePage {
  /** How many fit; null where that is kept nowhere, and behind the first page. */
  total: number | null
  /** ISO 8601: how far back this page has looked, when it is not full and there is more; else null. */
  looked_to: string | null
}

/**
 * A page of an organization's episodes, newest first. It costs the same however far down it begins and however rare
 * what is asked for is: the cursor is a place in an index, nothing is counted, and a page that would take too long is
 * answered with fewer items, even none, and a cursor to go on with.
 *
 * @param where already checked against the caller
 * @throws AppError invalid_request for a cursor that was not made here, not_found for an unknown project
 */
export async function listEpisodes(
  ctx: Pick<AppContext, 'db' | 'config'>,
  where: Reader,
  wanted: Wanted,
): Promise<EpisodePage> {
  const { items, next_cursor } = await readPage(ctx, await scopeOf(ctx, where, wanted), wanted)
  return { items, next_cursor }
}

/** The same with what a page of the portal says beside it. */
export async function showEpisodes(
  ctx: Pick<AppContext, 'db' | 'config'>,
  where: Reader,
  wanted: Wanted,
): Promise<ShownPage> {
  const scope = await scopeOf(ctx, where, wanted)
  const { next, ...page } = await readPage(ctx, scope, wanted)
  const short = next !== null && page.items.length < wanted.limit
  return {
    ...page,
    total: wanted.cursor ? null : await totalOf(ctx.db, scope, wanted),
    looked_to: short ? next.created_at : null,
  }
}

interface Scope {
  places: Place[]
  traits: Traits
}

async function readPage(
  ctx: Pick<AppContext, 'db' | 'config'>,
  { places, traits }: Scope,
  wanted: Wanted,
): Promise<EpisodePage & { next: Position | null }> {
  const { found, next } = await walkEpisodes(ctx.db, {
    ...{ places, traits, archived: wanted.archived, limit: wanted.limit, since: wanted.since ?? null },
    after: startOf(wanted.cursor ? decodeCursor(wanted.cursor) : null, wanted.until),
  })
  const rows = await readSummaries(ctx.db, found)
  return { items: rows.map((row) => toSummary(ctx, row)), next_cursor: next && encodeCursor(next), next }
}

/** Behind the page before and before `until`, whichever is older. */
export function startOf(after: Position | null, until: string | null | undefined): Position | null {
  // No id is empty: everything of that very moment stands before this position.
  if (until && (!after || until <= after.created_at)) return { created_at: until, id: '' }
  return after
}

const COLUMNS = [
  'id',
  'organization_id',
  'project_id',
  'device_id',
  'api_key_id',
  'account_id',
  'status',
  'source',
  'name',
  'robot',
  'policy_version',
  'env_version',
  'git_sha',
  'seed',
  'fps',
  'duration_s',
  'failure_time_s',
  'bytes_total',
  'created_at',
  'updated_at',
  'finalized_at',
  'archived_at',
  'archived_by',
  'trashed_at',
  'trashed_by',
  'package_id',
] as const

/** The rows of what was found, in its order; without metadata, which may be large. */
export async function readSummaries(db: Database, found: readonly Position[]) {
  if (found.length === 0) return []
  const ids = found.map(({ id }) => id)
  const rows = await db.selectFrom('episodes').select(COLUMNS).where('id', 'in', ids).execute()
  const byId = new Map(rows.map((row) => [row.id, row]))
  return ids.flatMap((id) => byId.get(id) ?? [])
}

/** Which projects and devices the wanted ones are, of those that the caller may see. */
async function scopeOf(ctx: Pick<AppContext, 'db'>, where: Reader, wanted: Wanted): Promise<Scope> {
  const { organization_id, pinned_project_id = null, pinned_device_id = null } = where
  const named = wanted.project || null
  const projects = await projectIds(ctx, organization_id, { named, pinned: pinned_project_id })
  const traits: Traits = {
    status: wanted.status ?? undefined,
    source: wanted.source ?? undefined,
    policy_version: wanted.policy_version || undefined,
    robot: wanted.robot || undefined,
  }
  const device = await onlyDevice(ctx.db, projects, wanted.device_id || null, pinned_device_id)
  if (device) return { places: device, traits }
  const devices = traits.robot === undefined ? [] : await devicesCalled(ctx.db, projects, traits.robot)
  // A robot string is looked up with the devices that it means or was, to which an index leads. Where it means none,
  // it is all that said so themselves.
  if (devices.length > 0) return { places: devices, traits }
  return { places: projects.map((project_id) => ({ project_id, device_id: null })), traits }
}

/** @returns undefined when any device will do; no place when there is none that is both wanted and allowed */
async function onlyDevice(
  db: Database,
  projects: readonly string[],
  wanted: string | null,
  pinned: string | null,
): Promise<Place[] | undefined> {
  const named = wanted ?? pinned
  if (named === null) return undefined
  const found = await findNamedDevice(db, projects, named)
  return found && (pinned === null || found.device_id === pinned) ? [found] : []
}

/** Kept only for what episode_days knows. */
async function totalOf(db: Database, { places, traits }: Scope, wanted: Wanted): Promise<number | null> {
  const { status, source, policy_version, robot } = traits
  if (wanted.archived || source || policy_version || robot) return null
  const range = { since: wanted.since ?? null, until: wanted.until ?? null }
  return countEpisodes(db, places, { status: status as EpisodeStatus | undefined, ...range })
}
