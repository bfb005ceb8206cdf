import { z } from 'zod'
import { decodeNameCursor, encodeNameCursor, type NamePlace } from '../db/name-cursor.ts'
import { decodeCursor, encodeCursor, type Position } from '../db/page.ts'

const whole = (max: number) =>
  z.coerce
    .number('must be a whole number')
    .int('must be a whole number')
    .min(1, 'must be at least 1')
    .max(max, `must be at most ${max}`)

/** How the lists of /api/v1 are asked for their pages. A cursor wins over a page's number. */
export const paging = {
  page: whole(1_000_000).default(1),
  page_size: whole(100).default(20),
  cursor: z.string().max(600).optional(),
}

/** What was asked for. */
export interface Paging {
  page: number
  page_size: number
  cursor?: string | undefined
}

/** A page, as the wire carries it. */
export interface Page<Item> {
  items: Item[]
  total: number
  /** Null when a cursor said where to begin. */
  page: number | null
  page_size: number
  next_cursor: string | null
}

/** The fields of a page's answer around its items. */
export const pageOf = <Item extends z.ZodType>(item: Item) =>
  z.object({
    items: z.array(item),
    total: z.number(),
    page: z.number().nullable(),
    page_size: z.number(),
    next_cursor: z.string().nullable(),
  })

/**
 * A page of a list that is read whole because it is short by nature: an organization's projects and people, not its
 * episodes. Sorted by name, and by id within a name, so that what comes and goes between two pages moves nothing else.
 *
 * @throws AppError invalid_request for a cursor that was not made here
 * @example cutPage(projects, { page: 2, page_size: 20 })
 */
export function cutPage<Item extends NamePlace>(all: readonly Item[], asked: Paging): Page<Item> {
  const { page, page_size, cursor } = asked
  const sorted = [...all].sort(compare)
  const after = cursor === undefined ? undefined : decodeNameCursor(cursor)
  const rest = after === undefined ? sorted : sorted.filter((one) => compare(one, after) > 0)
  const begin = after === undefined ? (page - 1) * page_size : 0
  const items = rest.slice(begin, begin + page_size)
  const last = rest.length > begin + page_size ? items.at(-1) : undefined
  return {
    items,
    total: all.length,
    page: after === undefined ? page : null,
    page_size,
    next_cursor: last ? encodeNameCursor(last) : null,
  }
}

function compare(one: NamePlace, other: NamePlace): number {
  if (one.name !== other.name) return one.name < other.name ? -1 : 1
  return one.id < other.id ? -1 : Number(one.id > other.id)
}

/** Whether a row comes behind a position in a list that begins with the newest. */
export function isOlder(row: Position, position: Position): boolean {
  if (row.created_at !== position.created_at) return row.created_at < position.created_at
  return row.id < position.id
}

/**
 * A page of a list of hundreds, newest first: what stands before it may be read to find where it begins.
 *
 * @param read so many rows behind a position, newest first
 * @throws AppError invalid_request for a cursor that was not made here
 */
export async function newestPage<Row extends Position>(
  { page, page_size, cursor }: Paging,
  read: (limit: number, after: Position | undefined) => Promise<Row[]>,
): Promise<Omit<Page<Row>, 'total'>> {
  const before = (page - 1) * page_size
  const passed = cursor === undefined && before > 0 ? (await read(before, undefined)).at(-1) : undefined
  const after = cursor === undefined ? passed : decodeCursor(cursor)
  // One more than the page holds tells whether there is a next one.
  const rows = await read(page_size + 1, after)
  const items = rows.slice(0, page_size)
  const last = rows.length > page_size ? items.at(-1) : undefined
  return {
    items,
    page: cursor === undefined ? page : null,
    page_size,
    next_cursor: last ? encodeCursor(last) : null,
  }
}
