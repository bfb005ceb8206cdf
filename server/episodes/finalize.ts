import type { z } from 'zod'
import type { ArtifactKind, FinalizedEpisode, Metadata } from '../../sdk/wire.ts'
import type { OrganizationCaller } from '../caller.ts'
import type { AppContext } from '../context.ts'
import type { Database } from '../db/open.ts'
import type { ArtifactsTable, EpisodesTable } from '../db/schema.gen.ts'
import { AppError } from '../errors.ts'
import { stringifyJson } from '../http/json.ts'
import { isAskedFor, tell } from '../outbox/outbox.ts'
import { artifactRows, getEpisodeRow, readKinds, readMetadata } from './episodes.ts'
import type { finalizeEpisodeInput } from './schema.ts'
import { refuseTrashed } from './trash.ts'

type Input = z.output<typeof finalizeEpisodeInput>

/** As much as one body may carry: metadata of start and finalize together. */
const MAX_METADATA_CHARACTERS = 1_000_000

/** A failure is marked at most this far behind the end: clocks of camera and controller differ by a frame. */
const FAILURE_SLACK_S = 0.001

/**
 * Ends a recording. Of two at the same moment one decides, and both are answered with its outcome; finalizing
 * again changes nothing and answers the same.
 *
 * @throws AppError not_found, conflict for an archived episode or when bytes that were sent are not on the disk
 * @example await finalizeEpisode(ctx, caller, { id, status: 'failed', failure_time_s: 3.2 })
 */
export async function finalizeEpisode(
  ctx: Pick<AppContext, 'db' | 'blobs' | 'now'> & Partial<Pick<AppContext, 'metrics'>>,
  caller: OrganizationCaller,
  input: Input,
): Promise<FinalizedEpisode> {
  const row = await getEpisodeRow(ctx, caller, input.id)
  refuseArchived(row)
  if (isOpen(row)) {
    const artifacts = await artifactRows(ctx, row.id)
    await requireOnDisk(ctx, artifacts)
    if (input.status === 'ready') requireArrived(input, row, artifacts)
    if (await writeOutcome(ctx, row, input)) ctx.metrics?.episodeFinalized(input.status)
  }
  return outcome(ctx, caller, row.id)
}

/** Not finalized yet: whoever was interrupted may still come back. */
const OPEN = ['recording', 'interrupted'] as const

function isOpen({ status }: EpisodesTable): boolean {
  return OPEN.some((open) => open === status)
}

/**
 * Decides by one statement: whoever comes second finds the episode no longer recording.
 *
 * @returns whether it was this call that ended it
 */
async function writeOutcome(
  ctx: Pick<AppContext, 'db' | 'now'>,
  row: EpisodesTable,
  input: Input,
): Promise<boolean> {
  const at = ctx.now().toISOString()
  const { organization_id, project_id, id: target } = row
  const type = `episode.${input.status}` as const
  // Nearly nobody asks: then this is one statement, which shares its commit with others.
  if (!(await isAskedFor(ctx.db, organization_id, type))) {
    return endRecording(ctx.db, at, row, input)
  }
  return ctx.db.transaction().execute(async (trx) => {
    const ended = await endRecording(trx, at, row, input)
    if (ended) await tell(trx, at, { type, organization_id, project_id, target })
    return ended
  })
}

/** @returns whether it was this call that ended it */
async function endRecording(db: Database, at: string, row: EpisodesTable, input: Input): Promise<boolean> {
  const duration_s = input.duration_s ?? row.duration_s
  const ended = await db
    .updateTable('episodes')
    .set((set) => ({
      status: input.status,
      duration_s,
      fps: input.fps ?? row.fps,
      failure_time_s: failureTime(input, duration_s),
      metadata: mergeMetadata(readMetadata(row), input),
      // Summed here and not from the rows read above: an upload may have ended in between.
      bytes_total: set.fn.coalesce(
        set
          .selectFrom('artifacts')
          .select((sum) => sum.fn.sum<number>('size_bytes').as('bytes'))
          .where('episode_id', '=', row.id),
        set.lit(0),
      ),
      updated_at: at,
      finalized_at: at,
    }))
    .where('id', '=', row.id)
    .where('status', 'in', OPEN)
    .where('archived_at', 'is', null)
    .executeTakeFirst()
  return ended.numUpdatedRows > 0n
}

async function outcome(
  ctx: Pick<AppContext, 'db'>,
  caller: OrganizationCaller,
  id: string,
): Promise<FinalizedEpisode> {
  const row = await getEpisodeRow(ctx, caller, id)
  refuseArchived(row)
  if (row.status === 'recording' || row.status === 'interrupted')
    throw new Error('an episode is still open after it was finalized')
  return {
    episode_id: id,
    status: row.status,
    updated_at: row.updated_at,
    bytes_total: row.bytes_total,
    missing_uploads: missing(row, await artifactRows(ctx, id)),
  }
}

function refuseArchived(row: EpisodesTable): void {
  refuseTrashed(row)
  if (row.archived_at === null) return
  throw new AppError('conflict', 'This episode is archived. Restore it first, then finalize it.')
}

/** A stored artifact whose file is gone or has another size means a damaged disk: never call that ready. */
async function requireOnDisk(ctx: Pick<AppContext, 'blobs'>, artifacts: ArtifactsTable[]): Promise<void> {
  const sizes = await Promise.all(artifacts.map(({ blob_key }) => ctx.blobs.head(blob_key)))
  const damaged = artifacts.filter(({ size_bytes }, at) => sizes[at] !== size_bytes)
  if (damaged.length === 0) return
  const names = damaged.map(({ kind }) => kind).join(', ')
  throw new AppError('conflict', `The stored bytes of ${names} are not what was uploaded. Upload again.`)
}

/**
 * Stock clients ask for all three slots and often fill one, so an empty slot alone is no error. But they also take
 * a redirect for success: when they count more bytes than are here and a slot is empty, an upload was lost.
 */
function requireArrived(input: Input, row: EpisodesTable, artifacts: ArtifactsTable[]): void {
  const held = artifacts.reduce((sum, { size_bytes }) => sum + size_bytes, 0)
  const sent = input.bytes_total ?? 0
  const empty = missing(row, artifacts)
  if (sent <= held || empty.length === 0) return
  throw new AppError(
    'conflict',
    `${sent} bytes were sent and ${held} are here: nothing has arrived for ${empty.join(', ')}. Upload again, then finalize.`,
  )
}

function missing(row: EpisodesTable, artifacts: ArtifactsTable[]): ArtifactKind[] {
  return readKinds(row).filter((kind) => !artifacts.some((artifact) => artifact.kind === kind))
}

function failureTime(input: Input, duration_s: number | null): number | null {
  const time = input.failure?.time_s ?? input.failure_time_s
  if (time === null || time === undefined) return null
  const end = duration_s === null ? Number.POSITIVE_INFINITY : duration_s + FAILURE_SLACK_S
  return Math.max(0, Math.min(time, end))
}

/** Member by member at the top level: a client that failed sends only its reason, and the context must stay. */
function mergeMetadata(before: Metadata, input: Input): string {
  const reason = input.failure?.reason
  const merged = { ...before, ...input.metadata, ...(reason ? { failure_reason: reason } : {}) }
  const text = stringifyJson(merged)
  if (text.length <= MAX_METADATA_CHARACTERS) return text
  const message = `must have at most ${MAX_METADATA_CHARACTERS} characters together with what is there already`
  throw new AppError('invalid_request', `metadata: ${message}`, { errors: [{ path: 'metadata', message }] })
}
