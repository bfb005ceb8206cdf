import type { DeviceDetail } from '../../sdk/wire.ts'
import type { Caller } from '../caller.ts'
import type { AppContext } from '../context.ts'
import { latestRecording } from '../episodes/of-device.ts'
import { AppError } from '../errors.ts'
import { type Anyway, enter, type Place } from '../organizations/act-within.ts'
import type { Scope } from '../organizations/scopes.ts'
import { robotsOf } from '../robots/robots.ts'
import { deviceRows, toDevices } from './rows.ts'
import { sweepSilent } from './status.ts'

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

/**
 * A device with what it runs, what it records, and what else it is called.
 *
 * @throws AppError not_found, also for a key that is pinned to another device
 */
export async function getDevice(
  ctx: Pick<AppContext, 'db' | 'now'>,
  caller: Caller,
  input: DeviceAddress,
): Promise<DeviceDetail> {
  const { device_id, place } = await findDevice(ctx, caller, input, 'fleet:read')
  await sweepSilent(ctx)
  const row = await deviceRows(ctx.db)
    .leftJoin('packages as g', 'g.id', 'd.package_id')
    .select('g.name as package_name')
    .where('d.id', '=', device_id)
    .executeTakeFirstOrThrow()
  const [device] = await toDevices(ctx, [row], place.organization_slug)
  if (!device) throw noDevice()
  const names = await robotsOf(ctx.db, device_id)
  return {
    ...device,
    current_session_id: await latestRecording(ctx.db, { project_id: place.project_id, device_id }),
    package_id: row.package_id,
    package_name: row.package_name,
    robot_names: names.filter((name) => name !== row.name),
  }
}

/**
 * The same, found by its id alone: a link to a device need not say in which project it is.
 *
 * @throws AppError not_found
 */
export async function getDeviceById(
  ctx: Pick<AppContext, 'db' | 'now'>,
  caller: Caller,
  { org, device }: { org: string; device: string },
): Promise<DeviceDetail> {
  const { organization_id } = await enter(ctx, caller, { org }, 'fleet:read')
  const found = await ctx.db
    .selectFrom('devices')
    .select('project_id')
    .where('id', '=', device)
    .where('organization_id', '=', organization_id)
    .executeTakeFirst()
  if (!found) throw noDevice()
  return getDevice(ctx, caller, { org, project: found.project_id, device })
}

/**
 * The device that an address names, once the caller may do this there. An id wins over a name that looks like one:
 * robots of old clients are called as they like.
 *
 * @throws AppError not_found, for what is somebody else's as for what is not there
 */
export async function findDevice(
  ctx: Pick<AppContext, 'db'>,
  caller: Caller,
  input: DeviceAddress,
  scope: Scope,
  anyway?: Anyway,
): Promise<FoundDevice> {
  const place = await enter(ctx, caller, input, scope, anyway)
  const rows = await ctx.db
    .selectFrom('devices')
    .select(['id', 'name'])
    .where('organization_id', '=', place.organization_id)
    .where('project_id', '=', place.project_id)
    .where('removed_at', 'is', null)
    .where((eb) => eb.or([eb('id', '=', input.device), eb('name', '=', input.device)]))
    .execute()
  const row = rows.find(({ id }) => id === input.device) ?? rows[0]
  const pinned = pinOf(caller)
  if (!row || (pinned !== null && pinned !== row.id)) throw noDevice()
  return { device_id: row.id, name: row.name, place }
}

/** The same refusal for a device that is gone, was never there, or is somebody else's. */
export function noDevice(): AppError {
  return new AppError('not_found', 'No such device.')
}

/** The one device that a key is good for; null: it is pinned to none. */
export function pinOf(caller: Caller): string | null {
  return caller.kind === 'organization' ? caller.pinned_device_id : null
}

/** @throws AppError forbidden for a key that is good for one device, which is not to change the fleet around it */
export function refusePinned(caller: Caller): void {
  if (pinOf(caller) === null) return
  throw new AppError('forbidden', 'This key is for one device; it neither adds, changes nor removes any.')
}

/** A refusal that names the field. */
export function wrong(code: 'conflict' | 'invalid_request', path: string, message: string): AppError {
  return new AppError(code, `${path}: ${message}`, { errors: [{ path, message }] })
}
