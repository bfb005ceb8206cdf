import { actorOf, recordEvent } from '../audit/audit.ts'
import { askToRemove, removeBlobs } from '../blobs/removals.ts'
import type { Caller } from '../caller.ts'
import type { AppContext } from '../context.ts'
import type { EpisodesTable } from '../db/schema.gen.ts'
import { AppError } from '../errors.ts'

/**
 * Deletes an episode for good, with its artifacts, logs and tags. The rows go in one transaction, which also notes
 * what bytes are to go; those follow behind the request's back, also after a crash.
 *
 * @param row of an episode that the caller may delete: checked already
 * @throws AppError not_found when somebody else was first
 */
export async function removeEpisode(
  ctx: Pick<AppContext, 'db' | 'blobs' | 'now' | 'background' | 'log'>,
  caller: Caller,
  row: Pick<EpisodesTable, 'id' | 'organization_id' | 'name' | 'bytes_total'>,
): Promise<{ deleted_at: string }> {
  const { id, organization_id } = row
  const deleted_at = ctx.now().toISOString()
  await ctx.db.transaction().execute(async (trx) => {
    const artifacts = await trx
      .deleteFrom('artifacts')
      .where('episode_id', '=', id)
      .returning(['blob_key', 'size_bytes'])
      .execute()
    await askToRemove(trx, deleted_at, { organization_id, blobs: artifacts })
    await trx.deleteFrom('episode_logs').where('episode_id', '=', id).execute()
    await trx.deleteFrom('episode_tags').where('episode_id', '=', id).execute()
    const gone = await trx.deleteFrom('episodes').where('id', '=', id).returning('id').executeTakeFirst()
    if (!gone) throw new AppError('not_found', 'No such episode.')
    await recordEvent(trx, deleted_at, {
      action: 'episode.deleted',
      actor: actorOf(caller),
      organization_id,
      target: id,
      detail: { name: row.name, artifacts: artifacts.length, bytes: row.bytes_total },
    })
  })
  ctx.background.add('remove the bytes of a deleted episode', () => removeBlobs(ctx))
  return { deleted_at }
}
