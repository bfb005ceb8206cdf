import { actorOf, recordEvent } from '../audit/audit.ts'
import type { PersonCaller, Role } from '../caller.ts'
import type { AppContext } from '../context.ts'
import type { Database } from '../db/open.ts'
import { AppError } from '../errors.ts'
import { requireRole } from '../organizations/permissions.ts'
import { endPersonalAccess } from './access-end.ts'
import { requireGrant, requireManager, requireOtherOwner, requireOwnerFor } from './rules.ts'

/** Somebody in an organization, as the others in it see them. */
export interface Member {
  account_id: string
  name: string
  email: string
  role: Role
  /** Member since. */
  created_at: string
  /** In a browser or with an access token, in the sessions that are still open; null: not signed in anywhere. */
  last_seen_at: string | null
  /** Live personal keys of this organization, `rbtk_` keys and API tokens. */
  credential_count: number
  /** Set for somebody whom the server's administrators have locked out. */
  disabled_at: string | null
}

/** By name. Any member may look. */
export async function listMembers(
  ctx: Pick<AppContext, 'db' | 'now'>,
  caller: PersonCaller,
  organization_id: string,
): Promise<Member[]> {
  requireRole(caller, organization_id, 'viewer')
  const now = ctx.now().toISOString()
  const rows = await ctx.db
    .selectFrom('members as m')
    .innerJoin('accounts as a', 'a.id', 'm.account_id')
    .select((select) => [
      'm.account_id',
      'a.name',
      'a.email',
      'm.role',
      'm.created_at',
      'a.disabled_at',
      select
        .selectFrom('sessions as s')
        .whereRef('s.account_id', '=', 'm.account_id')
        .select((max) => max.fn.max('s.last_seen_at').as('at'))
        .as('last_seen_at'),
      select
        .selectFrom('api_keys as k')
        .whereRef('k.account_id', '=', 'm.account_id')
        .where('k.revoked_at', 'is', null)
        .where((or) => or.or([or('k.expires_at', 'is', null), or('k.expires_at', '>', now)]))
        .where((or) =>
          or.or([or('k.organization_id', '=', organization_id), or('k.organization_id', 'is', null)]),
        )
        .select((count) => count.fn.countAll<number>().as('n'))
        .$asScalar()
        .$notNull()
        .as('key_count'),
      select
        .selectFrom('api_tokens as t')
        .whereRef('t.account_id', '=', 'm.account_id')
        .where('t.revoked_at', 'is', null)
        .where('t.expires_at', '>', now)
        .select((count) => count.fn.countAll<number>().as('n'))
        .$asScalar()
        .$notNull()
        .as('token_count'),
    ])
    .where('m.organization_id', '=', organization_id)
    .orderBy('a.name')
    .orderBy('m.account_id')
    .execute()
  return rows.map(({ key_count, token_count, ...row }) => ({
    ...row,
    credential_count: key_count + token_count,
  }))
}

/** One of the organization's members. */
interface Named {
  organization_id: string
  account_id: string
}

type Ctx = Pick<AppContext, 'db' | 'now'>

/**
 * Gives a member another role. It holds from the next request on, of whatever they are signed in with.
 *
 * @throws AppError forbidden for whoever may not, as the rows are now; not_found; conflict for the last owner
 * @example await changeRole(ctx, caller, { organization_id, account_id, role: 'viewer' })
 */
export async function changeRole(
  ctx: Ctx,
  caller: PersonCaller,
  { role, ...named }: Named & { role: Role },
): Promise<{ role: Role }> {
  const at = ctx.now().toISOString()
  await ctx.db.transaction().execute(async (trx) => {
    const own = await requireManager(trx, caller, named.organization_id)
    const from = await roleOfMember(trx, named)
    requireOwnerFor(own, from)
    requireGrant(own, role)
    if (from === role) return
    if (from === 'owner') await requireOtherOwner(trx, named)
    await setRole(trx, at, caller, { ...named, from, role })
  })
  return { role }
}

/**
 * Ends a membership. What they hold personally in this organization ends with it; the organization's own keys stay.
 *
 * @throws AppError forbidden, not_found, conflict for the last owner
 */
export async function removeMember(ctx: Ctx, caller: PersonCaller, named: Named): Promise<void> {
  const at = ctx.now().toISOString()
  await ctx.db.transaction().execute(async (trx) => {
    const own = await requireManager(trx, caller, named.organization_id)
    const role = await roleOfMember(trx, named)
    requireOwnerFor(own, role)
    await endMembership(trx, at, caller, { ...named, role, action: 'member.removed' })
  })
}

/** Ends one's own membership. @throws AppError not_found, conflict for the last owner */
export async function leaveOrganization(
  ctx: Ctx,
  caller: PersonCaller,
  organization_id: string,
): Promise<void> {
  const at = ctx.now().toISOString()
  const named = { organization_id, account_id: caller.account_id }
  await ctx.db.transaction().execute(async (trx) => {
    const role = await roleOfMember(trx, named)
    await endMembership(trx, at, caller, { ...named, role, action: 'member.left' })
  })
}

/**
 * Makes a member owner, and oneself admin, in one step: there is always an owner.
 *
 * @throws AppError forbidden for whoever is no owner here, not_found, conflict for a locked account
 */
export async function transferOwnership(ctx: Ctx, caller: PersonCaller, named: Named): Promise<void> {
  const at = ctx.now().toISOString()
  const own = { ...named, account_id: caller.account_id }
  await ctx.db.transaction().execute(async (trx) => {
    requireRole(caller, named.organization_id, 'viewer')
    const mine = await findRole(trx, own)
    if (mine !== 'owner') throw new AppError('forbidden', 'Only an owner can hand the ownership over.')
    const from = await roleOfMember(trx, named)
    if (named.account_id === caller.account_id || from === 'owner') {
      throw new AppError('conflict', 'This person is an owner already. Choose another member.')
    }
    const heir = await trx
      .selectFrom('accounts')
      .select('disabled_at')
      .where('id', '=', named.account_id)
      .executeTakeFirstOrThrow()
    if (heir.disabled_at !== null) {
      throw new AppError('conflict', 'This account is locked and could not act as owner. Choose another.')
    }
    await setRole(trx, at, caller, { ...named, from, role: 'owner' })
    await setRole(trx, at, caller, { ...own, from: 'owner', role: 'admin' })
  })
}

async function setRole(
  trx: Database,
  at: string,
  caller: PersonCaller,
  { organization_id, account_id, from, role }: Named & { from: Role; role: Role },
): Promise<void> {
  await trx
    .updateTable('members')
    .set({ role })
    .where('organization_id', '=', organization_id)
    .where('account_id', '=', account_id)
    .execute()
  await recordEvent(trx, at, {
    action: 'member.role_changed',
    actor: actorOf(caller),
    organization_id,
    target: account_id,
    detail: { from, to: role },
  })
}

async function endMembership(
  trx: Database,
  at: string,
  caller: PersonCaller,
  { role, action, ...named }: Named & { role: Role; action: 'member.removed' | 'member.left' },
): Promise<void> {
  if (role === 'owner') await requireOtherOwner(trx, named)
  const ended = await endPersonalAccess(trx, at, caller, named)
  await trx
    .deleteFrom('members')
    .where('organization_id', '=', named.organization_id)
    .where('account_id', '=', named.account_id)
    .execute()
  await recordEvent(trx, at, {
    action,
    actor: actorOf(caller),
    organization_id: named.organization_id,
    target: named.account_id,
    detail: { role, ...ended },
  })
}

async function roleOfMember(trx: Database, named: Named): Promise<Role> {
  const role = await findRole(trx, named)
  if (!role) throw new AppError('not_found', 'No such member.')
  return role
}

async function findRole(trx: Database, { organization_id, account_id }: Named): Promise<Role | undefined> {
  const row = await trx
    .selectFrom('members')
    .select('role')
    .where('organization_id', '=', organization_id)
    .where('account_id', '=', account_id)
    .executeTakeFirst()
  return row?.role
}
