import type { Database } from '../db/open.ts'

/** What a device is, in a message to somebody outside. */
export async function tellDevice(
  db: Database,
  id: string,
): Promise<{ project_id: string; data: Record<string, string | null> } | undefined> {
  const row = await db
    .selectFrom('devices')
    .select(['project_id', 'id as device_id', 'name', 'dsn', 'type', 'environment', 'status'])
    .select(['sdk_version', 'last_heartbeat_at as last_heartbeat'])
    .where('id', '=', id)
    .executeTakeFirst()
  if (!row) return undefined
  const { project_id, ...data } = row
  return { project_id, data }
}
