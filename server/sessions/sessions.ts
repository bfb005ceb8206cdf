import type {
  DeletedSession,
  EpisodeStatus,
  ListSessions,
  Session,
  SessionArtifacts,
  SessionDetail,
  SessionList,
  SessionMetrics,
  SessionStatus,
} from '../../sdk/wire.ts'
import type { Caller } from '../caller.ts'
import type { AppContext } from '../context.ts'
import type { Database } from '../db/open.ts'
import { decodeCursor, encodeCursor } from '../db/page.ts'
import type { EpisodesTable } from '../db/schema.gen.ts'
import { countArtifacts } from '../episodes/artifact-counts.ts'
import { artifactRows, findEpisodeRow, type SummaryRow, toArtifact } from '../episodes/episodes.ts'
import { readSummaries, startOf } from '../episodes/list.ts'
import { removeEpisodes } from '../episodes/remove.ts'
import { countEpisodes, findPage } from '../episodes/totals.ts'
import { moveToTrash, refuseTrashed, takeFromTrash } from '../episodes/trash.ts'
import { type Place, walkOn } from '../episodes/walk.ts'
import { AppError } from '../errors.ts'
import { enter } from '../organizations/act-within.ts'
import type { Scope } from '../organizations/scopes.ts'
import { deviceNames, findNamedDevice } from '../robots/names.ts'
import { findPackageName } from '../software/packages.ts'
import { countLogs } from './logs.ts'
import { tagsOf } from './tags.ts'

type Ctx = Pick<AppContext, 'db'>

export interface ProjectAddress {
  org: string
  project: string
}
export interface SessionAddress extends ProjectAddress {
  id: string
}

/** What an episode's status is called here. */
const STATUS: Record<EpisodeStatus, SessionStatus> = {
  recording: 'active',
  interrupted: 'interrupted',
  ready: 'completed',
  failed: 'failed',
}
const EPISODE_STATUS: Record<SessionStatus, EpisodeStatus> = {
  active: 'recording',
  interrupted: 'interrupted',
  completed: 'ready',
  failed: 'failed',
}

/**
 * The sessions of a project, newest first: its episodes under another name. Totals and the places where pages begin
 * come from a rollup, so no page counts what stands before it.
 *
 * @throws AppError not_found, insufficient_scope, forbidden; invalid_request for a cursor that was not made here
 * @example await listSessions(ctx, caller, { org: 'acme', project: 'default', status: 'failed', page_size: 20 })
 */
export async function listSessions(
  ctx: Ctx,
  caller: Caller,
  input: ProjectAddress & Wanted & { page_size: number },
): Promise<SessionList> {
  const { project_id } = await enter(ctx, caller, input, 'episodes:read')
  const place = await placeOf(ctx.db, caller, project_id, input.device_id)
  const page = input.cursor === undefined ? (input.page ?? 1) : null
  const answer = { page, page_size: input.page_size }
  if (!place) return { items: [], total: 0, ...answer, next_cursor: null }
  const status = input.status && EPISODE_STATUS[input.status]
  const counted = { status, since: input.since ?? null, until: input.until ?? null }
  const total = await countEpisodes(ctx.db, [place], counted)
  const after =
    input.cursor === undefined
      ? await findPage(ctx.db, place, counted, ((page ?? 1) - 1) * input.page_size)
      : decodeCursor(input.cursor)
  if (total === 0) return { items: [], total, ...answer, next_cursor: null }
  const { found, next } = await walkOn(ctx.db, {
    ...{ places: [place], traits: { status }, archived: false, since: counted.since },
    ...{ after: startOf(after, counted.until), limit: input.page_size },
  })
  const items = await toSessions(ctx.db, await readSummaries(ctx.db, found))
  return { items, total, ...answer, next_cursor: next && encodeCursor(next) }
}

/** Filters and paging, as far as they were given. */
type Wanted = { [Name in keyof ListSessions]?: ListSessions[Name] | undefined }

/** @returns undefined when the device is not there, or not the one that the caller's key is pinned to */
async function placeOf(
  db: Database,
  caller: Caller,
  project_id: string,
  device: string | undefined,
): Promise<Place | undefined> {
  const pinned = caller.kind === 'organization' ? caller.pinned_device_id : null
  const named = device ?? pinned
  if (named === null) return { project_id, device_id: null }
  const found = await findNamedDevice(db, [project_id], named)
  return found && (pinned === null || found.device_id === pinned) ? found : undefined
}

/** @throws AppError not_found, also for what is outside of a key's pin */
export async function getSession(ctx: Ctx, caller: Caller, input: SessionAddress): Promise<SessionDetail> {
  const row = await findSession(ctx, caller, input, 'episodes:read')
  const [session] = await toSessions(ctx.db, [row])
  if (!session) throw noSession()
  const name = row.package_id && (await findPackageName(ctx.db, row.package_id))
  return {
    ...session,
    trashed_at: row.trashed_at,
    metrics: await metricsOf(ctx.db, row.id),
    package: row.package_id && name ? { id: row.package_id, name } : null,
  }
}

/** @throws AppError not_found */
export async function listSessionArtifacts(
  ctx: Pick<AppContext, 'db' | 'config'>,
  caller: Caller,
  input: SessionAddress,
): Promise<SessionArtifacts> {
  const { id } = await findSession(ctx, caller, input, 'episodes:read')
  const items = (await artifactRows(ctx, id)).map((row) => toArtifact(ctx, row))
  return { items, total: items.length, page: 1, page_size: 20, next_cursor: null }
}

/**
 * Deletes a session for good: its episode with artifacts, logs and tags.
 *
 * @throws AppError not_found; insufficient_scope and forbidden for everybody but admins, and for a key that is pinned
 *   to a device, whatever its scopes: a robot does not delete recordings
 */
export async function deleteSession(
  ctx: Pick<AppContext, 'db' | 'blobs' | 'now' | 'background' | 'log'>,
  caller: Caller,
  input: SessionAddress,
): Promise<DeletedSession> {
  const row = await findSession(ctx, caller, input, 'admin')
  refusePinned(caller)
  const metrics = await metricsOf(ctx.db, row.id)
  const { deleted_at } = await removeEpisodes(ctx, caller, [row])
  return { id: row.id, deleted_at, metrics }
}

/**
 * Moves a session to the trash, or takes it from there.
 *
 * @throws AppError as deleting it does
 */
export async function trashSession(
  ctx: Pick<AppContext, 'db' | 'now'>,
  caller: Caller,
  { trashed, ...input }: SessionAddress & { trashed: boolean },
): Promise<SessionDetail> {
  const row = await findSession(ctx, caller, input, 'admin')
  refusePinned(caller)
  await (trashed ? moveToTrash(ctx, caller, [row]) : takeFromTrash(ctx, caller, [row]))
  return getSession(ctx, caller, input)
}

function refusePinned(caller: Caller): void {
  if (caller.kind !== 'organization' || caller.pinned_device_id === null) return
  throw new AppError('forbidden', 'This key is for one device; it deletes no sessions.')
}

/**
 * The episode that an address names, once the caller may do this there.
 *
 * @throws AppError not_found, insufficient_scope, forbidden; conflict for changing one that is in the trash
 */
export async function findSession(
  ctx: Ctx,
  caller: Caller,
  input: SessionAddress,
  scope: Scope,
): Promise<EpisodesTable> {
  const { project_id } = await enter(ctx, caller, input, scope)
  const row = await findEpisodeRow(ctx, caller, input.id)
  if (!row || row.project_id !== project_id) throw noSession()
  if (scope === 'episodes:write') refuseTrashed(row)
  return row
}

function noSession(): AppError {
  return new AppError('not_found', 'No such session.')
}

async function metricsOf(db: Database, id: string): Promise<SessionMetrics> {
  const artifacts = (await countArtifacts(db, [id])).get(id)
  return {
    log_count: await countLogs(db, id),
    artifact_count: artifacts?.count ?? 0,
    artifact_size_bytes: artifacts?.size_bytes ?? 0,
  }
}

async function toSessions(db: Database, rows: SummaryRow[]): Promise<Session[]> {
  const ids = rows.map(({ id }) => id)
  const [names, tags, artifacts] = [
    await deviceNames(
      db,
      rows.map(({ device_id }) => device_id),
    ),
    await tagsOf(db, ids),
    await countArtifacts(db, ids),
  ]
  return rows.map((row) => ({
    id: row.id,
    device_id: row.device_id,
    device_name: row.device_id && (names.get(row.device_id) ?? null),
    status: STATUS[row.status],
    started_at: row.created_at,
    ended_at: row.finalized_at,
    duration_seconds: row.duration_s,
    tags: tags.get(row.id) ?? [],
    artifact_count: artifacts.get(row.id)?.count ?? 0,
  }))
}
