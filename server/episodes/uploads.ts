import { randomBytes } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Artifact } from '../../sdk/wire.ts'
import { askToRemove, removeBlobs } from '../blobs/removals.ts'
import { checkLink } from '../blobs/signed-url.ts'
import type { AppContext } from '../context.ts'
import { mayStill } from '../credentials/credentials.ts'
import type { ArtifactsTable } from '../db/schema.gen.ts'
import { AppError } from '../errors.ts'
import { cutWhenStalled } from '../http/body-deadline.ts'
import { claimRoom } from '../quota/quota.ts'
import { ARTIFACT_KINDS, kindOfFile } from './artifact-kinds.ts'
import { toArtifact } from './episodes.ts'
import { heard } from './lease.ts'
import type { Slot } from './links.ts'
import { refuseTrashed } from './trash.ts'

/**
 * Takes an artifact's bytes. All that can be refused is refused before the first byte is read, and the answer
 * comes when bytes and row are durable. Uploading again replaces what was there while the episode records.
 *
 * @throws AppError bad_signature, method_not_allowed, unsupported_media_type, length_required, too_large,
 *   storage_full, quota_exceeded, not_found, conflict once the episode is finalized or archived
 */
export async function storeArtifact(
  ctx: AppContext,
  named: { organization_id: string; episode_id: string; file: string },
  request: IncomingMessage & { originalUrl: string },
): Promise<Artifact> {
  const kind = kindOfFile(named.file)
  if (!kind) throw new AppError('bad_signature')
  const { content_type } = ARTIFACT_KINDS[kind]
  const link = checkLink(
    ctx,
    { method: request.method ?? '', url: request.originalUrl },
    { artifact: kind, content_type },
  )
  // A link outlives neither its half hour nor the credential it was given to.
  const { organization_id } = named
  if (!(await mayStill(ctx, link.by, { organization_id, scope: 'episodes:write' })))
    throw new AppError('bad_signature')
  const size = announcedSize(request, content_type, Number(link.terms))
  const slot = { organization_id: named.organization_id, episode_id: named.episode_id, kind }
  await requireRecording(ctx, slot)
  const over = await claimRoom(ctx, organization_id, size)
  try {
    return await store(ctx, slot, request, { size, content_type })
  } finally {
    over()
  }
}

async function store(
  ctx: AppContext,
  slot: Slot,
  request: IncomingMessage,
  { size, content_type }: { size: number; content_type: string },
): Promise<Artifact> {
  cutWhenStalled(request, ctx.config.upload_idle_s)
  const staged = await ctx.blobs.stage(request, size)
  const blob_key = blobKeyOf(slot, staged.sha256)
  try {
    await staged.commit(blob_key)
    const { stored, replaced } = await writeRow(ctx, slot, {
      episode_id: slot.episode_id,
      kind: slot.kind,
      blob_key,
      content_type,
      size_bytes: staged.size_bytes,
      sha256: staged.sha256,
      stored_at: ctx.now().toISOString(),
    })
    if (replaced) ctx.background.add('remove a replaced artifact', () => removeBlobs(ctx))
    return toArtifact(ctx, stored)
  } catch (error) {
    await staged.discard()
    await ctx.blobs.remove(blob_key)
    throw error
  }
}

/** Exactly the pinned type and an exact length: the signature covers both. */
function announcedSize(request: IncomingMessage, content_type: string, max: number): number {
  if (request.headers['content-type']?.trim().toLowerCase() !== content_type) {
    throw new AppError('unsupported_media_type', `Send this artifact with Content-Type: ${content_type}.`)
  }
  const length = request.headers['content-length']
  if (request.headers['transfer-encoding'] !== undefined || length === undefined) {
    throw new AppError('length_required')
  }
  const size = Number(length)
  if (size > max)
    throw new AppError('too_large', `The artifact has ${size} bytes; at most ${max} are accepted.`)
  return size
}

async function requireRecording(ctx: Pick<AppContext, 'db'>, slot: Slot): Promise<void> {
  const row = await ctx.db
    .selectFrom('episodes')
    .select(['status', 'archived_at', 'trashed_at'])
    .where('id', '=', slot.episode_id)
    .where('organization_id', '=', slot.organization_id)
    .executeTakeFirst()
  if (!row) throw new AppError('not_found', 'No such episode.')
  refuseTrashed(row)
  if (!['recording', 'interrupted'].includes(row.status) || row.archived_at !== null)
    throw noLongerRecording()
}

function noLongerRecording(): AppError {
  return new AppError(
    'conflict',
    'This episode is finalized or archived and takes no more uploads. Start a new one.',
  )
}

/**
 * Named by content and by attempt: no two uploads ever share a name, so that whoever loses a race removes only
 * bytes of its own, and a crash before the row leaves a file that nothing points at.
 */
function blobKeyOf(slot: Slot, sha256: string): string {
  const { organization_id, episode_id, kind } = slot
  const name = `${kind}-${sha256.slice(0, 16)}-${randomBytes(4).toString('hex')}`
  return `episodes/${organization_id}/${episode_id}/${name}.${ARTIFACT_KINDS[kind].extension}`
}

/** The row counts only while the episode records: a finalize at the same moment comes wholly before or after. */
async function writeRow(
  ctx: Pick<AppContext, 'db'>,
  { organization_id }: Slot,
  row: ArtifactsTable,
): Promise<{ stored: ArtifactsTable; replaced: boolean }> {
  return ctx.db.transaction().execute(async (trx) => {
    const open = await heard(trx, row.episode_id, row.stored_at, { resumes: true })
    if (!open) throw noLongerRecording()
    const before = await trx
      .selectFrom('artifacts')
      .select(['blob_key', 'size_bytes'])
      .where('episode_id', '=', row.episode_id)
      .where('kind', '=', row.kind)
      .executeTakeFirst()
    await trx
      .insertInto('artifacts')
      .values(row)
      .onConflict((taken) => taken.columns(['episode_id', 'kind']).doUpdateSet(row))
      .execute()
    await trx
      .updateTable('episodes')
      .set((set) => ({
        bytes_total: set
          .selectFrom('artifacts')
          .select((sum) => sum.fn.sum<number>('size_bytes').as('bytes'))
          .where('episode_id', '=', row.episode_id),
      }))
      .where('id', '=', row.episode_id)
      .execute()
    const blobs = before ? [before] : []
    await askToRemove(trx, row.stored_at, { organization_id, blobs })
    return { stored: row, replaced: before !== undefined }
  })
}
