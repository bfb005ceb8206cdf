import { CompiledQuery } from 'kysely'
import type { Credential, Origin, PersonCaller, Role } from '../caller.ts'
import type { Database } from '../db/open.ts'

/** A row of an account beside one of its memberships; an account without any has one row with a null role. */
export interface PersonRow {
  account_id: string
  email: string
  name: string
  staff_since: string | null
  disabled_at: string | null
  member_of: string | null
  role: Role | null
  /** True, or 1: that organization requires a second factor, and this account has none. */
  locked: boolean | number
  /** The same of all organizations, for staff, who may act everywhere: ids, separated by spaces. */
  closed_to_staff: string | null
}

const NO_FACTOR =
  'a.totp_confirmed_at IS NULL AND NOT EXISTS (SELECT 1 FROM passkeys f WHERE f.account_id = a.id)'

/**
 * The columns of PersonRow, for a query that joins accounts as `a`, members as `m` and their organizations as `r`.
 * What only some organizations require is looked up for their people only, and in the same read.
 */
export const PERSON_COLUMNS = `a.id AS account_id, a.email, a.name, a.staff_since, a.disabled_at,
  m.organization_id AS member_of, m.role, r.second_factor_since IS NOT NULL AND ${NO_FACTOR} AS locked,
  CASE WHEN a.staff_since IS NOT NULL AND ${NO_FACTOR}
    THEN (SELECT string_agg(c.id, ' ') FROM organizations c WHERE c.second_factor_since IS NOT NULL)
  END AS closed_to_staff`

/**
 * The caller that rows of one account make, with the rights as they are now.
 *
 * @returns undefined when there is none, or the account is disabled
 */
export function toPerson(
  rows: readonly PersonRow[],
  proof: { credential: Credential; from: Origin; scopes?: string; verified_at?: string },
): PersonCaller | undefined {
  const [first] = rows
  if (!first || first.disabled_at !== null) return undefined
  const { ip, user_agent, request_id } = proof.from
  return {
    kind: 'person',
    credential: proof.credential,
    account_id: first.account_id,
    email: first.email,
    name: first.name,
    staff: first.staff_since !== null,
    roles: rolesOf(rows),
    locked: lockedIn(rows),
    scopes: proof.scopes,
    verified_at: proof.verified_at,
    ip,
    user_agent,
    request_id,
  }
}

function rolesOf(rows: readonly PersonRow[]): ReadonlyMap<string, Role> {
  const roles = new Map<string, Role>()
  for (const { member_of, role } of rows) {
    if (member_of !== null && role !== null) roles.set(member_of, role)
  }
  return roles
}

/** Where the account may nothing because it lacks the second factor that is required there. */
export function lockedIn(rows: readonly PersonRow[]): ReadonlySet<string> {
  const closed = rows[0]?.closed_to_staff?.split(' ') ?? []
  return new Set([
    ...rows.flatMap(({ member_of, locked }) => (locked && member_of ? member_of : [])),
    ...closed,
  ])
}

/** One read: an account with all its memberships beside the columns of whatever row leads to it. */
export async function readPeople<Extra>(
  db: Database,
  { columns, from, where, values }: { columns: string; from: string; where: string; values: string[] },
): Promise<(PersonRow & Extra)[]> {
  const text = `SELECT ${columns}, ${PERSON_COLUMNS} FROM ${from} LEFT JOIN members m ON m.account_id = a.id
    LEFT JOIN organizations r ON r.id = m.organization_id WHERE ${where}`
  const { rows } = await db.executeQuery<PersonRow & Extra>(CompiledQuery.raw(text, values))
  return rows
}
