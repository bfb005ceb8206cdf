import type { Database } from '../db/open.ts'

/** What the artifacts of an episode amount to. */
export interface ArtifactCount {
  count: number
  size_bytes: number
}

/** Those of several episodes, by id; who has none is not in there. The caller has found them already. */
export async function countArtifacts(
  db: Database,
  episode_ids: readonly string[],
): Promise<ReadonlyMap<string, ArtifactCount>> {
  if (episode_ids.length === 0) return new Map()
  const rows = await db
    .selectFrom('artifacts')
    .select(({ fn }) => [
      'episode_id',
      fn.countAll<number>().as('count'),
      fn.sum<number>('size_bytes').as('size_bytes'),
    ])
    .where('episode_id', 'in', episode_ids)
    .groupBy('episode_id')
    .execute()
  return new Map(rows.map(({ episode_id, ...count }) => [episode_id, count]))
}
