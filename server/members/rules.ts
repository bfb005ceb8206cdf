import type { PersonCaller, Role } from '../caller.ts'
import type { Database } from '../db/open.ts'
import { AppError } from '../errors.ts'
import { isAtLeast, requireRole } from '../organizations/permissions.ts'

/**
 * What may be done about people. All of it is asked inside the transaction of the change, of the rows as they are
 * there: transactions run one after another, so of two owners who demote each other at the same moment the second
 * one is an owner no more when it is their turn.
 */

/**
 * The role of somebody as the rows are now; staff may everywhere what owners may.
 *
 * @returns undefined for a stranger, and for a locked account
 */
export async function roleNow(
  trx: Database,
  account_id: string,
  organization_id: string,
): Promise<Role | undefined> {
  const row = await trx
    .selectFrom('accounts as a')
    .leftJoin('members as m', (join) =>
      join.onRef('m.account_id', '=', 'a.id').on('m.organization_id', '=', organization_id),
    )
    .select(['a.staff_since', 'm.role'])
    .where('a.id', '=', account_id)
    .where('a.disabled_at', 'is', null)
    .executeTakeFirst()
  return row?.staff_since ? 'owner' : (row?.role ?? undefined)
}

/**
 * Only admins and owners manage people.
 *
 * @returns the caller's role now
 * @throws AppError not_found for a stranger, forbidden
 */
export async function requireManager(
  trx: Database,
  caller: PersonCaller,
  organization_id: string,
): Promise<Role> {
  requireRole(caller, organization_id, 'viewer')
  const role = await roleNow(trx, caller.account_id, organization_id)
  if (role === undefined || !isAtLeast(role, 'admin')) {
    throw new AppError('forbidden', 'Only admins and owners manage the people of an organization.')
  }
  return role
}

/** Nobody gives a role above their own. @throws AppError forbidden */
export function requireGrant(own: Role, role: Role): void {
  if (isAtLeast(own, role)) return
  throw new AppError('forbidden', `You cannot give the role ${role}: yours is ${own}.`)
}

/** Only owners demote or remove owners. @throws AppError forbidden */
export function requireOwnerFor(own: Role, target: Role): void {
  if (isAtLeast(own, target)) return
  throw new AppError('forbidden', 'Only an owner can change or remove an owner.')
}

/** An organization always has an owner who can sign in. @throws AppError conflict for the last one */
export async function requireOtherOwner(
  trx: Database,
  { organization_id, account_id }: { organization_id: string; account_id: string },
): Promise<void> {
  const other = await trx
    .selectFrom('members as m')
    .innerJoin('accounts as a', 'a.id', 'm.account_id')
    .select('m.account_id')
    .where('m.organization_id', '=', organization_id)
    .where('m.role', '=', 'owner')
    .where('m.account_id', '!=', account_id)
    .where('a.disabled_at', 'is', null)
    .executeTakeFirst()
  if (other) return
  throw new AppError(
    'conflict',
    'This is the last owner. Make another member owner first, then this can be done.',
  )
}

/** Whether somebody with this role may invite to that one: asked when it is made and again when it is accepted. */
export function mayInvite(inviter: Role | undefined, role: Role): boolean {
  return isAtLeast(inviter, 'admin') && isAtLeast(inviter, role)
}
