import type { Caller } from '../caller.ts'
import type { AppContext } from '../context.ts'
import { countEpisodesOf } from '../episodes/of-device.ts'
import { enter } from '../organizations/act-within.ts'

/**
 * How many episodes each of some devices of an organization has: what moves when one of them turns out to be another.
 *
 * @param input.device_ids those of others, and those that are gone, are left out of the answer
 * @throws AppError not_found, forbidden
 */
export async function episodeCounts(
  ctx: Pick<AppContext, 'db'>,
  caller: Caller,
  input: { org: string; device_ids: string[] },
): Promise<Record<string, number>> {
  const { organization_id } = await enter(ctx, caller, { org: input.org }, 'fleet:read')
  if (input.device_ids.length === 0) return {}
  const rows = await ctx.db
    .selectFrom('devices')
    .select(['id', 'project_id'])
    .where('id', 'in', input.device_ids)
    .where('organization_id', '=', organization_id)
    .where('removed_at', 'is', null)
    .execute()
  const counts = await countEpisodesOf(ctx.db, rows)
  return Object.fromEntries(rows.map(({ id }) => [id, counts[id] ?? 0]))
}
