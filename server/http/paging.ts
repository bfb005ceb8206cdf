import { z } from 'zod'

/**
 * A whole number in a query, where everything is a text.
 *
 * @example limit: numberText(1, 1_000).default(100)
 */
export function numberText(least: number, most: number) {
  const sentence = `must be a whole number from ${least} to ${most}`
  return z
    .string()
    .regex(/^\d{1,9}$/, sentence)
    .transform(Number)
    .pipe(z.number().min(least, sentence).max(most, sentence))
}

/** A cursor of db/page.ts; the noun says whether it is one. */
export const cursor = z.string().max(200).optional()

/** The members of a query that asks for one page, by its number or by the cursor of the page before. */
export const paging = {
  page: numberText(1, 1_000_000).optional(),
  page_size: numberText(1, 100).default(20),
  cursor,
}
