import { actorOf, recordEvent } from '../audit/audit.ts'
import type { Caller } from '../caller.ts'
import type { AppContext } from '../context.ts'
import type { Database } from '../db/open.ts'
import { AppError } from '../errors.ts'
import { scopesIn } from '../organizations/permissions.ts'
import { insertMinted } from './api-keys.ts'
import { grantScopes, latestEnd, type Maker, makerOf, requireMinter } from './grants.ts'
import { keyPrefix } from './key-format.ts'
import { type ApiKey, getApiKey } from './list.ts'
import { findManaged, type ManagedKey, requireManagingScope } from './managed.ts'
import { keyDaysOf } from './policy-days.ts'

type Ctx = Pick<AppContext, 'db' | 'now'>

/** How long the old key goes on working beside the new one. */
export const OVERLAPS_S = { none: 0, '1h': 3_600, '24h': 86_400, '7d': 604_800 } as const

export type Overlap = keyof typeof OVERLAPS_S

/**
 * A new key in the place of an old one: same label, rights, pins, owner and length of life. The old one ends when the
 * overlap is over, never later than it would have anyway.
 *
 * @throws AppError conflict for a key that has ended or been rotated already; forbidden for somebody else's personal
 *   key, because its text would let the caller act as them; invalid_request for rights the caller does not have
 * @example const { key } = await rotateApiKey(ctx, caller, { id, overlap: '24h' })
 */
export async function rotateApiKey(
  ctx: Ctx,
  caller: Caller,
  { id, overlap }: { id: string; overlap: Overlap },
  within?: { organization_id: string },
): Promise<{ key: string; api_key: ApiKey; old: ApiKey }> {
  const old = await findManaged(ctx, caller, id, { ...within, to: 'rotate' })
  requireRotatable(ctx, old)
  const maker = await makerOf(ctx, caller)
  requireRightTo(caller, maker, old)
  const expires_at = nextEnd(ctx, old, latestEnd(ctx, maker, await keyDaysOf(ctx, old)))
  const { id: _, created_at: __, rotated_to: ___, revoked_at: ____, ...same } = old
  const row = { ...same, expires_at, created_by: maker.account_id }
  const made = await insertMinted(ctx, caller, row, (trx, { id: rotated_to, at }) =>
    handOver(trx, caller, { old, rotated_to, at, overlap }),
  )
  return { key: made.key, api_key: await getApiKey(ctx, made.id), old: await getApiKey(ctx, id) }
}

/** The old row names its successor and gets an end. Of two rotations at the same moment one finds it done. */
async function handOver(
  trx: Database,
  caller: Caller,
  { old, rotated_to, at, overlap }: { old: ManagedKey; rotated_to: string; at: string; overlap: Overlap },
): Promise<void> {
  const over = new Date(Date.parse(at) + OVERLAPS_S[overlap] * 1000).toISOString()
  const expires_at = old.expires_at !== null && old.expires_at < over ? old.expires_at : over
  const row = await trx
    .updateTable('api_keys')
    .set({ rotated_to, expires_at })
    .where('id', '=', old.id)
    .where('rotated_to', 'is', null)
    .where('revoked_at', 'is', null)
    .returning('id')
    .executeTakeFirst()
  if (!row) throw new AppError('conflict', 'This key was rotated or revoked a moment ago.')
  await recordEvent(trx, at, {
    action: 'api_key.rotated',
    actor: actorOf(caller),
    organization_id: old.organization_id,
    target: old.id,
    detail: { rotated_to, overlap, expires_at },
  })
}

function requireRotatable(ctx: Pick<AppContext, 'now'>, old: ManagedKey): void {
  if (old.revoked_at !== null) throw new AppError('conflict', 'This key is revoked. Make a new one.')
  if (old.rotated_to !== null) {
    throw new AppError(
      'conflict',
      `This key was rotated already: ${keyPrefix(old.rotated_to, old.prefix)} takes its place.`,
    )
  }
  if (old.expires_at !== null && old.expires_at <= ctx.now().toISOString()) {
    throw new AppError('conflict', 'This key has expired. Make a new one.')
  }
}

/** Whoever rotates gets the new key's text, so they need every right that it will have. */
function requireRightTo(caller: Caller, maker: Maker, old: ManagedKey): void {
  const isOwn = old.account_id !== null && old.account_id === caller.account_id
  if (old.account_id !== null && !isOwn) {
    throw new AppError('forbidden', 'Only its owner rotates a personal key. You may revoke it.')
  }
  if (old.organization_id === null) {
    requireManagingScope(caller)
    if (caller.scopes !== undefined) grantScopes(old.scopes.split(' '), caller.scopes, '')
    return
  }
  requireMinter(caller, old.organization_id)
  // A service key outlives its maker; a personal one must not turn into it.
  if (maker.bound_to !== null && old.account_id === null) {
    throw new AppError('forbidden', 'A personal key does not rotate keys of the organization.')
  }
  if (!isOwn || caller.credential.kind === 'api_key') {
    grantScopes(old.scopes.split(' '), scopesIn(caller, old.organization_id), '')
  }
}

/** As long a life as the old one was given, within what is allowed today. */
function nextEnd(ctx: Pick<AppContext, 'now'>, old: ManagedKey, latest: string | undefined): string | null {
  if (old.expires_at === null) return latest ?? null
  const life_ms = Date.parse(old.expires_at) - Date.parse(old.created_at)
  const same = new Date(ctx.now().getTime() + life_ms).toISOString()
  return latest !== undefined && latest < same ? latest : same
}
