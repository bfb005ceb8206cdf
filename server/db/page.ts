import { z } from 'zod'
import { AppError } from '../errors.ts'

/** The last row of a page: the next page begins right behind it, however many rows came in between. */
export interface Position {
  created_at: string
  id: string
}

const position = z.tuple([z.iso.datetime(), z.string().min(1).max(64)])

/** @example next_cursor: encodeCursor(lastRow) */
export function encodeCursor(at: Position): string {
  return Buffer.from(JSON.stringify([at.created_at, at.id])).toString('base64url')
}

/** @throws AppError invalid_request when the cursor was not made by this server */
export function decodeCursor(cursor: string): Position {
  try {
    const [created_at, id] = position.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')))
    return { created_at, id }
  } catch {
    const message = 'is not a cursor of this server. Send next_cursor of the page before, unchanged'
    throw new AppError('invalid_request', `cursor: ${message}`, { errors: [{ path: 'cursor', message }] })
  }
}
