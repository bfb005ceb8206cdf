import type { RevokedKey, WhoAmI } from '../../sdk/wire.ts'
import { actorOf, recordEvent } from '../audit/audit.ts'
import type { Caller } from '../caller.ts'
import type { AppContext } from '../context.ts'
import { AppError } from '../errors.ts'
import { keyPrefix } from './key-format.ts'
import { rotationOf } from './rotation.ts'

/** What stands in the row of a key about itself. @example const { label } = await describeOwnKey(ctx, caller) */
export async function describeOwnKey(
  ctx: Pick<AppContext, 'db' | 'now'>,
  caller: Caller,
): Promise<Omit<WhoAmI, 'organizations'>> {
  const row = await ctx.db
    .selectFrom('api_keys as k')
    .leftJoin('organizations as o', 'o.id', 'k.organization_id')
    .innerJoin('accounts as a', 'a.id', 'k.created_by')
    .leftJoin('accounts as owner', 'owner.id', 'k.account_id')
    .select(['k.prefix', 'k.label', 'k.created_at', 'k.expires_at', 'k.rotated_to', 'k.account_id'])
    .select([
      'k.project_id',
      'k.device_id',
      'o.id',
      'o.slug',
      'o.name',
      'a.email',
      'owner.email as owner_email',
    ])
    .where('k.id', '=', caller.credential.id)
    .executeTakeFirstOrThrow()
  const { id, slug, name } = row
  const { due, reason, by } = rotationOf(row, ctx.now())
  return {
    kind: row.account_id === null ? 'service_key' : 'personal_key',
    key_id: caller.credential.id,
    key_prefix: keyPrefix(caller.credential.id, row.prefix),
    label: row.label,
    client_id: id,
    organization: id === null ? null : { id, slug: slug ?? '', name: name ?? '' },
    project_id: row.project_id,
    device_id: row.device_id,
    user_email: row.owner_email ?? row.email,
    scopes: caller.scopes?.split(' ') ?? null,
    created_at: row.created_at,
    expires_at: row.expires_at,
    rotation: { due, reason, by },
  }
}

/**
 * A key ends itself; holding it is all the right that takes (RFC 7009 section 2.1).
 *
 * @throws AppError unauthenticated when somebody else was faster
 */
export async function revokeOwnKey(ctx: Pick<AppContext, 'db' | 'now'>, caller: Caller): Promise<RevokedKey> {
  const revoked_at = ctx.now().toISOString()
  const { id } = caller.credential
  const { prefix } = await ctx.db.transaction().execute(async (trx) => {
    const row = await trx
      .updateTable('api_keys')
      .set({ revoked_at })
      .where('id', '=', id)
      .where('revoked_at', 'is', null)
      .returning(['prefix', 'organization_id'])
      .executeTakeFirst()
    if (!row) throw new AppError('unauthenticated')
    await recordEvent(trx, revoked_at, {
      action: 'api_key.revoked',
      actor: actorOf(caller),
      organization_id: row.organization_id,
      target: id,
    })
    return row
  })
  return { status: 'revoked', key_id: id, key_prefix: keyPrefix(id, prefix), revoked_at }
}
