import type { PersonCaller, Role } from '../caller.ts'
import { AppError } from '../errors.ts'

const RANK: Record<Role, number> = { viewer: 0, member: 1, admin: 2, owner: 3 }

/** Whether a person may do what this role may, in this organization, now. Staff may everywhere. */
export function hasRole(caller: PersonCaller, organization_id: string, atLeast: Role): boolean {
  if (caller.staff) return true
  const role = caller.roles.get(organization_id)
  return role !== undefined && RANK[role] >= RANK[atLeast]
}

/** Whether an organization exists for a person at all: what does not is 404, whatever it is. */
export function isVisible(caller: PersonCaller, organization_id: string): boolean {
  return caller.staff || caller.roles.has(organization_id)
}

/**
 * @throws AppError not_found for somebody else's organization, as if it did not exist; forbidden inside one's own
 * @example requireRole(caller, organization_id, 'member')
 */
export function requireRole(caller: PersonCaller, organization_id: string, atLeast: Role): void {
  if (hasRole(caller, organization_id, atLeast)) return
  if (!isVisible(caller, organization_id)) throw new AppError('not_found', 'No such organization.')
  throw new AppError('forbidden')
}
