import type { MemberBody } from '../../sdk/wire.ts'
import type { Caller } from '../caller.ts'
import type { AppContext } from '../context.ts'
import { AppError } from '../errors.ts'
import { enterOrganization } from '../organizations/act-within.ts'
import { requireRole, requireScope } from '../organizations/permissions.ts'

/**
 * Who belongs to an organization, by name. Any member may look; names and addresses are nothing a robot needs, so keys
 * look only with the scope `admin`, and not when they are pinned.
 *
 * @throws AppError not_found for somebody else's organization, insufficient_scope, second_factor_missing
 */
export async function listPeople(
  ctx: Pick<AppContext, 'db'>,
  caller: Caller,
  { org }: { org: string },
): Promise<(MemberBody & { id: string })[]> {
  const { organization_id } = await enterOrganization(ctx, caller, org)
  if (caller.kind === 'organization' && caller.pinned_project_id !== null) throw new AppError('forbidden')
  if (caller.kind === 'person' && caller.scopes === undefined) requireRole(caller, organization_id, 'viewer')
  else requireScope(caller, organization_id, 'admin')
  const rows = await ctx.db
    .selectFrom('members as m')
    .innerJoin('accounts as a', 'a.id', 'm.account_id')
    .select((select) => [
      ...(['m.account_id', 'a.name', 'a.email', 'm.role', 'm.created_at', 'a.totp_confirmed_at'] as const),
      select
        .selectFrom('passkeys as f')
        .whereRef('f.account_id', '=', 'a.id')
        .select((first) => first.fn.min('f.id').as('id'))
        .as('passkey'),
    ])
    .where('m.organization_id', '=', organization_id)
    .execute()
  return rows.map(({ totp_confirmed_at, passkey, ...row }) => ({
    ...row,
    id: row.account_id,
    second_factor: totp_confirmed_at !== null || passkey !== null,
  }))
}
