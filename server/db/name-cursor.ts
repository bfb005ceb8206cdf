import { z } from 'zod'
import { AppError } from '../errors.ts'

/** The last row of a page that is sorted by name; the id tells rows of one name apart. */
export interface NamePlace {
  name: string
  id: string
}

const place = z.tuple([z.string().min(1).max(200), z.string().min(1).max(64)])

/** @example next_cursor: encodeNameCursor(lastRow) */
export function encodeNameCursor({ name, id }: NamePlace): string {
  return Buffer.from(JSON.stringify([name, id])).toString('base64url')
}

/**
 * Reads a cursor back. Only its form is checked: one made up by hand begins the page where it says, and shows nothing
 * that the caller could not list anyway.
 *
 * @throws AppError invalid_request when it has not the form of a cursor
 */
export function decodeNameCursor(cursor: string): NamePlace {
  try {
    const [name, id] = place.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')))
    return { name, id }
  } catch {
    const message = 'does not have the form of a cursor. Send next_cursor of the page before, unchanged'
    throw new AppError('invalid_request', `cursor: ${message}`, { errors: [{ path: 'cursor', message }] })
  }
}
