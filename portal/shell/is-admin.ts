import type { Organization } from '../api.ts'

/** Whether somebody administers the organization they look at. Only spares a page of refusals: the server decides. */
export function isAdmin(organization: Pick<Organization, 'role'> | undefined): boolean {
  return organization?.role === 'owner' || organization?.role === 'admin'
}
