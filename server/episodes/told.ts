import type { Database } from '../db/open.ts'
import { seedValue } from './seed.ts'

/** What an episode is, in a message to somebody outside: what it was run with and how it ended, without metadata. */
export async function tellEpisode(
  db: Database,
  id: string,
): Promise<{ project_id: string; data: Record<string, string | number | bigint | null> } | undefined> {
  const row = await db
    .selectFrom('episodes')
    .select(['project_id', 'id as episode_id', 'name', 'status', 'source', 'robot', 'device_id'])
    .select(['policy_version', 'env_version', 'git_sha', 'seed as seed_text', 'fps'])
    .select(['duration_s', 'failure_time_s', 'bytes_total', 'created_at', 'finalized_at'])
    .where('id', '=', id)
    .executeTakeFirst()
  if (!row) return undefined
  const { project_id, ...data } = row
  return { project_id, data: { ...data, seed: seedValue(row.seed_text) } }
}
