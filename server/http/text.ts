import { z } from 'zod'

/** Control characters and direction overrides: they forge log lines, terminals and names on a page. */
export const INVISIBLE =
  /[\u0000-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]/g

/**
 * One line of text as people type it: what cannot be seen is dropped, the ends are trimmed.
 *
 * @example label: line(1, 80)
 */
export function line(min: number, max: number) {
  return z
    .string('must be a text')
    .transform((text) => text.toWellFormed().replace(INVISIBLE, '').trim())
    .pipe(
      z
        .string()
        .min(min, min === 1 ? 'must not be empty' : `must have at least ${min} characters`)
        .max(max, `must have at most ${max} characters`),
    )
}
