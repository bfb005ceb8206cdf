import type { AppContext } from '../context.ts'

/**
 * How many days a new key may live: what its organization says, or for a key that is good in all of somebody's
 * organizations the strictest of them.
 *
 * @returns null where none says anything
 */
export async function keyDaysOf(
  ctx: Pick<AppContext, 'db'>,
  key: { organization_id: string | null; account_id: string | null },
): Promise<number | null> {
  const organizations = ctx.db
    .selectFrom('organizations as o')
    .select((all) => all.fn.min('key_days_max').as('days'))
  const { organization_id, account_id } = key
  const row =
    organization_id !== null
      ? await organizations.where('o.id', '=', organization_id).executeTakeFirst()
      : await organizations
          .innerJoin('members as m', 'm.organization_id', 'o.id')
          .where('m.account_id', '=', account_id ?? '')
          .executeTakeFirst()
  return row?.days ?? null
}
