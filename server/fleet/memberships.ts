import type { Database } from '../db/open.ts'
import { wrong } from './devices.ts'

/**
 * Puts a device into exactly these groups, inside the caller's transaction.
 *
 * @returns whether anything is different now
 * @throws AppError invalid_request for a group of elsewhere
 */
export async function setGroups(
  trx: Database,
  { project_id, device_id, ids }: { project_id: string; device_id: string; ids: readonly string[] },
): Promise<boolean> {
  const wanted = [...new Set(ids)].sort()
  for (const id of wanted) await requireGroup(trx, project_id, id, 'group_ids')
  const rows = await trx
    .selectFrom('device_group_members')
    .select('group_id')
    .where('device_id', '=', device_id)
    .orderBy('group_id')
    .execute()
  if (rows.map(({ group_id }) => group_id).join() === wanted.join()) return false
  await trx.deleteFrom('device_group_members').where('device_id', '=', device_id).execute()
  for (const group_id of wanted) await joinGroup(trx, group_id, device_id)
  return true
}

/** Beside the groups that it is in already. */
export async function joinGroup(trx: Database, group_id: string, device_id: string): Promise<void> {
  await trx
    .insertInto('device_group_members')
    .values({ group_id, device_id })
    .onConflict((conflict) => conflict.doNothing())
    .execute()
}

/** @throws AppError invalid_request that names the member of the request */
export async function requireGroup(
  db: Database,
  project_id: string,
  id: string,
  path: string,
): Promise<void> {
  const found = await db
    .selectFrom('device_groups')
    .select('id')
    .where('id', '=', id)
    .where('project_id', '=', project_id)
    .executeTakeFirst()
  if (!found) throw wrong('invalid_request', path, `${id} is no group of this project`)
}
