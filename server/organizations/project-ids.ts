import type { AppContext } from '../context.ts'
import { AppError } from '../errors.ts'

/**
 * The projects of an organization, for what is read of several of them at once.
 *
 * @param named slug or id of the only one that is wanted; null: all of them
 * @param pinned the only one that the caller's credential is good for; null: any
 * @throws AppError not_found for a project of somebody else, or outside of the pin
 */
export async function projectIds(
  ctx: Pick<AppContext, 'db'>,
  organization_id: string,
  { named, pinned }: { named: string | null; pinned: string | null },
): Promise<string[]> {
  if (named === null && pinned !== null) return [pinned]
  const rows = await ctx.db
    .selectFrom('projects')
    .select(['id', 'slug'])
    .where('organization_id', '=', organization_id)
    .execute()
  if (named === null) return rows.map(({ id }) => id)
  const found = rows.find(({ id, slug }) => id === named || slug === named)
  if (!found || (pinned !== null && pinned !== found.id)) throw new AppError('not_found', 'No such project.')
  return [found.id]
}
