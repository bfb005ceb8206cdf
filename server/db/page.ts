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

/**
 * Reads a cursor back. Only its form is checked: one made up by hand begins the page where it says, and shows nothing
 * that the caller could not list anyway.
 *
 * @throws AppError invalid_request when it has not the form of a cursor
 */
export function decodeCursor(cursor: string): Position {
  try {
    const [created_at, id] = position.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')))
    return { created_at, id }
  } catch {
    const message = 'does not have the form of a cursor. Send next_cursor of the page before, unchanged'
    throw new AppError('invalid_request', `cursor: ${message}`, { errors: [{ path: 'cursor', message }] })
  }
}
