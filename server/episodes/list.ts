import type { z } from 'zod'
import type { EpisodePage } from '../../sdk/wire.ts'
import type { AppContext } from '../context.ts'
import { decodeCursor, encodeCursor } from '../db/page.ts'
import { toSummary } from './episodes.ts'
import type { listEpisodesQuery } from './schema.ts'

const COLUMNS = [
  'id',
  'organization_id',
  'project_id',
  'device_id',
  'api_key_id',
  'account_id',
  'status',
  'source',
  'name',
  'robot',
  'policy_version',
  'env_version',
  'git_sha',
  'seed',
  'fps',
  'duration_s',
  'failure_time_s',
  'bytes_total',
  'created_at',
  'updated_at',
  'finalized_at',
  'archived_at',
  'archived_by',
] as const

/** The organization, and the one project that a key is pinned to. */
interface Where {
  organization_id: string
  pinned_project_id?: string | null
}

/**
 * A page of an organization's episodes, newest first. It costs the same however far down it begins: the cursor
 * is a place in the index, and nothing is counted.
 *
 * @param where already checked against the caller
 * @throws AppError invalid_request for a cursor that was not made here
 */
export async function listEpisodes(
  ctx: Pick<AppContext, 'db' | 'config'>,
  { organization_id, pinned_project_id }: Where,
  wanted: z.output<typeof listEpisodesQuery>,
): Promise<EpisodePage> {
  let query = ctx.db
    .selectFrom('episodes')
    .select(COLUMNS)
    .where('organization_id', '=', organization_id)
    .where('archived_at', wanted.archived ? 'is not' : 'is', null)
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    // One more than asked tells whether there is a next page.
    .limit(wanted.limit + 1)
  for (const column of ['status', 'source', 'robot', 'policy_version'] as const) {
    const value = wanted[column]
    if (value) query = query.where(column, '=', value)
  }
  if (pinned_project_id) query = query.where('project_id', '=', pinned_project_id)
  if (wanted.since) query = query.where('created_at', '>=', wanted.since)
  if (wanted.until) query = query.where('created_at', '<', wanted.until)
  if (wanted.cursor) {
    const after = decodeCursor(wanted.cursor)
    query = query.where(({ eb, refTuple, tuple }) =>
      eb(refTuple('created_at', 'id'), '<', tuple(after.created_at, after.id)),
    )
  }
  const rows = await query.execute()
  const items = rows.slice(0, wanted.limit)
  const last = rows.length > wanted.limit ? items.at(-1) : undefined
  return {
    items: items.map((row) => toSummary(ctx, row)),
    next_cursor: last ? encodeCursor(last) : null,
  }
}
