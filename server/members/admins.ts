import type { Database } from '../db/open.ts'

/** The accounts that look after an organization: its owners and admins who can sign in. */
export async function adminsOf(db: Database, organization_id: string): Promise<string[]> {
  const rows = await db
    .selectFrom('members as m')
    .innerJoin('accounts as a', 'a.id', 'm.account_id')
    .select('m.account_id')
    .where('m.organization_id', '=', organization_id)
    .where('m.role', 'in', ['owner', 'admin'])
    .where('a.disabled_at', 'is', null)
    .execute()
  return rows.map(({ account_id }) => account_id)
}
