import type { EpisodeSummary } from '../../sdk/wire.ts'
import type { PersonCaller } from '../caller.ts'
import type { AppContext } from '../context.ts'
import type { Database } from '../db/open.ts'
import { decodeCursor, encodeCursor } from '../db/page.ts'
import { requireRole } from '../organizations/permissions.ts'
import { toSummary } from './episodes.ts'
import { readSummaries } from './list.ts'

const DAY_MS = 86_400_000
const PAGE = 50

/** More than so many are not counted. */
const COUNTED = 10_000

/** An episode that waits to be deleted. */
export interface TrashedEpisode extends EpisodeSummary {
  trashed_at: string
  /** ISO 8601: when it goes for good. */
  goes_at: string
  /** Who put it there; null: a retention rule, or a key. */
  trashed_by: string | null
}

/** ISO 8601: when an episode in the trash goes for good. */
export function goesAt(ctx: Pick<AppContext, 'config'>, trashed_at: string): string {
  return new Date(Date.parse(trashed_at) + ctx.config.trash_days * DAY_MS).toISOString()
}

/**
 * A page of an organization's trash, what went there last first.
 *
 * @throws AppError not_found, invalid_request for a cursor that was not made here
 */
export async function listTrash(
  ctx: Pick<AppContext, 'db' | 'config'>,
  caller: PersonCaller,
  { organization_id, cursor }: { organization_id: string; cursor?: string | null | undefined },
): Promise<{ items: TrashedEpisode[]; next_cursor: string | null }> {
  requireRole(caller, organization_id, 'viewer')
  const after = cursor ? decodeCursor(cursor) : null
  let query = ctx.db
    .selectFrom('episodes')
    .select(['id', 'trashed_at'])
    .where('organization_id', '=', organization_id)
    .where('trashed_at', 'is not', null)
    .orderBy('trashed_at', 'desc')
    .orderBy('id', 'desc')
    .limit(PAGE + 1)
  if (after) {
    query = query.where(({ eb, refTuple, tuple }) =>
      eb(refTuple('trashed_at', 'id'), '<', tuple(after.created_at, after.id)),
    )
  }
  const found = (await query.execute()).map(({ id, trashed_at }) => ({ id, created_at: trashed_at ?? '' }))
  const page = found.slice(0, PAGE)
  const last = page.at(-1)
  const rows = await readSummaries(ctx.db, page)
  const names = await namesOf(ctx.db, rows)
  const items = rows.flatMap((row) => {
    const { trashed_at, trashed_by } = row
    // Restored a moment ago.
    if (trashed_at === null) return []
    const by = trashed_by === null ? null : (names.get(trashed_by) ?? null)
    return [{ ...toSummary(ctx, row), trashed_at, goes_at: goesAt(ctx, trashed_at), trashed_by: by }]
  })
  return { items, next_cursor: found.length > PAGE && last ? encodeCursor(last) : null }
}

async function namesOf(
  db: Database,
  rows: readonly { trashed_by: string | null }[],
): Promise<Map<string, string>> {
  const ids = [...new Set(rows.flatMap(({ trashed_by }) => trashed_by ?? []))]
  if (ids.length === 0) return new Map()
  const people = await db.selectFrom('accounts').select(['id', 'name']).where('id', 'in', ids).execute()
  return new Map(people.map(({ id, name }) => [id, name]))
}

/** What the trash of an organization holds, counted up to a bound. */
export interface TrashSize {
  episodes: number
  bytes: number
  /** There is more than was counted. */
  more: boolean
}

/** Reads the trash alone, and no more of it than a page can say. */
export async function measureTrash(db: Database, organization_id: string): Promise<TrashSize> {
  const { n, bytes } = await db
    .selectFrom((inner) =>
      inner
        .selectFrom('episodes')
        .select('bytes_total')
        .where('organization_id', '=', organization_id)
        .where('trashed_at', 'is not', null)
        .limit(COUNTED + 1)
        .as('looked'),
    )
    .select(({ fn }) => [fn.countAll<number>().as('n'), fn.sum<number | null>('bytes_total').as('bytes')])
    .executeTakeFirstOrThrow()
  return { episodes: Math.min(n, COUNTED), bytes: bytes ?? 0, more: n > COUNTED }
}
