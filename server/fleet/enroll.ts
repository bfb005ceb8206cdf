import { hash } from 'node:crypto'
import type { EnrollDevice, EnrolledDevice } from '../../sdk/wire.ts'
import { insertApiKey } from '../api-keys/api-keys.ts'
import { makeKey } from '../api-keys/key-format.ts'
import { keyDaysOf } from '../api-keys/policy-days.ts'
import { type Actor, recordEvent } from '../audit/audit.ts'
import type { Origin } from '../caller.ts'
import type { AppContext } from '../context.ts'
import type { Database } from '../db/open.ts'
import { AppError } from '../errors.ts'
import { robotsOf } from '../robots/robots.ts'
import { wrong } from './devices.ts'
import { type Door, openDoor, presentedToken } from './enrolment-door.ts'
import { DEVICE_SCOPES } from './enrolment-tokens.ts'
import { joinGroup } from './memberships.ts'
import { readDevice, registerDevice } from './register.ts'

type Ctx = Pick<AppContext, 'db' | 'now' | 'config'>

const DAY_MS = 86_400_000

/**
 * Swaps an enrolment token for a device and its own key, which is good for this device alone. One transaction claims
 * a use, makes or confirms the device and mints the key: nothing of it is there without the rest.
 *
 * Asked again with the same nonce, because the answer was lost, it costs no second use: the same device gets a new
 * key, and the one that nobody received ends. A robot whose key somebody has revoked stays outside: that key was not
 * lost, and the nonce is still on its disk.
 *
 * @param text as presented
 * @throws AppError unauthenticated for whatever is no good now, whyever; conflict for a name or DSN that a confirmed
 *   device has already
 * @example const { api_key } = await enrollDevice(ctx, token, { name: 'arm-7', nonce }, from)
 */
export async function enrollDevice(
  ctx: Ctx,
  text: string | undefined,
  wish: EnrollDevice,
  from: Origin,
): Promise<EnrolledDevice> {
  const presented = presentedToken(text)
  const nonce_hash = hash('sha256', wish.nonce, 'hex')
  const made = await ctx.db.transaction().execute(async (trx) => {
    const door = await openDoor(trx, presented, ctx.now())
    const actor: Actor = { kind: 'anonymous', id: null, credential_id: door.id, ...from }
    const entry: Entry = { door, actor, at: ctx.now(), nonce_hash }
    const again = await enrolledBefore(trx, entry, wish)
    const key = again ? await replaceKey(trx, entry, again) : await letIn(trx, entry, wish)
    return { ...key, door }
  })
  return {
    api_key: made.key,
    device: await readDevice(ctx, made.device_id, made.door.organization_slug),
    client_id: made.door.organization_id,
    base_url: ctx.config.public_url,
  }
}

interface Entry {
  door: Door
  actor: Actor
  at: Date
  nonce_hash: string
}

interface Before {
  device_id: string
  name: string
  api_key_ids: string[]
}

/** What became of this nonce the last time. */
async function enrolledBefore(
  trx: Database,
  { door, nonce_hash }: Entry,
  wish: EnrollDevice,
): Promise<Before | undefined> {
  const before = await trx
    .selectFrom('enrolments as e')
    .innerJoin('devices as d', 'd.id', 'e.device_id')
    .select(['e.device_id', 'e.api_key_id', 'd.name', 'd.removed_at'])
    .where('e.token_id', '=', door.id)
    .where('e.nonce_hash', '=', nonce_hash)
    .executeTakeFirst()
  if (!before) return undefined
  const names = await robotsOf(trx, before.device_id)
  if (before.removed_at !== null || (before.name !== wish.name && !names.includes(wish.name))) {
    throw wrong('conflict', 'nonce', 'was used by another device. Draw a new one for each robot')
  }
  return {
    device_id: before.device_id,
    name: before.name,
    api_key_ids: await keysSince(trx, before.api_key_id),
  }
}

/**
 * The key that the robot got, and those that have taken its place since.
 *
 * @throws AppError conflict when somebody has revoked the last one
 */
async function keysSince(trx: Database, enrolled: string): Promise<string[]> {
  const ids: string[] = []
  for (let id: string | null = enrolled; id !== null; ) {
    ids.push(id)
    const key: { rotated_to: string | null; revoked_at: string | null } = await trx
      .selectFrom('api_keys')
      .select(['rotated_to', 'revoked_at'])
      .where('id', '=', id)
      .executeTakeFirstOrThrow()
    if (key.rotated_to === null && key.revoked_at !== null) {
      const fix = 'Remove its device to let it in anew, or mint a key for that device'
      throw wrong('conflict', 'nonce', `belongs to a robot whose key was revoked. ${fix}`)
    }
    id = key.rotated_to
  }
  return ids
}

async function letIn(trx: Database, entry: Entry, wish: EnrollDevice) {
  const { door, actor, at, nonce_hash } = entry
  const moment = at.toISOString()
  const claimed = await trx
    .updateTable('enrolment_tokens')
    .set((eb) => ({ use_count: eb('use_count', '+', 1), last_used_at: moment }))
    .where('id', '=', door.id)
    .where('use_count', '<', (eb) => eb.ref('uses_max'))
    .returning('id')
    .executeTakeFirst()
  if (!claimed) throw new AppError('unauthenticated')
  const { name, dsn, type } = wish
  const device_id = await registerDevice(trx, moment, {
    place: door,
    wish: { name, dsn, type: door.device_type ?? type, environment: door.environment },
    created_by: door.created_by,
    actor,
  })
  if (door.group_id !== null) await joinGroup(trx, door.group_id, device_id)
  const { key, id } = await mintDeviceKey(trx, entry, { device_id, name })
  const enrolment = { token_id: door.id, nonce_hash, device_id, api_key_id: id }
  await trx
    .insertInto('enrolments')
    .values({ ...enrolment, enrolled_at: moment, ip: actor.ip })
    .execute()
  await recordEvent(trx, moment, {
    action: 'device.enrolled',
    actor,
    organization_id: door.organization_id,
    target: device_id,
    detail: { name, token_id: door.id, api_key_id: id },
  })
  return { key, device_id }
}

async function replaceKey(trx: Database, entry: Entry, { device_id, name, api_key_ids }: Before) {
  const { door, actor, at, nonce_hash } = entry
  const moment = at.toISOString()
  const ended = await trx
    .updateTable('api_keys')
    .set({ revoked_at: moment })
    .where('id', 'in', api_key_ids)
    .where('revoked_at', 'is', null)
    .returning('id')
    .execute()
  const { organization_id } = door
  for (const { id: target } of ended) {
    const detail = { because: 'its device enrolled again' }
    await recordEvent(trx, moment, { action: 'api_key.revoked', actor, organization_id, target, detail })
  }
  const { key, id } = await mintDeviceKey(trx, entry, { device_id, name })
  await trx
    .updateTable('enrolments')
    .set({ api_key_id: id, enrolled_at: moment, ip: actor.ip })
    .where('token_id', '=', door.id)
    .where('nonce_hash', '=', nonce_hash)
    .execute()
  const detail = { name, token_id: door.id, api_key_id: id, again: 'yes' }
  const event = { action: 'device.enrolled', actor, organization_id, target: device_id, detail }
  await recordEvent(trx, moment, event)
  return { key, device_id }
}

/** A service key, pinned to the device: good for what every key is good for, there alone, as long as the policy lets it. */
async function mintDeviceKey(
  trx: Database,
  { door, actor, at }: Entry,
  { device_id, name }: { device_id: string; name: string },
): Promise<{ key: string; id: string }> {
  const { organization_id, project_id, created_by } = door
  const days = await keyDaysOf({ db: trx }, { organization_id, account_id: null })
  const expires_at = days === null ? null : new Date(at.getTime() + days * DAY_MS).toISOString()
  const { key, id, hash: secret_hash } = makeKey('rt')
  const pin = { organization_id, project_id, device_id }
  const row = {
    id,
    ...pin,
    prefix: 'rt' as const,
    label: name,
    secret_hash,
    scopes: DEVICE_SCOPES,
    expires_at,
  }
  await insertApiKey(trx, { ...row, created_by, created_at: at.toISOString(), use_count: 0 })
  await recordEvent(trx, at.toISOString(), {
    action: 'api_key.minted',
    actor,
    organization_id,
    target: id,
    detail: { kind: 'service', scopes: DEVICE_SCOPES, project_id, device_id, expires_at },
  })
  return { key, id }
}
