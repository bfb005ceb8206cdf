import { decodeCursor, encodeCursor, type Position } from '../db/page.ts'
import type { Page, Paging } from '../http/paging.ts'

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
