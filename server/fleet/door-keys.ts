import { actorOf, recordEvent } from '../audit/audit.ts'
import type { PersonCaller, Role } from '../caller.ts'
import type { AppContext } from '../context.ts'
import { AppError } from '../errors.ts'
import type { Anyway } from '../organizations/act-within.ts'
import { hasRole, isAtLeast, LEAST_ROLE_AT_DOORS, requireRole } from '../organizations/permissions.ts'
import { type DeviceAddress, type FoundDevice, findDevice } from './devices.ts'

/** An SSH key beside a device: whose, and whether it opens that door. */
export interface DoorKey {
  ssh_key_id: string
  name: string
  type: string
  fingerprint: string
  last_used_at: string | null
  owner: { id: string; name: string; email: string }
  /** Null: it could be selected. */
  added_at: string | null
  added_by: string | null
  /** Why it does not open the door although it is selected. */
  refused: 'not_a_member' | 'viewer' | 'disabled' | null
  /** Whether the caller may select it or take it away. */
  own: boolean
}

export interface WhoMayLogIn {
  selected: DoorKey[]
  /** Those that the caller could add: their own, and for admins those of every member. */
  candidates: DoorKey[]
}

type Ctx = Pick<AppContext, 'db' | 'now'>

/** Who may log in to a device, and who could. */
export async function listDoorKeys(
  ctx: Pick<AppContext, 'db'>,
  caller: PersonCaller,
  input: DeviceAddress,
): Promise<WhoMayLogIn> {
  const found = await findDevice(ctx, caller, input, 'fleet:read')
  const all = (await readDoorKeys(ctx, found)).map((row) => toDoorKey(row, caller))
  const isAdmin = hasRole(caller, found.place.organization_id, 'admin')
  const isMember = hasRole(caller, found.place.organization_id, LEAST_ROLE_AT_DOORS)
  return {
    selected: all.filter(({ added_at }) => added_at !== null),
    candidates: all.filter((key) => {
      return key.added_at === null && key.refused === null && isMember && (isAdmin || key.own)
    }),
  }
}

/**
 * Lets an SSH key in. Members select their own, admins that of any member. Selecting it again changes nothing.
 *
 * @throws AppError not_found for a key of nobody here; forbidden for somebody else's without being an admin
 */
export async function selectDoorKey(
  ctx: Ctx,
  caller: PersonCaller,
  input: DeviceAddress & { ssh_key_id: string },
): Promise<{ ssh_key_id: string }> {
  const { found, key } = await keyAtDoor(ctx, caller, input)
  if (toDoorKey(key, caller).refused !== null) throw noKey()
  const added_at = ctx.now().toISOString()
  await ctx.db.transaction().execute(async (trx) => {
    const made = await trx
      .insertInto('device_ssh_keys')
      .values({
        device_id: found.device_id,
        ssh_key_id: key.ssh_key_id,
        added_by: caller.account_id,
        added_at,
      })
      .onConflict((conflict) => conflict.doNothing())
      .returning('ssh_key_id')
      .executeTakeFirst()
    if (!made) return
    await recordEvent(trx, added_at, { action: 'device.ssh_key_added', ...changeOf(caller, found, key) })
  })
  return { ssh_key_id: key.ssh_key_id }
}

/** Shuts an SSH key out; refused from the device's next contact on. Members their own, admins any. */
export async function removeDoorKey(
  ctx: Ctx,
  caller: PersonCaller,
  input: DeviceAddress & { ssh_key_id: string },
): Promise<{ ssh_key_id: string }> {
  const { found, key } = await keyAtDoor(ctx, caller, input, { archived_too: true })
  const at = ctx.now().toISOString()
  await ctx.db.transaction().execute(async (trx) => {
    const gone = await trx
      .deleteFrom('device_ssh_keys')
      .where('device_id', '=', found.device_id)
      .where('ssh_key_id', '=', key.ssh_key_id)
      .returning('ssh_key_id')
      .executeTakeFirst()
    if (!gone) return
    await recordEvent(trx, at, { action: 'device.ssh_key_removed', ...changeOf(caller, found, key) })
  })
  return { ssh_key_id: key.ssh_key_id }
}

async function keyAtDoor(
  ctx: Ctx,
  caller: PersonCaller,
  input: DeviceAddress & { ssh_key_id: string },
  anyway?: Anyway,
): Promise<{ found: FoundDevice; key: DoorKeyRow }> {
  const found = await findDevice(ctx, caller, input, 'fleet:write', anyway)
  const key = (await readDoorKeys(ctx, found)).find(({ ssh_key_id }) => ssh_key_id === input.ssh_key_id)
  if (!key) throw noKey()
  const own = key.account_id === caller.account_id
  requireRole(caller, found.place.organization_id, own ? LEAST_ROLE_AT_DOORS : 'admin')
  return { found, key }
}

function noKey(): AppError {
  return new AppError('not_found', 'No such SSH key of a member.')
}

function changeOf(caller: PersonCaller, { device_id, place, name }: FoundDevice, key: DoorKeyRow) {
  return {
    actor: actorOf(caller),
    organization_id: place.organization_id,
    target: device_id,
    detail: { device: name, ssh_key_id: key.ssh_key_id, fingerprint: key.fingerprint, owner: key.account_id },
  }
}

interface DoorKeyRow {
  ssh_key_id: string
  name: string
  type: string
  public_key: string
  fingerprint: string
  last_used_at: string | null
  account_id: string
  owner_name: string
  email: string
  disabled_at: string | null
  role: Role | null
  added_at: string | null
  added_by: string | null
}

/** The keys selected for the device, and those of every member of its organization. */
async function readDoorKeys(
  ctx: Pick<AppContext, 'db'>,
  { device_id, place }: FoundDevice,
): Promise<DoorKeyRow[]> {
  return ctx.db
    .selectFrom('ssh_keys as k')
    .innerJoin('accounts as a', 'a.id', 'k.account_id')
    .leftJoin('members as m', (join) =>
      join.onRef('m.account_id', '=', 'k.account_id').on('m.organization_id', '=', place.organization_id),
    )
    .leftJoin('device_ssh_keys as s', (join) =>
      join.onRef('s.ssh_key_id', '=', 'k.id').on('s.device_id', '=', device_id),
    )
    .leftJoin('accounts as b', 'b.id', 's.added_by')
    .select([
      'k.id as ssh_key_id',
      'k.name',
      'k.type',
      'k.public_key',
      'k.fingerprint',
      'k.last_used_at',
      'k.account_id',
      'a.name as owner_name',
      'a.email',
      'a.disabled_at',
      'm.role',
      's.added_at',
      'b.name as added_by',
    ])
    .where((eb) => eb.or([eb('s.device_id', 'is not', null), eb('m.role', 'is not', null)]))
    .orderBy('a.name')
    .orderBy('k.created_at')
    .orderBy('k.id')
    .execute()
}

/** The keys that open this device's door now. */
export async function listOpenKeys(
  ctx: Pick<AppContext, 'db'>,
  found: FoundDevice,
): Promise<{ ssh_key_id: string; type: string; public_key: string; fingerprint: string; who: string }[]> {
  const rows = await readDoorKeys(ctx, found)
  return rows
    .filter((row) => row.added_at !== null && refusalOf(row) === null)
    .map(({ ssh_key_id, type, public_key, fingerprint, owner_name, email }) => ({
      ssh_key_id,
      type,
      public_key,
      fingerprint,
      who: `${owner_name} (${email})`,
    }))
}

function refusalOf({ disabled_at, role }: DoorKeyRow): DoorKey['refused'] {
  if (disabled_at !== null) return 'disabled'
  if (role === null) return 'not_a_member'
  return isAtLeast(role, LEAST_ROLE_AT_DOORS) ? null : 'viewer'
}

function toDoorKey(row: DoorKeyRow, caller: PersonCaller): DoorKey {
  const { ssh_key_id, name, type, fingerprint, last_used_at, account_id, owner_name, email } = row
  return {
    ssh_key_id,
    name,
    type,
    fingerprint,
    last_used_at,
    owner: { id: account_id, name: owner_name, email },
    added_at: row.added_at,
    added_by: row.added_by,
    refused: refusalOf(row),
    own: account_id === caller.account_id,
  }
}
