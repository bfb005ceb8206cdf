import { CompiledQuery } from 'kysely'
import type { Database } from '../db/open.ts'
import type { EpisodesTable } from '../db/schema.gen.ts'

/** What a retention rule names. */
export interface Named {
  project_ids: readonly string[]
  /** Null: whatever became of it. What still records is never named. */
  status: 'interrupted' | 'ready' | 'failed' | null
  source: EpisodesTable['source'] | null
  /** Episodes with this tag stay. */
  keep_tag: string | null
  /** ISO 8601, exclusive: those that began earlier. */
  before: string
}

/** How far a walk has come. */
export interface Reached {
  project_id: string
  created_at: string
  id: string
}

type Row = Pick<EpisodesTable, 'id' | 'name' | 'bytes_total' | 'created_at'>

export interface Step {
  /** What the rule names, oldest first within each project. */
  named: Row[]
  /** How many it would name, had they not the tag that keeps them. */
  kept: number
  /** Where to go on; null: that was all. */
  next: Reached | null
}

/** So many rows one step reads: a few milliseconds in which nobody else is served. */
const AT_ONCE = 1_000

/**
 * One step through the episodes that a rule names. Archived ones are kept on purpose and are never named; what is in the
 * trash is on its way already.
 *
 * @param from null: from the beginning
 * @example const { named, next } = await nameExpired(db, rule, null)
 */
export async function nameExpired(db: Database, wanted: Named, from: Reached | null): Promise<Step> {
  const at = from ? wanted.project_ids.indexOf(from.project_id) : 0
  const project_id = wanted.project_ids[at]
  if (project_id === undefined) return { named: [], kept: 0, next: null }
  const rows = await readSome(db, wanted, from ?? { project_id, created_at: '', id: '' })
  const open = rows.filter(
    (row) =>
      row.status !== 'recording' &&
      row.archived_at === null &&
      (wanted.source === null || row.source === wanted.source),
  )
  const last = rows.length === AT_ONCE ? rows.at(-1) : undefined
  const following = wanted.project_ids[at + 1]
  const begin = following === undefined ? null : { project_id: following, created_at: '', id: '' }
  return {
    named: open.filter(({ kept }) => kept === 0),
    kept: open.filter(({ kept }) => kept !== 0).length,
    next: last ? { project_id, created_at: last.created_at, id: last.id } : begin,
  }
}

type Looked = Row & Pick<EpisodesTable, 'status' | 'source' | 'archived_at'> & { kept: number }

/** The next rows of a project, oldest first, from the index that is meant; the bound is on what is read. */
async function readSome(db: Database, wanted: Named, { project_id, ...after }: Reached): Promise<Looked[]> {
  const index = wanted.status === null ? 'episodes_newest' : 'episodes_by_status'
  const terms = ['project_id = ?', ...(wanted.status === null ? [] : ['status = ?'])]
  const params = [project_id, ...(wanted.status === null ? [] : [wanted.status])]
  const kept =
    wanted.keep_tag === null
      ? '0'
      : 'EXISTS (SELECT 1 FROM episode_tags t WHERE t.episode_id = e.id AND t.tag = ?)'
  const { rows } = await db.executeQuery<Looked>(
    CompiledQuery.raw(
      `SELECT e.id, e.name, e.bytes_total, e.created_at, e.status, e.source, e.archived_at, ${kept} AS kept
        FROM episodes e INDEXED BY ${index}
        WHERE ${terms.join(' AND ')} AND created_at < ? AND (created_at, id) > (?, ?)
        ORDER BY created_at, id LIMIT ?`,
      [
        ...(wanted.keep_tag === null ? [] : [wanted.keep_tag]),
        ...params,
        ...[wanted.before, after.created_at, after.id, AT_ONCE],
      ],
    ),
  )
  return rows
}
