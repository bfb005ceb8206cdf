import type { Database } from '../db/open.ts'

/** A device and the project it is in. */
export interface NamedDevice {
  project_id: string
  device_id: string
}

/**
 * The devices that a robot string means or was: those it means now, and those of that name, removed ones too, because
 * their episodes stay.
 *
 * @example await devicesCalled(db, [project_id], 'arm-7')
 */
export async function devicesCalled(
  db: Database,
  project_ids: readonly string[],
  robot: string,
): Promise<NamedDevice[]> {
  const meant = await db
    .selectFrom('device_robots')
    .select(['project_id', 'device_id'])
    .where('project_id', 'in', project_ids)
    .where('robot', '=', robot)
    .execute()
  const named = await db
    .selectFrom('devices')
    .select(['project_id', 'id as device_id'])
    .where('project_id', 'in', project_ids)
    .where('name', '=', robot)
    .execute()
  return [...new Map([...meant, ...named].map((one) => [one.device_id, one])).values()]
}

/**
 * The device of these projects with this id or name; of several of one name the one that is not removed.
 *
 * @returns undefined when there is none
 */
export async function findNamedDevice(
  db: Database,
  project_ids: readonly string[],
  named: string,
): Promise<NamedDevice | undefined> {
  const column = named.startsWith('dev_') ? 'id' : 'name'
  const rows = await db
    .selectFrom('devices')
    .select(['project_id', 'id as device_id', 'removed_at'])
    .where('project_id', 'in', project_ids)
    .where(column, '=', named)
    .execute()
  return rows.find(({ removed_at }) => removed_at === null) ?? rows[0]
}

/** What devices are called, by id; for ids that the caller has read from rows of its own. */
export async function deviceNames(
  db: Database,
  ids: readonly (string | null)[],
): Promise<ReadonlyMap<string, string>> {
  const wanted = [...new Set(ids)].filter((id) => id !== null)
  if (wanted.length === 0) return new Map()
  const rows = await db.selectFrom('devices').select(['id', 'name']).where('id', 'in', wanted).execute()
  return new Map(rows.map(({ id, name }) => [id, name]))
}
