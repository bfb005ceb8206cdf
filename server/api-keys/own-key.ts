import type { RevokedKey, WhoAmI } from '../../sdk/wire.ts'
import { actorOf, recordEvent } from '../audit/audit.ts'
import type { OrganizationCaller } from '../caller.ts'
import type { AppContext } from '../context.ts'
import { AppError } from '../errors.ts'
import { keyPrefix } from './key-format.ts'

/** @example const { organization, scopes } = await describeOwnKey(ctx, caller) */
export async function describeOwnKey(
  ctx: Pick<AppContext, 'db'>,
  caller: OrganizationCaller,
): Promise<WhoAmI> {
  const row = await ctx.db
    .selectFrom('api_keys as k')
    .innerJoin('organizations as o', 'o.id', 'k.organization_id')
    .innerJoin('accounts as a', 'a.id', 'k.created_by')
    .select(['k.label', 'k.created_at', 'k.expires_at', 'o.id', 'o.slug', 'o.name', 'a.email'])
    .where('k.id', '=', caller.credential.id)
    .executeTakeFirstOrThrow()
  const { id, slug, name } = row
  return {
    key_id: caller.credential.id,
    key_prefix: keyPrefix(caller.credential.id),
    label: row.label,
    client_id: id,
    organization: { id, slug, name },
    user_email: row.email,
    scopes: caller.scopes.split(' '),
    created_at: row.created_at,
    expires_at: row.expires_at,
  }
}

/**
 * A key ends itself; holding it is all the right that takes (RFC 7009 section 2.1).
 *
 * @throws AppError unauthenticated when somebody else was faster
 */
export async function revokeOwnKey(
  ctx: Pick<AppContext, 'db' | 'now'>,
  caller: OrganizationCaller,
): Promise<RevokedKey> {
  const revoked_at = ctx.now().toISOString()
  await ctx.db.transaction().execute(async (trx) => {
    const row = await trx
      .updateTable('api_keys')
      .set({ revoked_at })
      .where('id', '=', caller.credential.id)
      .where('revoked_at', 'is', null)
      .returning('id')
      .executeTakeFirst()
    if (!row) throw new AppError('unauthenticated')
    await recordEvent(trx, revoked_at, {
      action: 'api_key.revoked',
      actor: actorOf(caller),
      organization_id: caller.organization_id,
      target: caller.credential.id,
    })
  })
  return {
    status: 'revoked',
    key_id: caller.credential.id,
    key_prefix: keyPrefix(caller.credential.id),
    revoked_at,
  }
}
