import type { Insertable } from 'kysely'
import { requireFreshAccess } from '../accounts/verified.ts'
import { actorOf, recordEvent } from '../audit/audit.ts'
import type { Caller, PersonCaller } from '../caller.ts'
import type { AppContext } from '../context.ts'
import { isUniqueViolation } from '../db/errors.ts'
import type { Database } from '../db/open.ts'
import type { ApiKeysTable } from '../db/schema.gen.ts'
import { AppError } from '../errors.ts'
import { requireRole } from '../organizations/permissions.ts'
import { grantIn, isWithin, type KeyWish, makerOf, requireMinter } from './grants.ts'
import { makeKey } from './key-format.ts'
import { type ApiKey, findApiKeys, getApiKey } from './list.ts'
import { findManaged } from './managed.ts'

type Ctx = Pick<AppContext, 'db' | 'now'>

export interface NewApiKey extends KeyWish {
  organization_id: string
  label: string
  note?: string | null | undefined
  /** `personal`: never more than the maker may, and gone with them. Left out: a service key of the organization. */
  kind?: 'service' | 'personal' | undefined
}

/**
 * Newest first, revoked ones included. Any member may look; a key that manages keys sees those within its own pin.
 *
 * @param wanted.devices whether the keys of devices are listed, too: a fleet has thousands of them, and each stands on
 *   its device's page
 * @throws AppError not_found, insufficient_scope
 */
export async function listApiKeys(
  ctx: Ctx,
  caller: Caller,
  { organization_id, devices = false }: { organization_id: string; devices?: boolean | undefined },
): Promise<ApiKey[]> {
  const of = { organization_id, ...(devices ? {} : { device_id: null }) }
  if (isPersonInPerson(caller)) {
    requireRole(caller, organization_id, 'viewer')
    return findApiKeys(ctx, of)
  }
  requireMinter(caller, organization_id)
  const maker = await makerOf(ctx, caller)
  const { device_id } = maker
  const keys = await findApiKeys(ctx, device_id === null ? of : { organization_id, device_id })
  return keys.filter(({ project, device }) =>
    isWithin(maker, { project_id: project?.id ?? null, device_id: device?.id ?? null }),
  )
}

/** How many keys are pinned to devices, which the list leaves out unless it is asked for them. */
export async function countDeviceKeys(
  ctx: Ctx,
  caller: Caller,
  { organization_id }: { organization_id: string },
): Promise<number> {
  if (isPersonInPerson(caller)) requireRole(caller, organization_id, 'viewer')
  else requireMinter(caller, organization_id)
  // Along the index of the organization's keys by device.
  const { n } = await ctx.db
    .selectFrom('api_keys')
    .select((select) => select.fn.countAll<number>().as('n'))
    .where('organization_id', '=', organization_id)
    .where('device_id', 'is not', null)
    .executeTakeFirstOrThrow()
  return n
}

function isPersonInPerson(caller: Caller): caller is PersonCaller {
  return caller.kind === 'person' && caller.credential.kind !== 'api_key'
}

/**
 * Makes a key. The answer is the only place where its text ever appears; the row keeps its SHA-256.
 *
 * @throws AppError forbidden for viewers, insufficient_scope for keys without keys:manage, not_found for an
 *   organization the caller does not belong to, invalid_request for more than the caller may give
 * @example const { key } = await mintApiKey(ctx, caller, { organization_id, label: 'prod robot rig' })
 */
export async function mintApiKey(
  ctx: Ctx,
  caller: Caller,
  input: NewApiKey,
): Promise<{ key: string; api_key: ApiKey }> {
  const { organization_id, label, note = null } = input
  requireMinter(caller, organization_id)
  const maker = await makerOf(ctx, caller)
  const grant = await grantIn(ctx, caller, { maker, organization_id, wish: input })
  const account_id = input.kind === 'personal' ? personOf(caller) : maker.bound_to
  const made = { prefix: 'rt' as const, organization_id, account_id, label, note, ...grant }
  const { key, id } = await insertMinted(ctx, caller, { ...made, created_by: maker.account_id })
  return { key, api_key: await getApiKey(ctx, id) }
}

/** A personal key acts as whoever makes it; nothing that is sent can say otherwise. */
function personOf(caller: Caller): string {
  if (caller.kind === 'person') return caller.account_id
  if (caller.account_id !== null) return caller.account_id
  throw new AppError('forbidden', 'A personal key is made by the person it acts as.')
}

type MintedRow = Omit<Insertable<ApiKeysTable>, 'id' | 'secret_hash' | 'created_at' | 'use_count'>

/** Draws, writes and audits a key, in one transaction with whatever else has to happen. */
export async function insertMinted(
  ctx: Ctx,
  caller: Caller,
  row: MintedRow,
  also?: (trx: Database, made: { id: string; at: string }) => Promise<void>,
): Promise<{ key: string; id: string }> {
  requireFreshAccess(ctx, caller)
  const at = ctx.now().toISOString()
  const { key, id, hash } = makeKey(row.prefix)
  const { organization_id = null, scopes, project_id = null, device_id = null, expires_at = null } = row
  const kind = row.account_id ? 'personal' : 'service'
  try {
    await ctx.db.transaction().execute(async (trx) => {
      await insertApiKey(trx, { ...row, id, secret_hash: hash, created_at: at, use_count: 0 })
      await recordEvent(trx, at, {
        action: 'api_key.minted',
        actor: actorOf(caller),
        organization_id,
        target: id,
        detail: { kind, scopes, project_id, device_id, expires_at },
      })
      await also?.(trx, { id, at })
    })
  } catch (error) {
    // Ten base-36 characters collide about once in 10^15 pairs; the next draw is free.
    if (isUniqueViolation(error)) return insertMinted(ctx, caller, row, also)
    throw error
  }
  return { key, id }
}

/** Writes the row of a key that was made elsewhere, inside the caller's transaction. */
export async function insertApiKey(db: Database, row: Insertable<ApiKeysTable>): Promise<void> {
  await db.insertInto('api_keys').values(row).execute()
}

/**
 * Ends a key at once and for good; the row stays. Revoking again changes nothing.
 *
 * @throws AppError forbidden for viewers and for members who did not mint it; not_found
 */
export async function revokeApiKey(
  ctx: Ctx,
  caller: Caller,
  id: string,
  within?: { organization_id: string },
): Promise<ApiKey> {
  const { organization_id } = await findManaged(ctx, caller, id, { ...within, to: 'revoke' })
  const revoked_at = ctx.now().toISOString()
  const revoked_by = caller.kind === 'person' ? caller.account_id : null
  await ctx.db.transaction().execute(async (trx) => {
    const ended = await trx
      .updateTable('api_keys')
      .set({ revoked_at, revoked_by })
      .where('id', '=', id)
      .where('revoked_at', 'is', null)
      .returning('id')
      .executeTakeFirst()
    if (!ended) return
    await recordEvent(trx, revoked_at, {
      action: 'api_key.revoked',
      actor: actorOf(caller),
      organization_id,
      target: id,
    })
  })
  return getApiKey(ctx, id)
}

/**
 * Another label or note; nothing that decides what the key may do.
 *
 * @throws AppError as revokeApiKey does
 */
export async function editApiKey(
  ctx: Ctx,
  caller: Caller,
  { id, label, note }: { id: string; label?: string | undefined; note?: string | null | undefined },
  within?: { organization_id: string },
): Promise<ApiKey> {
  const { organization_id } = await findManaged(ctx, caller, id, { ...within, to: 'edit' })
  const changes = { ...(label === undefined ? {} : { label }), ...(note === undefined ? {} : { note }) }
  const changed = Object.keys(changes).join(' ')
  if (changed === '') return getApiKey(ctx, id)
  const at = ctx.now().toISOString()
  await ctx.db.transaction().execute(async (trx) => {
    await trx.updateTable('api_keys').set(changes).where('id', '=', id).execute()
    await recordEvent(trx, at, {
      action: 'api_key.edited',
      actor: actorOf(caller),
      organization_id,
      target: id,
      detail: { changed },
    })
  })
  return getApiKey(ctx, id)
}
