import { type Operator, operatorActor, recordEvent } from '../audit/audit.ts'
import type { AppContext } from '../context.ts'
import { AppError } from '../errors.ts'
import { type ApiKey, findApiKeys, getApiKey } from './list.ts'

type Ctx = Pick<AppContext, 'db' | 'now'>

/** A key and the organization it opens; null for the personal keys that open all of their owner's. */
export interface PlacedKey extends ApiKey {
  organization: { slug: string; name: string } | null
}

/**
 * The keys of one organization or of all of them, for whoever is at the server's own machine: newest first within
 * each, organizations by name, and at the end the keys that belong to a person everywhere.
 *
 * @param slug the organization's slug or id; undefined: all
 * @throws AppError not_found for an organization that there is not
 */
export async function* listKeysByOperator(
  ctx: Ctx,
  slug: string | undefined,
): AsyncGenerator<PlacedKey, void, undefined> {
  const all = ctx.db.selectFrom('organizations').select(['id', 'slug', 'name']).orderBy('name')
  const chosen =
    slug === undefined ? all : all.where((eb) => eb.or([eb('slug', '=', slug), eb('id', '=', slug)]))
  const organizations = await chosen.execute()
  if (slug !== undefined && organizations.length === 0) {
    throw new AppError('not_found', `There is no organization ${slug}.`)
  }
  for (const { id, ...organization } of organizations) {
    for (const key of await findApiKeys(ctx, { organization_id: id })) yield { ...key, organization }
  }
  if (slug !== undefined) return
  const owners = ctx.db.selectFrom('api_keys').select('account_id').distinct()
  for (const { account_id } of await owners.where('organization_id', 'is', null).execute()) {
    if (account_id === null) continue
    for (const key of await findApiKeys(ctx, { rbtk_of: account_id })) yield { ...key, organization: null }
  }
}

/** @param id with or without the `rt_` in front @throws AppError not_found */
export async function getKeyByOperator(ctx: Ctx, id: string): Promise<ApiKey> {
  return getApiKey(ctx, id.replace(/^(?:rt|rbtk)_/, ''))
}

/**
 * Ends a key at once and for good, whosever it is. Its row stays, and so does what is already ended.
 *
 * @throws AppError not_found
 * @returns whether it was still good
 */
export async function revokeKeyByOperator(ctx: Ctx, id: string, by: Operator): Promise<boolean> {
  const revoked_at = ctx.now().toISOString()
  return ctx.db.transaction().execute(async (trx) => {
    const ended = await trx
      .updateTable('api_keys')
      .set({ revoked_at, revoked_by: null })
      .where('id', '=', id)
      .where('revoked_at', 'is', null)
      .returning('organization_id')
      .executeTakeFirst()
    if (!ended) return false
    const { organization_id } = ended
    const event = { action: 'api_key.revoked', actor: operatorActor(), organization_id, target: id }
    await recordEvent(trx, revoked_at, { ...event, detail: { operator: by.user } })
    return true
  })
}
