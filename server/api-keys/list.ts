import type { Rotation } from '../caller.ts'
import type { AppContext } from '../context.ts'
import { AppError } from '../errors.ts'
import { type KeyPrefix, keyPrefix } from './key-format.ts'
import { rotationOf } from './rotation.ts'

interface Named {
  id: string
  name: string
}

/** What people see of a key: never the secret, not even to staff. */
export interface ApiKey {
  id: string
  /** `rt_<id>`: safe to show and to log. */
  prefix: string
  label: string
  note: string | null
  /** A service key belongs to the organization; a personal one may no more than its owner. */
  kind: 'service' | 'personal'
  /** Of a personal key. */
  owner: (Named & { email: string }) | null
  scopes: string[]
  /** The only project, or the only device, it is good for. */
  project: Named | null
  device: Named | null
  /** Of the terminal that a device login made the key for, and what it ran; null for a key made in the portal. */
  hostname: string | null
  sdk_version: string | null
  created_at: string
  created_by: Named & { email: string }
  /** As far as it is kept; null as long as nobody has used it. */
  first_used_at: string | null
  last_used_at: string | null
  /** From where and with what it was used last. */
  last_network: string | null
  last_user_agent: string | null
  use_count: number
  /** Null: until it is revoked. */
  expires_at: string | null
  rotation: Rotation
  /** The key that takes over from this one, and the one that this one takes over from. */
  rotated_to: string | null
  rotated_from: string | null
  revoked_at: string | null
  revoked_by: Named | null
}

type Ctx = Pick<AppContext, 'db' | 'now'>

/**
 * Newest first, revoked ones included. Who may look, the caller of this has to ask.
 *
 * @param of.device_id keys that are pinned to this device; null: to none; left out: all
 */
export async function findApiKeys(
  ctx: Ctx,
  of: { organization_id: string; device_id?: string | null } | { rbtk_of: string },
): Promise<ApiKey[]> {
  const query = 'rbtk_of' in of ? personalRows(ctx, of.rbtk_of) : organizationRows(ctx, of)
  const rows = await query.orderBy('k.created_at', 'desc').orderBy('k.id', 'desc').execute()
  return rows.map((row) => toApiKey(ctx, row))
}

function personalRows(ctx: Ctx, account_id: string) {
  return keyRows(ctx).where('k.account_id', '=', account_id).where('k.organization_id', 'is', null)
}

function organizationRows(ctx: Ctx, of: { organization_id: string; device_id?: string | null }) {
  const rows = keyRows(ctx).where('k.organization_id', '=', of.organization_id)
  if (of.device_id === undefined) return rows
  return of.device_id === null
    ? rows.where('k.device_id', 'is', null)
    : rows.where('k.device_id', '=', of.device_id)
}

/** @throws AppError not_found */
export async function getApiKey(ctx: Ctx, id: string): Promise<ApiKey> {
  const row = await keyRows(ctx).where('k.id', '=', id).executeTakeFirst()
  if (!row) throw new AppError('not_found', 'No such API key.')
  return toApiKey(ctx, row)
}

type KeyRow = Awaited<ReturnType<ReturnType<typeof keyRows>['executeTakeFirstOrThrow']>>

function keyRows(ctx: Pick<AppContext, 'db'>) {
  return ctx.db
    .selectFrom('api_keys as k')
    .innerJoin('accounts as by', 'by.id', 'k.created_by')
    .leftJoin('accounts as owner', 'owner.id', 'k.account_id')
    .leftJoin('accounts as ender', 'ender.id', 'k.revoked_by')
    .leftJoin('projects as p', 'p.id', 'k.project_id')
    .leftJoin('devices as d', 'd.id', 'k.device_id')
    .select(['k.id', 'k.prefix', 'k.label', 'k.note', 'k.scopes', 'k.hostname', 'k.sdk_version'])
    .select(['k.created_at', 'k.last_used_at', 'k.use_count', 'k.expires_at', 'k.revoked_at', 'k.rotated_to'])
    .select(['by.id as by_id', 'by.name as by_name', 'by.email as by_email'])
    .select(['owner.id as owner_id', 'owner.name as owner_name', 'owner.email as owner_email'])
    .select(['ender.id as ender_id', 'ender.name as ender_name'])
    .select(['p.id as project_id', 'p.name as project_name', 'd.id as device_id', 'd.name as device_name'])
    .select((select) => [
      select
        .selectFrom('api_keys as old')
        .whereRef('old.rotated_to', '=', 'k.id')
        .select('old.id')
        .limit(1)
        .as('rotated_from'),
      select
        .selectFrom('api_key_origins as f')
        .whereRef('f.api_key_id', '=', 'k.id')
        .select((least) => least.fn.min('f.first_used_at').as('at'))
        .as('first_used_at'),
      // The coalescer writes both together, so the latest origin has the key's own time.
      select
        .selectFrom('api_key_origins as o')
        .whereRef('o.api_key_id', '=', 'k.id')
        .orderBy('o.last_used_at', 'desc')
        .select('o.network')
        .limit(1)
        .as('last_network'),
      select
        .selectFrom('api_key_origins as u')
        .whereRef('u.api_key_id', '=', 'k.id')
        .orderBy('u.last_used_at', 'desc')
        .select('u.user_agent')
        .limit(1)
        .as('last_user_agent'),
    ])
}

function toApiKey(ctx: Pick<AppContext, 'now'>, row: KeyRow): ApiKey {
  const { by_id, by_name, by_email, owner_id, owner_name, owner_email, ender_id, ender_name } = row
  const { project_id, project_name, device_id, device_name, ...key } = row
  return {
    id: key.id,
    prefix: prefixOf(key),
    label: key.label,
    note: key.note,
    kind: owner_id === null ? 'service' : 'personal',
    owner: owner_id === null ? null : { id: owner_id, name: owner_name ?? '', email: owner_email ?? '' },
    scopes: key.scopes.split(' ').filter(Boolean),
    project: named(project_id, project_name),
    device: named(device_id, device_name),
    hostname: key.hostname,
    sdk_version: key.sdk_version,
    created_at: key.created_at,
    created_by: { id: by_id, name: by_name, email: by_email },
    first_used_at: key.first_used_at,
    last_used_at: key.last_used_at,
    last_network: key.last_network,
    last_user_agent: key.last_user_agent,
    use_count: key.use_count,
    expires_at: key.expires_at,
    rotation: rotationOf(key, ctx.now()),
    rotated_to: key.rotated_to,
    rotated_from: key.rotated_from,
    revoked_at: key.revoked_at,
    revoked_by: named(ender_id, ender_name),
  }
}

function prefixOf({ id, prefix }: { id: string; prefix: KeyPrefix }): string {
  return keyPrefix(id, prefix)
}

function named(id: string | null, name: string | null): Named | null {
  return id === null ? null : { id, name: name ?? '' }
}
