import type { OrganizationBody } from '../../sdk/wire.ts'
import { actorOf, recordEvent } from '../audit/audit.ts'
import type { Caller } from '../caller.ts'
import type { AppContext } from '../context.ts'
import type { Database } from '../db/open.ts'
import { AppError } from '../errors.ts'
import { enterOrganization } from './act-within.ts'
import { requireScope } from './permissions.ts'

type Ctx = Pick<AppContext, 'db' | 'now'>

/** The organizations of whoever asks: a person's memberships, or the one that a key belongs to; by name. */
export async function listOrganizations(
  ctx: Pick<AppContext, 'db'>,
  caller: Caller,
): Promise<OrganizationBody[]> {
  const ids = caller.kind === 'organization' ? [caller.organization_id] : [...caller.roles.keys()]
  return ids.length === 0 ? [] : readOrganizations(ctx.db, caller, ids)
}

/** @throws AppError not_found for somebody else's organization */
export async function getOrganization(
  ctx: Pick<AppContext, 'db'>,
  caller: Caller,
  { org }: { org: string },
): Promise<OrganizationBody> {
  const { organization_id } = await enterOrganization(ctx, caller, org)
  const [found] = await readOrganizations(ctx.db, caller, [organization_id])
  if (!found) throw new AppError('not_found', 'No such organization.')
  return found
}

/**
 * Gives an organization another name; its slug stays, and so do all addresses. For admins and owners, and for keys
 * with the scope `admin` that are not pinned.
 *
 * @throws AppError forbidden, insufficient_scope, not_found
 */
export async function renameOrganization(
  ctx: Ctx,
  caller: Caller,
  { org, name }: { org: string; name: string },
): Promise<OrganizationBody> {
  const at = ctx.now().toISOString()
  const { organization_id } = await enterOrganization(ctx, caller, org)
  requireScope(caller, organization_id, 'admin')
  if (caller.kind === 'organization' && caller.pinned_project_id !== null) throw new AppError('forbidden')
  await ctx.db.transaction().execute(async (trx) => {
    const before = await trx
      .selectFrom('organizations')
      .select('name')
      .where('id', '=', organization_id)
      .executeTakeFirstOrThrow()
    if (before.name === name) return
    await trx.updateTable('organizations').set({ name }).where('id', '=', organization_id).execute()
    await recordEvent(trx, at, {
      action: 'organization.renamed',
      actor: actorOf(caller),
      organization_id,
      target: organization_id,
      detail: { from: before.name, to: name },
    })
  })
  return getOrganization(ctx, caller, { org })
}

async function readOrganizations(db: Database, caller: Caller, ids: string[]): Promise<OrganizationBody[]> {
  const rows = await db
    .selectFrom('organizations')
    .select(['id', 'slug', 'name', 'second_factor_since', 'created_at'])
    .where('id', 'in', ids)
    .orderBy('name')
    .orderBy('id')
    .execute()
  return rows.map(({ second_factor_since, ...row }) => ({
    ...row,
    role: roleHere(caller, row.id),
    second_factor_required: second_factor_since !== null,
  }))
}

function roleHere(caller: Caller, organization_id: string): OrganizationBody['role'] {
  if (caller.kind === 'organization') return null
  return caller.roles.get(organization_id) ?? (caller.staff ? 'owner' : null)
}
