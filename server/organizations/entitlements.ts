import type { Role } from '../caller.ts'
import type { Database } from '../db/open.ts'

/** Somebody who may mint keys for an organization, and what a terminal is told about both. */
export interface Minter {
  email: string
  /** What bounds the rights of a key that they give away; staff count as owners. */
  role: Role
  organization: { id: string; slug: string; name: string }
}

/**
 * Whether an account may mint keys for this organization, as the rows are now: enabled, still a member with the right
 * to mint (or staff), and with the second factor that the organization may require.
 *
 * @returns undefined when it may not
 */
export async function mayMint(
  db: Database,
  account_id: string,
  organization_id: string,
): Promise<Minter | undefined> {
  const row = await db
    .selectFrom('accounts as a')
    .innerJoin('organizations as o', (join) => join.on('o.id', '=', organization_id))
    .leftJoin('members as m', (join) =>
      join.onRef('m.account_id', '=', 'a.id').onRef('m.organization_id', '=', 'o.id'),
    )
    .select(['a.email', 'a.staff_since', 'm.role', 'o.id', 'o.slug', 'o.name'])
    .where((or) =>
      or.or([
        or('o.second_factor_since', 'is', null),
        or('a.totp_confirmed_at', 'is not', null),
        or.exists(or.selectFrom('passkeys as f').select('f.id').whereRef('f.account_id', '=', 'a.id')),
      ]),
    )
    .where('a.id', '=', account_id)
    .where('a.disabled_at', 'is', null)
    .executeTakeFirst()
  if (!row) return undefined
  const role = row.staff_since === null ? row.role : 'owner'
  if (role === null || role === 'viewer') return undefined
  const { email, id, slug, name } = row
  return { email, role, organization: { id, slug, name } }
}
