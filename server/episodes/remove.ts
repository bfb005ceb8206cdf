import { actorOf, recordEvent } from '../audit/audit.ts'
import { countDeleted, openDeletion } from '../blobs/deletions.ts'
import { askToRemove, removeBlobs } from '../blobs/removals.ts'
import type { Caller } from '../caller.ts'
import type { AppContext } from '../context.ts'
import type { Database } from '../db/open.ts'
import type { EpisodesTable } from '../db/schema.gen.ts'
import { AppError } from '../errors.ts'

/** What has to be known of an episode that goes for good. */
export type Doomed = Pick<EpisodesTable, 'id' | 'organization_id' | 'name' | 'bytes_total'>

/**
 * Deletes episodes of one organization for good, with their artifacts, logs and tags. The rows go in one transaction,
 * which also opens a line of the ledger and notes what bytes are to go; those follow behind the request's back, also
 * after a crash.
 *
 * @param rows of episodes that the caller may delete: checked already
 * @throws AppError not_found when somebody else was first; conflict for what was to be deleted from the trash and has
 *   been restored
 */
export async function removeEpisodes(
  ctx: Pick<AppContext, 'db' | 'blobs' | 'now' | 'background' | 'log'>,
  caller: Caller,
  rows: readonly [Doomed, ...Doomed[]],
  { from_trash = false }: { from_trash?: boolean } = {},
): Promise<{ deleted_at: string }> {
  const [{ organization_id }] = rows
  const deleted_at = ctx.now().toISOString()
  await ctx.db.transaction().execute(async (trx) => {
    const { account_id } = caller
    const why = { because: 'person', account_id, trashed_until: null } as const
    const deletion_id = await openDeletion(trx, deleted_at, { organization_id, ...why })
    if (from_trash) await requireTrashed(trx, rows)
    for (const { id, name, bytes_total } of rows) {
      const gone = await forgetEpisodes(trx, deleted_at, { organization_id, ids: [id], deletion_id })
      if (gone.episodes === 0) throw new AppError('not_found', 'No such episode.')
      await recordEvent(trx, deleted_at, {
        action: 'episode.deleted',
        actor: actorOf(caller),
        organization_id,
        target: id,
        detail: { name, artifacts: gone.artifacts, bytes: bytes_total },
      })
    }
  })
  ctx.background.add('remove the bytes of deleted episodes', () => removeBlobs(ctx))
  return { deleted_at }
}

async function requireTrashed(trx: Database, rows: readonly Doomed[]): Promise<void> {
  const restored = await trx
    .selectFrom('episodes')
    .select('name')
    .where(
      'id',
      'in',
      rows.map(({ id }) => id),
    )
    .where('trashed_at', 'is', null)
    .executeTakeFirst()
  if (restored) throw new AppError('conflict', 'An episode is not in the trash any more: it was restored.')
}

/** Deletes the rows of episodes, counted for a line of the ledger, inside of a transaction. */
export async function forgetEpisodes(
  trx: Database,
  at: string,
  {
    organization_id,
    ids,
    deletion_id,
  }: { organization_id: string; ids: readonly string[]; deletion_id: string },
): Promise<{ episodes: number; artifacts: number; bytes: number }> {
  const blobs = await trx
    .deleteFrom('artifacts')
    .where('episode_id', 'in', ids)
    .returning(['blob_key', 'size_bytes'])
    .execute()
  await askToRemove(trx, at, { organization_id, blobs, deletion_id })
  await trx.deleteFrom('episode_logs').where('episode_id', 'in', ids).execute()
  await trx.deleteFrom('episode_tags').where('episode_id', 'in', ids).execute()
  const { numDeletedRows } = await trx.deleteFrom('episodes').where('id', 'in', ids).executeTakeFirstOrThrow()
  const bytes = blobs.reduce((sum, { size_bytes }) => sum + size_bytes, 0)
  const episodes = Number(numDeletedRows)
  await countDeleted(trx, deletion_id, at, { episodes, bytes })
  return { episodes, artifacts: blobs.length, bytes }
}
