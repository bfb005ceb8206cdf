import type { EpisodeDetail } from '../../sdk/wire.ts'
import type { PersonCaller } from '../caller.ts'
import type { AppContext } from '../context.ts'
import { AppError } from '../errors.ts'
import { hasRole } from '../organizations/permissions.ts'
import { getEpisode, getEpisodeRow } from './episodes.ts'

/**
 * Takes an episode out of the lists; nothing is deleted. Archiving again changes nothing. An archived episode is
 * not finalized and takes no uploads until it is restored.
 *
 * @throws AppError not_found, forbidden for viewers
 */
export async function archiveEpisode(
  ctx: Pick<AppContext, 'db' | 'config' | 'now'>,
  caller: PersonCaller,
  id: string,
): Promise<EpisodeDetail> {
  await requireMayArchive(ctx, caller, id)
  await ctx.db
    .updateTable('episodes')
    .set({ archived_at: ctx.now().toISOString(), archived_by: caller.account_id })
    .where('id', '=', id)
    .where('archived_at', 'is', null)
    .execute()
  return getEpisode(ctx, caller, id)
}

/** Brings an archived episode back as it was. @throws AppError not_found, forbidden for viewers */
export async function restoreEpisode(
  ctx: Pick<AppContext, 'db' | 'config'>,
  caller: PersonCaller,
  id: string,
): Promise<EpisodeDetail> {
  await requireMayArchive(ctx, caller, id)
  await ctx.db
    .updateTable('episodes')
    .set({ archived_at: null, archived_by: null })
    .where('id', '=', id)
    .execute()
  return getEpisode(ctx, caller, id)
}

async function requireMayArchive(
  ctx: Pick<AppContext, 'db'>,
  caller: PersonCaller,
  id: string,
): Promise<void> {
  const { organization_id } = await getEpisodeRow(ctx, caller, id)
  if (!hasRole(caller, organization_id, 'member')) throw new AppError('forbidden')
}
