import type { Device, DeviceList } from '../../sdk/wire.ts'
import { actorOf, recordEvent } from '../audit/audit.ts'
import type { Caller } from '../caller.ts'
import type { AppContext } from '../context.ts'
import { isUniqueViolation } from '../db/errors.ts'
import { newId } from '../db/ids.ts'
import type { DevicesTable } from '../db/schema.gen.ts'
import { AppError } from '../errors.ts'
import { enter, type Place } from '../organizations/act-within.ts'
import type { Scope } from '../organizations/scopes.ts'
import { accountBehind, forgetRobots, nameRobots } from '../robots/robots.ts'

/** What an address names: organization and project by slug or id, and with them a device by name or id. */
export interface ProjectAddress {
  org: string
  project: string
}
export interface DeviceAddress extends ProjectAddress {
  device: string
}

/** A device of the place that the caller has entered. */
export interface FoundDevice {
  device_id: string
  name: string
  place: Place
}

type Ctx = Pick<AppContext, 'db' | 'now'>

/**
 * A new robot of a project. Members may, and keys with `fleet:write` that are pinned to no device.
 *
 * @throws AppError conflict when the project has a device of that name
 */
export async function createDevice(
  ctx: Ctx,
  caller: Caller,
  input: ProjectAddress & { name: string },
): Promise<Device> {
  const place = await enter(ctx, caller, input, 'fleet:write')
  refusePinned(caller)
  const created_by = await accountBehind(ctx, caller)
  const created_at = ctx.now().toISOString()
  const { organization_id, project_id } = place
  const id = newId('dev')
  await ctx.db.transaction().execute(async (trx) => {
    await trx
      .insertInto('devices')
      .values({
        ...{ id, organization_id, project_id, name: input.name, status: 'offline' },
        ...{ confirmed_at: created_at, created_by, created_at },
      })
      .execute()
      .catch((error: unknown) => {
        throw isUniqueViolation(error) ? nameTaken() : error
      })
    await nameRobots(trx, project_id, id, [input.name])
    await recordEvent(trx, created_at, {
      action: 'device.created',
      actor: actorOf(caller),
      organization_id,
      target: id,
      detail: { name: input.name },
    })
  })
  return getDevice(ctx, caller, { ...input, device: id })
}

function nameTaken(): AppError {
  const message = 'is taken by another device of this project. Choose a different one'
  return new AppError('conflict', `name: ${message}`, { errors: [{ path: 'name', message }] })
}

/** The devices of a project by name; a key that is pinned to one sees that one. */
export async function listDevices(ctx: Ctx, caller: Caller, input: ProjectAddress): Promise<DeviceList> {
  const place = await enter(ctx, caller, input, 'fleet:read')
  const pinned = pinOf(caller)
  let query = deviceRows(ctx, place).orderBy('d.name')
  if (pinned !== null) query = query.where('d.id', '=', pinned)
  return onePage((await query.execute()).map((row) => toDevice(row, place)))
}

/**
 * The devices of all projects, by name; a key that is pinned to a project or a device sees what lies within.
 *
 * @throws AppError not_found, insufficient_scope, forbidden
 */
export async function listAllDevices(ctx: Ctx, caller: Caller, input: { org: string }): Promise<DeviceList> {
  const { organization_id, organization_slug } = await enter(ctx, caller, input, 'fleet:read')
  let query = deviceRows(ctx, { organization_id })
    .innerJoin('projects as p', 'p.id', 'd.project_id')
    .select('p.slug as project_slug')
    .orderBy('d.name')
    .orderBy('d.id')
  const pinned = pinOf(caller)
  if (pinned !== null) query = query.where('d.id', '=', pinned)
  const project = caller.kind === 'organization' ? caller.pinned_project_id : null
  if (project !== null) query = query.where('d.project_id', '=', project)
  return onePage((await query.execute()).map((row) => toDevice(row, { ...row, organization_slug })))
}

function onePage(items: Device[]): DeviceList {
  return { items, total: items.length, page: 1, page_size: items.length, next_cursor: null }
}

/** @throws AppError not_found, also for a key that is pinned to another device */
export async function getDevice(ctx: Ctx, caller: Caller, input: DeviceAddress): Promise<Device> {
  const { device_id, place } = await findDevice(ctx, caller, input, 'fleet:read')
  return toDevice(await deviceRows(ctx, place).where('d.id', '=', device_id).executeTakeFirstOrThrow(), place)
}

/**
 * Takes a robot out of the fleet: nobody logs in to it with a key from here any more, and the API keys that are
 * pinned to it end.
 *
 * @throws AppError forbidden for keys that are pinned to a device
 */
export async function removeDevice(
  ctx: Ctx,
  caller: Caller,
  input: DeviceAddress,
): Promise<{ id: string; removed_at: string; keys_revoked: number }> {
  const { device_id, name, place } = await findDevice(ctx, caller, input, 'fleet:write')
  refusePinned(caller)
  const revoked_by = await accountBehind(ctx, caller)
  const removed_at = ctx.now().toISOString()
  const change = { actor: actorOf(caller), organization_id: place.organization_id }
  const keys_revoked = await ctx.db.transaction().execute(async (trx) => {
    const removed = await trx
      .updateTable('devices')
      .set({ removed_at })
      .where('id', '=', device_id)
      .where('removed_at', 'is', null)
      .returning('id')
      .executeTakeFirst()
    if (!removed) throw noDevice()
    await forgetRobots(trx, device_id)
    await trx.deleteFrom('device_ssh_keys').where('device_id', '=', device_id).execute()
    const keys = await trx
      .updateTable('api_keys')
      .set({ revoked_at: removed_at, revoked_by })
      .where('device_id', '=', device_id)
      .where('revoked_at', 'is', null)
      .returning('id')
      .execute()
    for (const { id } of keys) {
      await recordEvent(trx, removed_at, { action: 'api_key.revoked', ...change, target: id })
    }
    await recordEvent(trx, removed_at, {
      action: 'device.removed',
      ...change,
      target: device_id,
      detail: { name },
    })
    return keys.length
  })
  return { id: device_id, removed_at, keys_revoked }
}

/**
 * The device that an address names, once the caller may do this there.
 *
 * @throws AppError not_found, for what is somebody else's as for what is not there
 */
export async function findDevice(
  ctx: Pick<AppContext, 'db'>,
  caller: Caller,
  input: DeviceAddress,
  scope: Scope,
): Promise<FoundDevice> {
  const place = await enter(ctx, caller, input, scope)
  const row = await ctx.db
    .selectFrom('devices')
    .select(['id', 'name'])
    .where('organization_id', '=', place.organization_id)
    .where('project_id', '=', place.project_id)
    .where('removed_at', 'is', null)
    .where((eb) => eb.or([eb('id', '=', input.device), eb('name', '=', input.device)]))
    .executeTakeFirst()
  const pinned = pinOf(caller)
  if (!row || (pinned !== null && pinned !== row.id)) throw noDevice()
  return { device_id: row.id, name: row.name, place }
}

function noDevice(): AppError {
  return new AppError('not_found', 'No such device.')
}

function pinOf(caller: Caller): string | null {
  return caller.kind === 'organization' ? caller.pinned_device_id : null
}

function refusePinned(caller: Caller): void {
  if (pinOf(caller) === null) return
  throw new AppError('forbidden', 'This key is for one device; it neither adds nor removes any.')
}

function deviceRows(
  ctx: Pick<AppContext, 'db'>,
  { organization_id, project_id }: { organization_id: string; project_id?: string },
) {
  const rows = ctx.db
    .selectFrom('devices as d')
    .selectAll('d')
    .select((select) => [
      select
        .selectFrom('device_ssh_keys as s')
        .whereRef('s.device_id', '=', 'd.id')
        .select((count) => count.fn.countAll<number>().as('n'))
        .$asScalar()
        .$notNull()
        .as('ssh_key_count'),
    ])
    .where('d.organization_id', '=', organization_id)
    .where('d.removed_at', 'is', null)
  return project_id === undefined ? rows : rows.where('d.project_id', '=', project_id)
}

function toDevice(
  row: DevicesTable & { ssh_key_count: number },
  place: Pick<Place, 'organization_slug' | 'project_slug'>,
): Device {
  const { id, name, dsn, type, status, environment, sdk_version, created_at, ssh_key_count } = row
  return {
    ...{ id, name, dsn, type, status, environment, sdk_version, created_at, ssh_key_count },
    last_heartbeat: row.last_heartbeat_at,
    metrics: {
      cpu_usage: row.cpu_usage,
      memory_usage: row.memory_usage,
      disk_usage: row.disk_usage,
      clock_offset_ms: row.clock_offset_ms,
      backlog_episodes: row.backlog_episodes,
      backlog_bytes: row.backlog_bytes,
    },
    groups: [],
    confirmed: row.confirmed_at !== null,
    organization: place.organization_slug,
    project: place.project_slug,
  }
}
