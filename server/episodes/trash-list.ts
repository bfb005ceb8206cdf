import type { TrashedEpisode, TrashPage } from '../../sdk/wire.ts'
import type { AppContext } from '../context.ts'
import type { Database } from '../db/open.ts'
import { decodeCursor, encodeCursor } from '../db/page.ts'
import { toSummary } from './episodes.ts'
import { readSummaries } from './list.ts'

const DAY_MS = 86_400_000
const PAGE = 50

/** More than so many are not counted. */
const COUNTED = 10_000

/** An episode in the trash, as the portal shows it. */
export interface ShownInTrash extends TrashedEpisode {
  /** Who put it there; null: a retention rule, or a key. */
  trashed_by: string | null
}

/** ISO 8601: when an episode in the trash goes for good. */
export function goesAt(ctx: Pick<AppContext, 'config'>, trashed_at: string): string {
  return new Date(Date.parse(trashed_at) + ctx.config.trash_days * DAY_MS).toISOString()
}

type Ctx = Pick<AppContext, 'db' | 'config'>

/** From where on, and how many. */
interface Asked {
  cursor?: string | null | undefined
  page_size?: number
}

/**
 * A page of an organization's trash, what went there last first.
 *
 * @param organization_id that the caller may read
 * @throws AppError invalid_request for a cursor that was not made here
 */
export async function listTrash(ctx: Ctx, organization_id: string, asked: Asked): Promise<TrashPage> {
  const { rows, next_cursor } = await readTrash(ctx.db, organization_id, asked)
  return { items: rows.map((row) => toTrashed(ctx, row)), next_cursor }
}

/** The same with who put them there. */
export async function showTrash(
  ctx: Ctx,
  organization_id: string,
  asked: Asked,
): Promise<{ items: ShownInTrash[]; next_cursor: string | null }> {
  const { rows, next_cursor } = await readTrash(ctx.db, organization_id, asked)
  const names = await namesOf(ctx.db, rows)
  const items = rows.map((row) => ({
    ...toTrashed(ctx, row),
    trashed_by: row.trashed_by === null ? null : (names.get(row.trashed_by) ?? null),
  }))
  return { items, next_cursor }
}

type Row = Awaited<ReturnType<typeof readSummaries>>[number] & { trashed_at: string }

function toTrashed(ctx: Ctx, row: Row): TrashedEpisode {
  const { trashed_at } = row
  return { ...toSummary(ctx, row), trashed_at, goes_at: goesAt(ctx, trashed_at) }
}

async function readTrash(
  db: Database,
  organization_id: string,
  { cursor, page_size = PAGE }: Asked,
): Promise<{ rows: Row[]; next_cursor: string | null }> {
  const after = cursor ? decodeCursor(cursor) : null
  let query = db
    .selectFrom('episodes')
    .select(['id', 'trashed_at'])
    .where('organization_id', '=', organization_id)
    .where('trashed_at', 'is not', null)
    .orderBy('trashed_at', 'desc')
    .orderBy('id', 'desc')
    .limit(page_size + 1)
  if (after) {
    query = query.where(({ eb, refTuple, tuple }) =>
      eb(refTuple('trashed_at', 'id'), '<', tuple(after.created_at, after.id)),
    )
  }
  const found = (await query.execute()).map(({ id, trashed_at }) => ({ id, created_at: trashed_at ?? '' }))
  const page = found.slice(0, page_size)
  const last = page.at(-1)
  const rows = (await readSummaries(db, page)).flatMap((row) => {
    const { trashed_at } = row
    // Null: restored a moment ago.
    return trashed_at === null ? [] : [{ ...row, trashed_at }]
  })
  return { rows, next_cursor: found.length > page_size && last ? encodeCursor(last) : null }
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
