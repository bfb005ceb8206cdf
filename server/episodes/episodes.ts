import { CompiledQuery } from 'kysely'
import type { z } from 'zod'
import type {
  Artifact,
  ArtifactKind,
  EpisodeDetail,
  EpisodeSummary,
  Metadata,
  StartedEpisode,
} from '../../sdk/wire.ts'
import type { Caller, OrganizationCaller } from '../caller.ts'
import type { AppContext } from '../context.ts'
import { newId } from '../db/ids.ts'
import type { ArtifactsTable, EpisodesTable } from '../db/schema.gen.ts'
import { AppError } from '../errors.ts'
import { parseJson, stringifyJson } from '../http/json.ts'
import { hasRole } from '../organizations/permissions.ts'
import { registerRobot } from '../robots/robots.ts'
import { KIND_NAMES } from './artifact-kinds.ts'
import { signUpload } from './links.ts'
import type { startEpisodeInput } from './schema.ts'
import { seedValue } from './seed.ts'

/**
 * Spelled out once: every run of every rig begins here, and a built query would cost more than the write. The device
 * is the key's own, else what the robot string means; an episode that a device logs with its own key and without a robot
 * string carries the device's name as its robot; no row comes back when the project takes no episodes.
 */
const INSERT_EPISODE = `
  INSERT INTO episodes (id, organization_id, project_id, device_id, package_id, api_key_id, account_id, status, source,
    name, robot, policy_version, env_version, git_sha, seed, fps, metadata, requested_uploads, bytes_total, created_at,
    updated_at)
  SELECT ?, ?, p.id, d.id, d.package_id, ?, ?, 'recording', ?, ?, COALESCE(?, d.name), ?, ?, ?, ?, ?, ?, ?, 0, ?, ?
  FROM projects p
  LEFT JOIN devices d
    ON d.id = COALESCE(?, (SELECT r.device_id FROM device_robots r WHERE r.project_id = p.id AND r.robot = ?))
  WHERE p.id = ? AND p.archived_at IS NULL
  RETURNING device_id`

/**
 * Opens an episode and signs one upload for each requested slot. One write, answered once it is on the disk; a robot
 * that is not known yet is registered first.
 *
 * @throws AppError conflict when the project is archived
 * @example await startEpisode(ctx, caller, { name: 'pick and place', request_uploads: ['video'] })
 */
export async function startEpisode(
  ctx: Pick<AppContext, 'db' | 'now' | 'signing' | 'config'>,
  caller: OrganizationCaller,
  input: z.output<typeof startEpisodeInput>,
): Promise<StartedEpisode> {
  const id = newId('ep')
  const at = ctx.now()
  const created_at = at.toISOString()
  const { organization_id, project_id, account_id, credential } = caller
  const kinds = [...new Set(input.request_uploads ?? [])]
  const metadata = input.otel ? { ...input.metadata, otel: input.otel } : (input.metadata ?? {})
  // What is empty after trimming was not given.
  const robot = input.robot || null
  const written = await ctx.db.executeQuery<{ device_id: string | null }>(
    CompiledQuery.raw(INSERT_EPISODE, [
      id,
      organization_id,
      credential.kind === 'api_key' ? credential.id : null,
      account_id,
      input.source ?? 'real',
      input.name || null,
      robot,
      input.policy_version || null,
      input.env_version || null,
      input.git_sha || null,
      input.seed ?? null,
      input.fps ?? null,
      stringifyJson(metadata),
      JSON.stringify(kinds),
      created_at,
      created_at,
      caller.pinned_device_id,
      robot,
      project_id,
    ]),
  )
  const [row] = written.rows
  if (!row) throw archivedProject()
  if (robot !== null && row.device_id === null) await assignRobot(ctx, caller, id, robot)
  const upload_urls = kinds.map((kind) =>
    signUpload(ctx, { organization_id, episode_id: id, kind, by: credential.id }, at),
  )
  return { episode_id: id, status: 'recording', storage: 'r2', upload_urls }
}

function archivedProject(): AppError {
  return new AppError(
    'conflict',
    'This project is archived and takes no episodes. Restore it, or name another.',
  )
}

/** The first episode of a robot that nobody has registered. */
async function assignRobot(
  ctx: Pick<AppContext, 'db' | 'now'>,
  caller: OrganizationCaller,
  id: string,
  robot: string,
): Promise<void> {
  if ((await registerRobot(ctx, caller, robot)) === null) return
  // Looked up once more: it may have been merged into another one a moment ago.
  await ctx.db
    .updateTable('episodes')
    .set((row) => ({
      device_id: row
        .selectFrom('device_robots')
        .select('device_id')
        .where('project_id', '=', caller.project_id)
        .where('robot', '=', robot),
    }))
    .where('id', '=', id)
    .execute()
}

/**
 * An episode with its artifacts.
 *
 * @throws AppError not_found, the same for an unknown episode and for one of another organization
 */
export async function getEpisode(
  ctx: Pick<AppContext, 'db' | 'config'>,
  caller: Caller,
  id: string,
): Promise<EpisodeDetail> {
  const row = await getEpisodeRow(ctx, caller, id)
  const artifacts = await artifactRows(ctx, id)
  return {
    ...toSummary(ctx, row),
    client_id: row.organization_id,
    project_id: row.project_id,
    metadata: readMetadata(row),
    requested_uploads: readKinds(row),
    artifacts: artifacts.map((artifact) => toArtifact(ctx, artifact)),
  }
}

/**
 * The row of an episode that the caller may see. Everything that names an episode goes through here.
 *
 * @throws AppError not_found
 */
export async function getEpisodeRow(
  ctx: Pick<AppContext, 'db'>,
  caller: Caller,
  id: string,
): Promise<EpisodesTable> {
  const row = await findEpisodeRow(ctx, caller, id)
  if (!row) throw new AppError('not_found', 'No such episode.')
  return row
}

/** The same for who says in other words that there is none. */
export async function findEpisodeRow(
  ctx: Pick<AppContext, 'db'>,
  caller: Caller,
  id: string,
): Promise<EpisodesTable | undefined> {
  const row = await ctx.db.selectFrom('episodes').selectAll().where('id', '=', id).executeTakeFirst()
  return row && maySee(caller, row) ? row : undefined
}

/** A pinned key knows nothing beyond its project and its device. */
function maySee(caller: Caller, { organization_id, project_id, device_id }: EpisodesTable): boolean {
  if (caller.kind === 'person') return hasRole(caller, organization_id, 'viewer')
  if (caller.organization_id !== organization_id) return false
  if (caller.pinned_project_id !== null && caller.pinned_project_id !== project_id) return false
  return caller.pinned_device_id === null || caller.pinned_device_id === device_id
}

/** What is stored of an episode, in the order of its slots. */
export async function artifactRows(
  ctx: Pick<AppContext, 'db'>,
  episode_id: string,
): Promise<ArtifactsTable[]> {
  const rows = await ctx.db.selectFrom('artifacts').selectAll().where('episode_id', '=', episode_id).execute()
  return rows.sort((a, b) => KIND_NAMES.indexOf(a.kind) - KIND_NAMES.indexOf(b.kind))
}

export type SummaryRow = Omit<EpisodesTable, 'metadata' | 'requested_uploads'>

export function toSummary(ctx: Pick<AppContext, 'config'>, row: SummaryRow): EpisodeSummary {
  return {
    id: row.id,
    name: row.name,
    source: row.source,
    status: row.status,
    robot: row.robot,
    policy_version: row.policy_version,
    env_version: row.env_version,
    git_sha: row.git_sha,
    seed: seedValue(row.seed),
    seed_text: row.seed,
    fps: row.fps,
    duration_s: row.duration_s,
    failure_time_s: row.failure_time_s,
    bytes_total: row.bytes_total,
    created_at: row.created_at,
    updated_at: row.updated_at,
    finalized_at: row.finalized_at,
    archived_at: row.archived_at,
    trashed_at: row.trashed_at,
    portal_url: `${ctx.config.public_url}/portal/episodes/${row.id}`,
  }
}

export function toArtifact(ctx: Pick<AppContext, 'config'>, row: ArtifactsTable): Artifact {
  const { episode_id, kind, content_type, size_bytes, sha256, stored_at } = row
  const url = `${ctx.config.public_url}/api/episodes/${episode_id}/artifact/${kind}`
  return { kind, content_type, size_bytes, sha256, stored_at, url }
}

export function readMetadata(row: Pick<EpisodesTable, 'metadata'>): Metadata {
  // Only objects are ever written to this column.
  return parseJson(row.metadata) as Metadata
}

export function readKinds(row: Pick<EpisodesTable, 'requested_uploads'>): ArtifactKind[] {
  // Only lists of kinds are ever written to this column.
  return JSON.parse(row.requested_uploads) as ArtifactKind[]
}
