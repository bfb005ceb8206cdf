import type { Caller, PersonCaller, Role } from '../caller.ts'
import { AppError } from '../errors.ts'
import { commonScopes, hasScope, type Scope, scopesOfRole } from './scopes.ts'

const RANK: Record<Role, number> = { viewer: 0, member: 1, admin: 2, owner: 3 }

/** Below this role nobody logs in to a robot. */
export const LEAST_ROLE_AT_DOORS: Role = 'member'

/**
 * The role of a person in an organization, now. Staff may everywhere what owners may.
 *
 * @returns undefined for strangers, and for whoever lacks the second factor that the organization requires
 */
export function roleOf(
  caller: Pick<PersonCaller, 'staff' | 'roles' | 'locked'>,
  organization_id: string,
): Role | undefined {
  if (caller.locked.has(organization_id)) return undefined
  return caller.staff ? 'owner' : caller.roles.get(organization_id)
}

/** Whether a role may do what another one may. */
export function isAtLeast(role: Role | undefined, atLeast: Role): boolean {
  return role !== undefined && RANK[role] >= RANK[atLeast]
}

/** Whether a person may do what this role may, in this organization, now. */
export function hasRole(caller: PersonCaller, organization_id: string, atLeast: Role): boolean {
  return isAtLeast(roleOf(caller, organization_id), atLeast)
}

/** Whether an organization exists for a person at all: what does not is 404, whatever it is. */
export function isVisible(caller: PersonCaller, organization_id: string): boolean {
  return caller.staff || caller.roles.has(organization_id)
}

/**
 * @throws AppError not_found for somebody else's organization, as if it did not exist; second_factor_missing and
 *   forbidden inside one's own
 * @example requireRole(caller, organization_id, 'member')
 */
export function requireRole(caller: PersonCaller, organization_id: string, atLeast: Role): void {
  if (hasRole(caller, organization_id, atLeast)) return
  if (!isVisible(caller, organization_id)) throw unknownOrganization()
  requireFactor(caller, organization_id)
  throw new AppError('forbidden')
}

/**
 * An organization may require a second factor of its people. Its own keys go on: no robot has an authenticator.
 *
 * @throws AppError second_factor_missing
 */
export function requireFactor(caller: Caller, organization_id: string): void {
  if (caller.kind === 'organization' || !caller.locked.has(organization_id)) return
  throw new AppError('second_factor_missing')
}

/** What a caller may do in an organization now: the credential's scopes ∩ the role; empty for a stranger. */
export function scopesIn(caller: Caller, organization_id: string): string {
  if (caller.kind === 'organization') return caller.organization_id === organization_id ? caller.scopes : ''
  const role = scopesOfRole(roleOf(caller, organization_id))
  return caller.scopes === undefined ? role : commonScopes(caller.scopes, role)
}

/**
 * The one check for routes that machines and people share.
 *
 * @throws AppError not_found for a stranger; insufficient_scope when the credential lacks the scope (RFC 6750
 *   section 3.1); second_factor_missing; forbidden when the role does
 * @example requireScope(caller, organization_id, 'fleet:read')
 */
export function requireScope(caller: Caller, organization_id: string, scope: Scope): void {
  if (hasScope(scopesIn(caller, organization_id), scope)) return
  if (caller.kind === 'person' && !isVisible(caller, organization_id)) throw unknownOrganization()
  if (caller.kind === 'organization' && caller.organization_id !== organization_id)
    throw unknownOrganization()
  requireFactor(caller, organization_id)
  requireCredentialScope(caller, scope)
  throw new AppError('forbidden')
}

/** RFC 6750 section 3.1: the key is good, but not for this. */
export function requireCredentialScope(caller: Caller, scope: Scope): void {
  if (caller.scopes === undefined || hasScope(caller.scopes, scope)) return
  throw new AppError('insufficient_scope', `Not enough permissions: this key lacks the scope ${scope}.`, {
    scope,
  })
}

/**
 * What tells of the whole organization: a key for one project or robot is to know of that only.
 *
 * @throws AppError forbidden
 */
export function refusePinned(caller: Caller, what: string): void {
  if (caller.kind !== 'organization') return
  if (caller.pinned_project_id === null && caller.pinned_device_id === null) return
  throw new AppError('forbidden', `This key is good for one project or robot only, not for ${what}.`)
}

function unknownOrganization(): AppError {
  return new AppError('not_found', 'No such organization.')
}
