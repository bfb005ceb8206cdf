import type { Database } from '../db/open.ts'

/**
 * The episode that a device is recording now: the latest one that is still open. The rollup says on which day to look,
 * so that a device with a million finished episodes costs as little as one with none.
 */
export async function latestRecording(
  db: Database,
  { project_id, device_id }: { project_id: string; device_id: string },
): Promise<string | null> {
  const last = await db
    .selectFrom('episode_days')
    .select('day')
    .where('project_id', '=', project_id)
    .where('device_id', '=', device_id)
    .where('status', '=', 'recording')
    .where('n', '>', 0)
    .orderBy('day', 'desc')
    .limit(1)
    .executeTakeFirst()
  if (!last) return null
  const episode = await db
    .selectFrom('episodes')
    .select('id')
    .where('device_id', '=', device_id)
    .where('status', '=', 'recording')
    .where('archived_at', 'is', null)
    .where('created_at', '>=', last.day)
    // Without an end it would read all that was finished since, where a robot has left one open long ago.
    .where('created_at', '<', `${last.day}T24`)
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst()
  return episode?.id ?? null
}

/**
 * Gives another device some of the episodes of one; the rollups follow by themselves.
 *
 * @returns how many; fewer than `limit` says that none is left
 */
export async function moveEpisodes(
  db: Database,
  { from, to, limit }: { from: string; to: string; limit: number },
): Promise<number> {
  const moved = await db
    .updateTable('episodes')
    .set({ device_id: to })
    .where('id', 'in', (select) =>
      select.selectFrom('episodes').select('id').where('device_id', '=', from).limit(limit),
    )
    .executeTakeFirst()
  return Number(moved.numUpdatedRows)
}

/** How many episodes each of these devices has, archived ones left out; who has none is left out. From the rollup. */
export async function countEpisodesOf(
  db: Database,
  devices: readonly { id: string; project_id: string }[],
): Promise<Record<string, number>> {
  if (devices.length === 0) return {}
  const projects = [...new Set(devices.map(({ project_id }) => project_id))]
  const ids = devices.map(({ id }) => id)
  const rows = await db
    .selectFrom('episode_days')
    .select('device_id')
    .select(({ fn }) => fn.sum<number>('n').as('n'))
    .where('project_id', 'in', projects)
    .where('device_id', 'in', ids)
    .groupBy('device_id')
    .execute()
  return Object.fromEntries(rows.map(({ device_id, n }) => [device_id, n]))
}
