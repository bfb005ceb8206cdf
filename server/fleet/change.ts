import type { Updateable } from 'kysely'
import type { ChangeDevice, DeviceDetail, RemovedDevice } from '../../sdk/wire.ts'
import { actorOf, recordEvent } from '../audit/audit.ts'
import type { Caller } from '../caller.ts'
import type { AppContext } from '../context.ts'
import type { Database } from '../db/open.ts'
import type { DevicesTable } from '../db/schema.gen.ts'
import { accountBehind, forgetRobots, nameRobots } from '../robots/robots.ts'
import { type DeviceAddress, findDevice, getDevice, noDevice, refusePinned, wrong } from './devices.ts'
import { setGroups } from './memberships.ts'
import { requireFree } from './register.ts'
import { isHeard } from './status.ts'

type Ctx = Pick<AppContext, 'db' | 'now'>

/**
 * Changes what people say of a device; what is left out stays. Its old name goes on meaning it in the `robot` of
 * episodes.
 *
 * @throws AppError conflict for a name or DSN that is taken; invalid_request for a group or package of elsewhere;
 *   forbidden for keys that are pinned to a device
 * @example await updateDevice(ctx, caller, { org: 'acme', project: 'default', device: 'arm-7', maintenance: true })
 */
export async function updateDevice(
  ctx: Ctx,
  caller: Caller,
  { org, project, device, ...wish }: DeviceAddress & ChangeDevice,
): Promise<DeviceDetail> {
  const { device_id, place } = await findDevice(ctx, caller, { org, project, device }, 'fleet:write')
  refusePinned(caller)
  const { organization_id, project_id } = place
  const now = ctx.now()
  const at = now.toISOString()
  await ctx.db.transaction().execute(async (trx) => {
    const row = await readRow(trx, device_id)
    const changes = changesOf(row, wish, now)
    const { name = row.name, dsn = row.dsn } = changes
    if (name !== row.name || dsn !== row.dsn) {
      await requireFree(trx, project_id, { id: device_id, name, dsn })
      await nameRobots(trx, project_id, device_id, [name, dsn])
    }
    if (changes.package_id != null) await requirePackage(trx, project_id, changes.package_id)
    if (Object.keys(changes).length > 0) {
      await trx.updateTable('devices').set(changes).where('id', '=', device_id).execute()
    }
    const groups = wish.group_ids && (await setGroups(trx, { project_id, device_id, ids: wish.group_ids }))
    const event = { actor: actorOf(caller), organization_id, target: device_id }
    if (changes.confirmed_at) {
      await recordEvent(trx, at, { ...event, action: 'device.confirmed', detail: { name } })
    }
    const changed = namesOf(changes, groups === true)
    if (changed === '') return
    await recordEvent(trx, at, { ...event, action: 'device.changed', detail: { name, changed } })
  })
  return getDevice(ctx, caller, { org, project, device: device_id })
}

async function readRow(trx: Database, device_id: string): Promise<DevicesTable> {
  const row = await trx
    .selectFrom('devices')
    .selectAll()
    .where('id', '=', device_id)
    .where('removed_at', 'is', null)
    .executeTakeFirst()
  if (!row) throw noDevice()
  return row
}

/** Only what would be different afterwards. */
function changesOf(row: DevicesTable, wish: ChangeDevice, now: Date): Updateable<DevicesTable> {
  const said: Updateable<DevicesTable> = {
    ...(wish.name === undefined ? {} : { name: wish.name }),
    // What is empty after trimming was taken away.
    ...(wish.dsn === undefined ? {} : { dsn: wish.dsn || null }),
    ...(wish.type === undefined ? {} : { type: wish.type || null }),
    ...(wish.environment === undefined ? {} : { environment: wish.environment || null }),
    ...(wish.package_id === undefined ? {} : { package_id: wish.package_id }),
    ...(wish.confirmed && row.confirmed_at === null ? { confirmed_at: now.toISOString() } : {}),
    ...(wish.maintenance === undefined ? {} : inMaintenance(row, wish.maintenance, now)),
  }
  // The members of an update are columns of the row.
  const columns = Object.entries(said) as [keyof DevicesTable, unknown][]
  return Object.fromEntries(columns.filter(([column, value]) => row[column] !== value))
}

/** When it is over, the heartbeats decide again; nobody is told of a silence that went by meanwhile. */
function inMaintenance(row: DevicesTable, wanted: boolean, now: Date): Updateable<DevicesTable> {
  if (wanted === (row.maintenance_since !== null)) return {}
  if (wanted) return { status: 'maintenance', maintenance_since: now.toISOString() }
  return { status: isHeard(now, row.last_heartbeat_at) ? 'online' : 'offline', maintenance_since: null }
}

const NOT_SAID = ['confirmed_at', 'status']
const SAID_AS: Record<string, string> = { maintenance_since: 'maintenance', package_id: 'package' }

function namesOf(changes: Updateable<DevicesTable>, groups: boolean): string {
  const columns = Object.keys(changes).filter((column) => !NOT_SAID.includes(column))
  return [...columns.map((column) => SAID_AS[column] ?? column), ...(groups ? ['groups'] : [])].join(' ')
}

async function requirePackage(trx: Database, project_id: string, id: string): Promise<void> {
  const found = await trx
    .selectFrom('packages')
    .select('id')
    .where('id', '=', id)
    .where('project_id', '=', project_id)
    .executeTakeFirst()
  if (!found) throw wrong('invalid_request', 'package_id', 'is no package of this project')
}

/**
 * Takes a robot out of the fleet: nobody logs in to it with a key from here any more, the API keys that are pinned to
 * it end, and nothing means it any more. Its episodes stay.
 *
 * @throws AppError forbidden for keys that are pinned to a device
 */
export async function removeDevice(ctx: Ctx, caller: Caller, input: DeviceAddress): Promise<RemovedDevice> {
  const { device_id, name, place } = await findDevice(ctx, caller, input, 'fleet:write')
  refusePinned(caller)
  const revoked_by = await accountBehind(ctx, caller)
  const removed_at = ctx.now().toISOString()
  const { organization_id } = place
  const change = { actor: actorOf(caller), organization_id }
  const keys_revoked = await ctx.db.transaction().execute(async (trx) => {
    await takeOut(trx, device_id, { removed_at, status: 'offline' })
    await forgetRobots(trx, device_id)
    const keys = await trx
      .updateTable('api_keys')
      .set({ revoked_at: removed_at, revoked_by })
      .where('organization_id', '=', organization_id)
      .where('device_id', '=', device_id)
      .where('revoked_at', 'is', null)
      .returning('id')
      .execute()
    const detail = { because: 'its device was removed' }
    for (const { id } of keys) {
      await recordEvent(trx, removed_at, { action: 'api_key.revoked', ...change, target: id, detail })
    }
    const event = { action: 'device.removed', ...change, target: device_id, detail: { name } }
    await recordEvent(trx, removed_at, event)
    return keys.length
  })
  return { id: device_id, removed_at, keys_revoked }
}

/**
 * Out of lists, groups and everybody's reach; the row stays for what points at it.
 *
 * @throws AppError not_found when somebody else was faster
 */
export async function takeOut(
  trx: Database,
  device_id: string,
  how: Updateable<DevicesTable> & { removed_at: string },
): Promise<void> {
  const gone = await trx
    .updateTable('devices')
    .set(how)
    .where('id', '=', device_id)
    .where('removed_at', 'is', null)
    .returning('id')
    .executeTakeFirst()
  if (!gone) throw noDevice()
  await trx.deleteFrom('device_ssh_keys').where('device_id', '=', device_id).execute()
  await trx.deleteFrom('device_group_members').where('device_id', '=', device_id).execute()
}
