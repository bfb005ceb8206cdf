import { actorOf, recordEvent } from '../audit/audit.ts'
import type { PersonCaller, Role } from '../caller.ts'
import type { AppContext } from '../context.ts'
import type { Database } from '../db/open.ts'
import { AppError } from '../errors.ts'
import { hasRole, requireRole } from './permissions.ts'

type Ctx = Pick<AppContext, 'db' | 'now'>

/** Somebody who has neither an authenticator nor a passkey. */
export interface WithoutFactor {
  account_id: string
  name: string
  email: string
  role: Role
}

/** Whether an organization requires a second factor of its people. */
export interface SecondFactorPolicy {
  /** ISO 8601; null: it does not. */
  required_since: string | null
  /** Whether whoever asks has one. */
  own: boolean
  /** Members who have none, by name: locked out while it is required. For admins and owners; null for the others. */
  without: WithoutFactor[] | null
}

/** Any member may look. @throws AppError not_found for strangers */
export async function getSecondFactorPolicy(
  ctx: Pick<AppContext, 'db'>,
  caller: PersonCaller,
  organization_id: string,
): Promise<SecondFactorPolicy> {
  requireRole(caller, organization_id, 'viewer')
  const row = await ctx.db
    .selectFrom('organizations')
    .select('second_factor_since')
    .where('id', '=', organization_id)
    .executeTakeFirst()
  if (!row) throw new AppError('not_found', 'No such organization.')
  const admin = hasRole(caller, organization_id, 'admin')
  return {
    required_since: row.second_factor_since,
    own: await hasFactor(ctx.db, caller.account_id),
    without: admin ? await listWithoutFactor(ctx.db, organization_id) : null,
  }
}

/**
 * Requires a second factor of everybody in the organization, or no longer. It holds from the next request on. Whoever
 * turns it on has one, and nobody in the organization can remove their last one while it is on: so there is always
 * somebody who can turn it off.
 *
 * @throws AppError forbidden for members and viewers; conflict for an admin who has no second factor
 */
export async function setSecondFactorPolicy(
  ctx: Ctx,
  caller: PersonCaller,
  { organization_id, required }: { organization_id: string; required: boolean },
): Promise<SecondFactorPolicy> {
  requireRole(caller, organization_id, 'admin')
  const at = ctx.now().toISOString()
  await ctx.db.transaction().execute(async (trx) => {
    if (required && !(await hasFactor(trx, caller.account_id))) {
      throw new AppError(
        'conflict',
        'Set up a second factor for yourself first, under Settings: this would lock you out.',
      )
    }
    const changed = await trx
      .updateTable('organizations')
      .set({ second_factor_since: required ? at : null })
      .where('id', '=', organization_id)
      .where('second_factor_since', required ? 'is' : 'is not', null)
      .returning('id')
      .executeTakeFirst()
    if (!changed) return
    await recordEvent(trx, at, {
      action: required ? 'organization.second_factor_required' : 'organization.second_factor_optional',
      actor: actorOf(caller),
      organization_id,
      target: organization_id,
      detail: required ? { locked_out: (await listWithoutFactor(trx, organization_id)).length } : {},
    })
  })
  return getSecondFactorPolicy(ctx, caller, organization_id)
}

/**
 * Asked after a factor was taken away, in the same transaction.
 *
 * @throws AppError conflict that names an organization which would be closed now
 */
export async function requireFactorLeft(trx: Database, account_id: string): Promise<void> {
  if (await hasFactor(trx, account_id)) return
  const closed = await trx
    .selectFrom('members as m')
    .innerJoin('organizations as o', 'o.id', 'm.organization_id')
    .select('o.name')
    .where('m.account_id', '=', account_id)
    .where('o.second_factor_since', 'is not', null)
    .orderBy('o.name')
    .executeTakeFirst()
  if (!closed) return
  throw new AppError(
    'conflict',
    `${closed.name} requires a second factor, and this is your last one. Add another one first.`,
  )
}

async function hasFactor(db: Database, account_id: string): Promise<boolean> {
  const row = await db
    .selectFrom('accounts as a')
    .leftJoin('passkeys as f', 'f.account_id', 'a.id')
    .select(['a.totp_confirmed_at', 'f.id as passkey'])
    .where('a.id', '=', account_id)
    .executeTakeFirst()
  return row !== undefined && (row.totp_confirmed_at !== null || row.passkey !== null)
}

async function listWithoutFactor(db: Database, organization_id: string): Promise<WithoutFactor[]> {
  return db
    .selectFrom('members as m')
    .innerJoin('accounts as a', 'a.id', 'm.account_id')
    .leftJoin('passkeys as f', 'f.account_id', 'a.id')
    .select(['m.account_id', 'a.name', 'a.email', 'm.role'])
    .where('m.organization_id', '=', organization_id)
    .where('a.totp_confirmed_at', 'is', null)
    .where('f.id', 'is', null)
    .where('a.disabled_at', 'is', null)
    .orderBy('a.name')
    .orderBy('m.account_id')
    .execute()
}
