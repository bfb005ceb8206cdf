import type { Role } from '../caller.ts'
import type { Database } from '../db/open.ts'

/** The accounts that look after an organization: its owners and admins who can sign in. */
export async function adminsOf(db: Database, organization_id: string): Promise<string[]> {
  return withRole(db, organization_id, ['owner', 'admin'])
}

/** Its owners who can sign in. */
export async function ownersOf(db: Database, organization_id: string): Promise<string[]> {
  return withRole(db, organization_id, ['owner'])
}

async function withRole(db: Database, organization_id: string, roles: readonly Role[]): Promise<string[]> {
  const rows = await db
    .selectFrom('members as m')
    .innerJoin('accounts as a', 'a.id', 'm.account_id')
    .select('m.account_id')
    .where('m.organization_id', '=', organization_id)
    .where('m.role', 'in', roles)
    .where('a.disabled_at', 'is', null)
    .execute()
  return rows.map(({ account_id }) => account_id)
}
