import type { Role } from '../caller.ts'

/** What a key may be allowed to do. Spelled and joined as in OAuth: separated by spaces. */
export const SCOPES = [
  'episodes:write',
  'episodes:read',
  'evals:write',
  'evals:read',
  'fleet:write',
  'fleet:read',
  'keys:manage',
  'admin',
] as const

export type Scope = (typeof SCOPES)[number]

/** What a key gets that asks for nothing in particular: ingest, evals and reads. */
export const DEFAULT_SCOPES = 'episodes:write episodes:read evals:write evals:read fleet:read'

/**
 * What a device login may ask for: what a key gets anyway, and by name what changes the fleet or makes keys. Never
 * `admin`: whoever is talked into approving a stranger's code must not give the organization away.
 */
export const LOGIN_SCOPES: readonly string[] = [...DEFAULT_SCOPES.split(' '), 'fleet:write', 'keys:manage']

const READ: Scope[] = ['episodes:read', 'evals:read', 'fleet:read']
const WORK: Scope[] = ['episodes:write', 'evals:write', 'fleet:write']

/** What each role may do; a personal key never may more than its owner's role. */
const OF_ROLE: Record<Role, string> = {
  viewer: READ.join(' '),
  member: [...WORK, ...READ].join(' '),
  admin: SCOPES.join(' '),
  owner: SCOPES.join(' '),
}

/** @param role undefined for somebody who does not belong here: nothing */
export function scopesOfRole(role: Role | undefined): string {
  return role === undefined ? '' : OF_ROLE[role]
}

export function hasScope(scopes: string, scope: Scope): boolean {
  return scopes.split(' ').includes(scope)
}

/**
 * What is in both.
 *
 * @example commonScopes('episodes:read keys:manage', scopesOfRole('viewer')) // 'episodes:read'
 */
export function commonScopes(some: string, others: string): string {
  const allowed = others.split(' ')
  return some
    .split(' ')
    .filter((scope) => allowed.includes(scope))
    .join(' ')
}
