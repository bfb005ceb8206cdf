import type { CreateDevice, Device } from '../../sdk/wire.ts'
import { type Actor, actorOf, recordEvent } from '../audit/audit.ts'
import type { Caller } from '../caller.ts'
import type { AppContext } from '../context.ts'
import { newId } from '../db/ids.ts'
import type { Database } from '../db/open.ts'
import { AppError } from '../errors.ts'
import { enter, type Place } from '../organizations/act-within.ts'
import { accountBehind, nameRobots } from '../robots/robots.ts'
import { type ProjectAddress, refusePinned, wrong } from './devices.ts'
import { deviceRows, toDevices } from './rows.ts'

type Ctx = Pick<AppContext, 'db' | 'now'>

/** Where a device comes to be, and through whom. */
export interface Registration {
  place: Pick<Place, 'organization_id' | 'project_id'>
  wish: CreateDevice
  created_by: string
  actor: Actor
}

/**
 * A robot of a project, before it has ever been heard of (`register-offline` is the same). Members may, and keys with
 * `fleet:write` that are pinned to no device. A device of that name or DSN that nobody has confirmed is confirmed.
 *
 * @throws AppError conflict when a confirmed device has that name or DSN, or the project is archived
 * @example await createDevice(ctx, caller, { org: 'acme', project: 'default', name: 'arm-7', dsn: 'SN-0042' })
 */
export async function createDevice(
  ctx: Ctx,
  caller: Caller,
  { org, project, ...wish }: ProjectAddress & CreateDevice,
): Promise<Device> {
  const place = await enter(ctx, caller, { org, project }, 'fleet:write')
  refusePinned(caller)
  const created_by = await accountBehind(ctx, caller)
  const at = ctx.now().toISOString()
  const id = await ctx.db
    .transaction()
    .execute((trx) => registerDevice(trx, at, { place, wish, created_by, actor: actorOf(caller) }))
  return readDevice(ctx, id, place.organization_slug)
}

/** A live device as lists show it; who may see it, the caller of this has to ask. */
export async function readDevice(ctx: Ctx, id: string, organization: string): Promise<Device> {
  const row = await deviceRows(ctx.db).where('d.id', '=', id).executeTakeFirstOrThrow()
  const [device] = await toDevices(ctx, [row], organization)
  if (!device) throw new AppError('not_found')
  return device
}

/**
 * Makes a device, or confirms the one that is known by this name or DSN already, inside the caller's transaction.
 *
 * @returns its id
 * @throws AppError conflict, as createDevice
 */
export async function registerDevice(trx: Database, at: string, registration: Registration): Promise<string> {
  const { place, wish, created_by, actor } = registration
  const { organization_id, project_id } = place
  const { name } = wish
  // What is empty after trimming was not given.
  const [dsn, type, environment] = [wish.dsn || null, wish.type || null, wish.environment || null]
  await requireOpen(trx, project_id)
  const known = await findUnconfirmed(trx, project_id, [name, dsn])
  await requireFree(trx, project_id, { id: known?.id, name, dsn })
  const id = known?.id ?? newId('dev')
  const said = { name, dsn: dsn ?? known?.dsn ?? null, confirmed_at: at }
  if (known) {
    const rest = { type: type ?? known.type, environment: environment ?? known.environment }
    await trx
      .updateTable('devices')
      .set({ ...said, ...rest })
      .where('id', '=', id)
      .execute()
  } else {
    const place = { id, organization_id, project_id, status: 'offline' as const }
    await trx
      .insertInto('devices')
      .values({ ...place, ...said, type, environment, created_by, created_at: at })
      .execute()
  }
  await nameRobots(trx, project_id, id, [name, dsn])
  const action = known ? 'device.confirmed' : 'device.created'
  await recordEvent(trx, at, { action, actor, organization_id, target: id, detail: { name } })
  return id
}

async function requireOpen(trx: Database, project_id: string): Promise<void> {
  const { archived_at } = await trx
    .selectFrom('projects')
    .select('archived_at')
    .where('id', '=', project_id)
    .executeTakeFirstOrThrow()
  if (archived_at === null) return
  throw new AppError(
    'conflict',
    'This project is archived and takes no devices. Restore it, or name another.',
  )
}

/** A device that came to be from a robot string, if its name is one of these; the first counts most. */
async function findUnconfirmed(trx: Database, project_id: string, texts: (string | null)[]) {
  const known = texts.filter((text) => text !== null)
  const rows = await trx
    .selectFrom('devices')
    .select(['id', 'name', 'dsn', 'type', 'environment'])
    .where('project_id', '=', project_id)
    .where('removed_at', 'is', null)
    .where('confirmed_at', 'is', null)
    .where((eb) => eb.or([eb('name', 'in', known), eb('dsn', 'in', known)]))
    .execute()
  return rows.find(({ name }) => name === texts[0]) ?? rows[0]
}

/**
 * What an episode's robot string says must mean one device: neither the name nor the DSN of one may be either of
 * another.
 *
 * @param device.id left out: it is a new one
 * @throws AppError conflict that names the field and the fix
 */
export async function requireFree(
  trx: Database,
  project_id: string,
  device: { id?: string | undefined; name: string; dsn: string | null },
): Promise<void> {
  const wanted = [device.name, device.dsn].filter((text) => text !== null)
  const others = await trx
    .selectFrom('devices')
    .select(['id', 'name', 'dsn', 'confirmed_at'])
    .where('project_id', '=', project_id)
    .where('removed_at', 'is', null)
    .where((eb) => eb.or([eb('name', 'in', wanted), eb('dsn', 'in', wanted)]))
    .execute()
  for (const other of others.filter(({ id }) => id !== device.id)) {
    // Nobody gave that one its name: it is what a robot said, and the robot with this DSN says so by right.
    if (other.confirmed_at === null && other.name === device.dsn) continue
    const path = other.name === device.name || other.dsn === device.name ? 'name' : 'dsn'
    throw wrong('conflict', path, takenBy(other))
  }
}

function takenBy({ name, confirmed_at }: { name: string; confirmed_at: string | null }): string {
  if (confirmed_at !== null) return `is taken by the device ${name} of this project. Choose a different one`
  return `is taken by ${name}, which nobody has confirmed yet. Merge that one into this device first`
}
