import { CALLERS, type CallerName } from './world.ts'

/**
 * What a caller gets: in (whatever comes of it then), nothing because they are nobody (401), nothing because they may
 * not (403), or nothing because it does not exist for them (404). `own`: in, to what is theirs, which may be nothing.
 */
export type Expected = 'in' | 'own' | 401 | 403 | 404

export type Row = Record<CallerName, Expected>

type Scope = 'episodes:read' | 'episodes:write' | 'fleet:read' | 'fleet:write' | 'keys:manage' | 'admin'
export type Role = 'viewer' | 'member' | 'admin' | 'owner'
const ROLES: Role[] = ['viewer', 'member', 'admin', 'owner']

/** The lowest role with a scope; written down here again, so that a change of the server's own table shows. */
const SCOPE_OF: Record<Scope, Role> = {
  'episodes:read': 'viewer',
  'fleet:read': 'viewer',
  'episodes:write': 'member',
  'fleet:write': 'member',
  'keys:manage': 'admin',
  admin: 'admin',
}

const DEAD = {
  anonymous: 401,
  revoked_key: 401,
  expired_key: 401,
  personal_key_of_a_removed_member: 401,
} as const

/** Anybody, dead credentials included: what is presented is not looked at. */
export const everybody = (expected: Expected = 'in'): Row => all(() => expected)

/** Whoever is somebody, by any credential that is good. */
export const anyCredential = (expected: Expected = 'own'): Row => ({ ...all(() => expected), ...DEAD })

/** Machines and people of the organization that the address, or the thing it names, belongs to. */
export const inOrganization = (scope: Scope, except: Partial<Row> = {}): Row => ({
  ...DEAD,
  ...outside(404),
  ...roles(SCOPE_OF[scope]),
  key_of_another_organization: 404,
  key_without_the_scope: 403,
  key_pinned_to_another_device: 'in',
  key_with_every_scope: 'in',
  ...except,
})

/** Nothing is named but what the credential itself belongs to; so another organization's key reaches its own. */
export const ofCredential = (scope: Scope, except: Partial<Row> = {}): Row =>
  inOrganization(scope, { key_of_another_organization: 'in', ...except })

/** What belongs to a person, over REST: no organization's key is one. */
export const ownOverRest = (except: Partial<Row> = {}): Row => ({
  ...DEAD,
  ...outside('own'),
  ...people(() => 'own'),
  ...keys(403),
  ...except,
})

/** Staff, over REST. */
export const staffOverRest = (): Row => ({
  ...DEAD,
  ...outside(403),
  ...people(() => 403),
  staff: 'in',
  ...keys(403),
})

/** tRPC knows browsers only: a key, however good, is nobody there. */
export const inPortal = (atLeast: Role, except: Partial<Row> = {}): Row => ({
  ...DEAD,
  ...outside(404),
  ...roles(atLeast),
  ...keys(401),
  ...except,
})

/** What belongs to the person that is signed in. */
export const ownInPortal = (): Row => ({
  ...DEAD,
  ...outside('own'),
  ...people(() => 'own'),
  ...keys(401),
})

export const staffInPortal = (): Row => ({
  ...DEAD,
  ...outside(403),
  ...people(() => 403),
  staff: 'in',
  ...keys(401),
})

function all(expected: (caller: CallerName) => Expected): Row {
  const cells = CALLERS.map((caller) => [caller, expected(caller)] as const)
  // Made from the list of all callers, so none is missing.
  return Object.fromEntries(cells) as Row
}

function outside(expected: Expected) {
  return { stranger: expected, removed_member: expected }
}

function people(expected: (role: Role) => Expected) {
  return {
    viewer: expected('viewer'),
    member: expected('member'),
    admin: expected('admin'),
    owner: expected('owner'),
    staff: expected('owner'),
  }
}

function roles(atLeast: Role) {
  return people((role) => (ROLES.indexOf(role) >= ROLES.indexOf(atLeast) ? 'in' : 403))
}

function keys(expected: Expected) {
  return {
    key_of_another_organization: expected,
    key_without_the_scope: expected,
    key_pinned_to_another_device: expected,
    key_with_every_scope: expected,
  }
}
