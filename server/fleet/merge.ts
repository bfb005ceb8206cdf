import type { DeviceDetail } from '../../sdk/wire.ts'
import { actorOf, recordEvent } from '../audit/audit.ts'
import type { Caller } from '../caller.ts'
import type { AppContext } from '../context.ts'
import type { Database } from '../db/open.ts'
import { moveEpisodes } from '../episodes/of-device.ts'
import { AppError } from '../errors.ts'
import { moveRobots } from '../robots/robots.ts'
import { takeOut } from './change.ts'
import {
  type DeviceAddress,
  type FoundDevice,
  findDevice,
  getDevice,
  noDevice,
  refusePinned,
  wrong,
} from './devices.ts'

type Ctx = Pick<AppContext, 'db' | 'now' | 'background'>

/** So many episodes move in one write, between which everybody else has their turn. */
const AT_ONCE = 500

/**
 * A device turns out to be another one. What its episodes were called means that one from now on, and its recordings
 * follow behind the request's back.
 *
 * @param input.into name or id of what it is
 * @returns what it became
 * @throws AppError conflict for a device with live keys, which is one by itself; invalid_request, not_found, forbidden
 * @example await mergeDevice(ctx, caller, { org: 'acme', project: 'default', device: 'ur5e cell 2', into: 'arm-7' })
 */
export async function mergeDevice(
  ctx: Ctx,
  caller: Caller,
  { into, ...address }: DeviceAddress & { into: string },
): Promise<DeviceDetail> {
  const source = await findDevice(ctx, caller, address, 'fleet:write')
  refusePinned(caller)
  const target = await findDevice(ctx, caller, { ...address, device: into }, 'fleet:write').catch((error) => {
    if (error instanceof AppError && error.code === 'not_found') throw noTarget()
    throw error
  })
  if (source.device_id === target.device_id) {
    throw wrong('invalid_request', 'into', 'is the device itself. Name the one that it is')
  }
  const at = ctx.now().toISOString()
  await ctx.db.transaction().execute((trx) => turnInto(trx, caller, { source, target, at }))
  ctx.background.add('episodes of merged devices', () => moveMerged(ctx))
  return getDevice(ctx, caller, { ...address, device: target.device_id })
}

function noTarget(): AppError {
  return wrong('invalid_request', 'into', 'is no device of this project')
}

async function turnInto(
  trx: Database,
  caller: Caller,
  { source, target, at }: { source: FoundDevice; target: FoundDevice; at: string },
): Promise<void> {
  const { organization_id } = source.place
  await requireKeyless(trx, source, at)
  const still = await trx
    .selectFrom('devices')
    .select('id')
    .where('id', '=', target.device_id)
    .where('removed_at', 'is', null)
    .executeTakeFirst()
  if (!still) throw noDevice()
  await takeOut(trx, source.device_id, { removed_at: at, status: 'offline', merged_into: target.device_id })
  await moveRobots(trx, source.device_id, target.device_id)
  // What was on its way to this one goes on to where this one went.
  await trx
    .updateTable('devices')
    .set({ merged_into: target.device_id })
    .where('organization_id', '=', organization_id)
    .where('merged_into', '=', source.device_id)
    .where('moved_at', 'is', null)
    .execute()
  await recordEvent(trx, at, {
    action: 'device.merged',
    actor: actorOf(caller),
    organization_id,
    target: source.device_id,
    detail: { name: source.name, into: target.device_id, into_name: target.name },
  })
}

/** Whoever holds a key of a device would go on as something that is not there any more. */
async function requireKeyless(
  trx: Database,
  { device_id, name, place }: FoundDevice,
  at: string,
): Promise<void> {
  const key = await trx
    .selectFrom('api_keys')
    .select('id')
    .where('organization_id', '=', place.organization_id)
    .where('device_id', '=', device_id)
    .where('revoked_at', 'is', null)
    .where((eb) => eb.or([eb('expires_at', 'is', null), eb('expires_at', '>', at)]))
    .limit(1)
    .executeTakeFirst()
  if (!key) return
  throw new AppError(
    'conflict',
    `${name} has API keys of its own, so it is a device by itself. Revoke them, or merge the other one into it.`,
  )
}

/** Moves the episodes of merged devices, as far as they have not moved. Stopped half-way, it goes on where it was. */
export async function moveMerged({ db, now }: Pick<AppContext, 'db' | 'now'>): Promise<void> {
  while (await db.transaction().execute((trx) => moveSome(trx, now().toISOString())));
}

/** In one transaction, so that where they go cannot itself be merged in between. @returns whether there may be more */
async function moveSome(trx: Database, at: string): Promise<boolean> {
  const next = await trx
    .selectFrom('devices')
    .select(['id', 'merged_into'])
    .where('merged_into', 'is not', null)
    .where('moved_at', 'is', null)
    .limit(1)
    .executeTakeFirst()
  if (!next || next.merged_into === null) return false
  const moved = await moveEpisodes(trx, { from: next.id, to: next.merged_into, limit: AT_ONCE })
  if (moved < AT_ONCE)
    await trx.updateTable('devices').set({ moved_at: at }).where('id', '=', next.id).execute()
  return true
}
