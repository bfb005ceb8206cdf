import type { Device, DeviceGroupName } from '../../sdk/wire.ts'
import type { AppContext } from '../context.ts'
import type { Database } from '../db/open.ts'
import type { DevicesTable } from '../db/schema.gen.ts'

/** A device as it is stored, with the address of its project. */
export type DeviceRow = DevicesTable & { project_slug: string }

/** Live devices; which of them, the caller of this has to say. */
export function deviceRows(db: Database) {
  return db
    .selectFrom('devices as d')
    .innerJoin('projects as p', 'p.id', 'd.project_id')
    .selectAll('d')
    .select('p.slug as project_slug')
    .where('d.removed_at', 'is', null)
}

/** These live devices, in the same order. */
export async function rowsOf(db: Database, ids: string[]): Promise<DeviceRow[]> {
  if (ids.length === 0) return []
  const rows = await deviceRows(db).where('d.id', 'in', padded(ids)).execute()
  const known = new Map(rows.map((row) => [row.id, row]))
  return ids.map((id) => known.get(id)).filter((row) => row !== undefined)
}

/**
 * Devices as the wire shows them. Two reads, however many there are: one for their groups, one for their SSH keys.
 *
 * @param rows one page
 */
export async function toDevices(
  ctx: Pick<AppContext, 'db'>,
  rows: readonly DeviceRow[],
  organization: string,
): Promise<Device[]> {
  const ids = rows.map(({ id }) => id)
  const [groups, keys] = [await groupsOf(ctx.db, ids), await doorKeyCounts(ctx.db, ids)]
  return rows.map((row) => toDevice(row, organization, groups.get(row.id) ?? [], keys.get(row.id) ?? 0))
}

function toDevice(
  row: DeviceRow,
  organization: string,
  groups: DeviceGroupName[],
  ssh_key_count: number,
): Device {
  const { id, name, dsn, type, status, environment, sdk_version, created_at } = row
  return {
    ...{ id, name, dsn, type, status, environment, sdk_version, created_at, ssh_key_count, groups },
    last_heartbeat: row.last_heartbeat_at,
    metrics: {
      cpu_usage: row.cpu_usage,
      memory_usage: row.memory_usage,
      disk_usage: row.disk_usage,
      clock_offset_ms: row.clock_offset_ms,
      backlog_episodes: row.backlog_episodes,
      backlog_bytes: row.backlog_bytes,
    },
    confirmed: row.confirmed_at !== null,
    organization,
    project: row.project_slug,
  }
}

async function groupsOf(db: Database, ids: string[]): Promise<Map<string, DeviceGroupName[]>> {
  const found = new Map<string, DeviceGroupName[]>()
  if (ids.length === 0) return found
  const rows = await db
    .selectFrom('device_group_members as m')
    .innerJoin('device_groups as g', 'g.id', 'm.group_id')
    .select(['m.device_id', 'g.id', 'g.name'])
    .where('m.device_id', 'in', padded(ids))
    .orderBy('g.name')
    .execute()
  for (const { device_id, id, name } of rows) {
    const known = found.get(device_id)
    if (known) known.push({ id, name })
    else found.set(device_id, [{ id, name }])
  }
  return found
}

async function doorKeyCounts(db: Database, ids: string[]): Promise<Map<string, number>> {
  if (ids.length === 0) return new Map()
  const rows = await db
    .selectFrom('device_ssh_keys')
    .select((select) => ['device_id', select.fn.countAll<number>().as('n')])
    .where('device_id', 'in', padded(ids))
    .groupBy('device_id')
    .execute()
  return new Map(rows.map(({ device_id, n }) => [device_id, n]))
}

/** Repeats the last id up to a power of two: prepared statements are kept by their text, and so there are nine. */
function padded(ids: string[]): string[] {
  const size = 2 ** Math.ceil(Math.log2(ids.length))
  return [...ids, ...Array.from({ length: size - ids.length }, () => ids.at(-1) ?? '')]
}
