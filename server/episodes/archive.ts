import type { EpisodeDetail } from '../../sdk/wire.ts'
import { actorOf, recordEvent } from '../audit/audit.ts'
import type { PersonCaller } from '../caller.ts'
import type { AppContext } from '../context.ts'
import { AppError } from '../errors.ts'
import { hasRole } from '../organizations/permissions.ts'
import { getEpisode, getEpisodeRow } from './episodes.ts'
import { refuseTrashed } from './trash.ts'

/**
 * Takes an episode out of the lists; nothing is deleted. Archiving again changes nothing. An archived episode is
 * not finalized and takes no uploads until it is restored.
 *
 * @throws AppError not_found, forbidden for viewers, conflict for an episode in the trash
 */
export async function archiveEpisode(
  ctx: Pick<AppContext, 'db' | 'config' | 'now'>,
  caller: PersonCaller,
  id: string,
): Promise<EpisodeDetail> {
  const archived_at = ctx.now().toISOString()
  await change(ctx, caller, id, { archived_at, archived_by: caller.account_id })
  return getEpisode(ctx, caller, id)
}

/** Brings an archived episode back as it was. @throws AppError not_found, forbidden for viewers */
export async function restoreEpisode(
  ctx: Pick<AppContext, 'db' | 'config' | 'now'>,
  caller: PersonCaller,
  id: string,
): Promise<EpisodeDetail> {
  await change(ctx, caller, id, { archived_at: null, archived_by: null })
  return getEpisode(ctx, caller, id)
}

/** Writes the change and tells the audit trail; what is so already stays untold. */
async function change(
  ctx: Pick<AppContext, 'db' | 'now'>,
  caller: PersonCaller,
  id: string,
  to: { archived_at: string | null; archived_by: string | null },
): Promise<void> {
  const row = await getEpisodeRow(ctx, caller, id)
  const { organization_id } = row
  if (!hasRole(caller, organization_id, 'member')) throw new AppError('forbidden')
  refuseTrashed(row)
  const archives = to.archived_at !== null
  await ctx.db.transaction().execute(async (trx) => {
    const changed = await trx
      .updateTable('episodes')
      .set(to)
      .where('id', '=', id)
      .where('archived_at', archives ? 'is' : 'is not', null)
      .where('trashed_at', 'is', null)
      .returning('id')
      .executeTakeFirst()
    if (!changed) return
    await recordEvent(trx, ctx.now().toISOString(), {
      action: archives ? 'episode.archived' : 'episode.restored',
      actor: actorOf(caller),
      organization_id,
      target: id,
    })
  })
}
