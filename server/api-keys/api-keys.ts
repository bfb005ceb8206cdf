import type { Insertable } from 'kysely'
import { actorOf, recordEvent } from '../audit/audit.ts'
import type { PersonCaller } from '../caller.ts'
import type { AppContext } from '../context.ts'
import { isUniqueViolation } from '../db/errors.ts'
import type { Database } from '../db/open.ts'
import type { ApiKeysTable } from '../db/schema.gen.ts'
import { AppError } from '../errors.ts'
import { isVisible, requireRole } from '../organizations/permissions.ts'
import { DEFAULT_SCOPES } from '../organizations/scopes.ts'
import { keyPrefix, makeKey } from './key-format.ts'

/** What people see of a key: never the secret, not even to staff. */
export interface ApiKey {
  id: string
  /** `rt_<id>`: safe to show and to log. */
  prefix: string
  label: string
  /** Of the terminal that a device login made the key for, and what it ran; null for a key made in the portal. */
  hostname: string | null
  sdk_version: string | null
  created_at: string
  created_by: { id: string; name: string; email: string }
  last_used_at: string | null
  /** Null: until it is revoked. */
  expires_at: string | null
  revoked_at: string | null
}

/** Newest first, revoked ones included. Any member may look. */
export async function listApiKeys(
  ctx: Pick<AppContext, 'db'>,
  caller: PersonCaller,
  organization_id: string,
): Promise<ApiKey[]> {
  requireRole(caller, organization_id, 'viewer')
  const rows = await keyRows(ctx)
    .where('k.organization_id', '=', organization_id)
    .orderBy('k.created_at', 'desc')
    .orderBy('k.id', 'desc')
    .execute()
  return rows.map(toApiKey)
}

/**
 * Makes a key. The answer is the only place where its text ever appears; the row keeps its SHA-256.
 *
 * @throws AppError forbidden for viewers, not_found for an organization the caller does not belong to
 * @example const { key } = await mintApiKey(ctx, caller, { organization_id, label: 'prod robot rig' })
 */
export async function mintApiKey(
  ctx: Pick<AppContext, 'db' | 'now'>,
  caller: PersonCaller,
  input: { organization_id: string; label: string },
): Promise<{ key: string; api_key: ApiKey }> {
  requireRole(caller, input.organization_id, 'member')
  const created_at = ctx.now().toISOString()
  const { key, id, hash } = makeKey()
  try {
    const made = { created_by: caller.account_id, created_at, scopes: DEFAULT_SCOPES }
    await ctx.db.transaction().execute(async (trx) => {
      await insertApiKey(trx, { id, ...input, ...SERVICE, secret_hash: hash, ...made })
      await recordEvent(trx, created_at, {
        ...changeOf(caller, input.organization_id, id),
        action: 'api_key.minted',
      })
    })
  } catch (error) {
    // Ten base-36 characters collide about once in 10^15 pairs; the next draw is free.
    if (isUniqueViolation(error)) return mintApiKey(ctx, caller, input)
    throw error
  }
  return { key, api_key: await getApiKey(ctx, id) }
}

/** Belongs to the organization and not to whoever minted it. */
const SERVICE = { prefix: 'rt', account_id: null, use_count: 0 } as const

function changeOf(caller: PersonCaller, organization_id: string, target: string) {
  return { actor: actorOf(caller), organization_id, target }
}

/** Writes the row of a key that was made elsewhere, inside the caller's transaction. */
export async function insertApiKey(db: Database, row: Insertable<ApiKeysTable>): Promise<void> {
  await db.insertInto('api_keys').values(row).execute()
}

/**
 * Ends a key at once and for good; the row stays. Revoking again changes nothing.
 *
 * @throws AppError forbidden for viewers and for members who did not mint it
 */
export async function revokeApiKey(
  ctx: Pick<AppContext, 'db' | 'now'>,
  caller: PersonCaller,
  id: string,
): Promise<ApiKey> {
  const row = await ctx.db
    .selectFrom('api_keys')
    .select(['organization_id', 'created_by'])
    .where('id', '=', id)
    .executeTakeFirst()
  const organization_id = row?.organization_id
  if (!row || !organization_id || !isVisible(caller, organization_id))
    throw new AppError('not_found', 'No such API key.')
  requireRole(caller, organization_id, row.created_by === caller.account_id ? 'member' : 'admin')
  const revoked_at = ctx.now().toISOString()
  await ctx.db.transaction().execute(async (trx) => {
    const ended = await trx
      .updateTable('api_keys')
      .set({ revoked_at, revoked_by: caller.account_id })
      .where('id', '=', id)
      .where('revoked_at', 'is', null)
      .returning('id')
      .executeTakeFirst()
    if (!ended) return
    await recordEvent(trx, revoked_at, {
      ...changeOf(caller, organization_id, id),
      action: 'api_key.revoked',
    })
  })
  return getApiKey(ctx, id)
}

/** Writes when keys were used last, many keys in one transaction. A time never moves backwards. */
export async function noteLastUsed(
  ctx: Pick<AppContext, 'db'>,
  used: ReadonlyMap<string, string>,
): Promise<void> {
  if (used.size === 0) return
  await ctx.db.transaction().execute(async (trx) => {
    for (const [id, at] of used) {
      await trx
        .updateTable('api_keys')
        .set({ last_used_at: at })
        .where('id', '=', id)
        .where((or) => or.or([or('last_used_at', 'is', null), or('last_used_at', '<', at)]))
        .execute()
    }
  })
}

async function getApiKey(ctx: Pick<AppContext, 'db'>, id: string): Promise<ApiKey> {
  return toApiKey(await keyRows(ctx).where('k.id', '=', id).executeTakeFirstOrThrow())
}

function keyRows(ctx: Pick<AppContext, 'db'>) {
  return ctx.db
    .selectFrom('api_keys as k')
    .innerJoin('accounts as a', 'a.id', 'k.created_by')
    .select([
      'k.id',
      'k.label',
      'k.hostname',
      'k.sdk_version',
      'k.created_at',
      'k.last_used_at',
      'k.expires_at',
      'k.revoked_at',
      'a.name',
      'a.email',
      'a.id as account_id',
    ])
}

function toApiKey(row: {
  id: string
  label: string
  hostname: string | null
  sdk_version: string | null
  created_at: string
  last_used_at: string | null
  expires_at: string | null
  revoked_at: string | null
  account_id: string
  name: string
  email: string
}): ApiKey {
  const { account_id, name, email, ...key } = row
  return { ...key, prefix: keyPrefix(key.id), created_by: { id: account_id, name, email } }
}
