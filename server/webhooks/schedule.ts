const [SECOND, MINUTE, HOUR, DAY] = [1_000, 60_000, 3_600_000, 86_400_000]

/** How long after each failure the next attempt is made: eight in about 31 hours. */
const WAITS_MS = [5 * SECOND, 30 * SECOND, 2 * MINUTE, 10 * MINUTE, HOUR, 6 * HOUR, DAY]

/** Up to so much is added by chance, so that what failed together does not come back together. */
const JITTER = 0.2

/** So long without a single delivery, and a webhook is not tried any more. */
export const GIVEN_UP_AFTER_MS = 5 * DAY

/**
 * When to try again after so many attempts that failed; null: no more.
 *
 * @example nextAttempt(now, 1) // five to six seconds later
 */
export function nextAttempt(now: Date, attempts: number): string | null {
  const wait = WAITS_MS[attempts - 1]
  if (wait === undefined) return null
  return new Date(now.getTime() + Math.round(wait * (1 + Math.random() * JITTER))).toISOString()
}
