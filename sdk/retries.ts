import type { Answer } from './runtime.ts'

const MOST_ATTEMPTS = 4
const LONGEST_WAIT_S = 30
/** A Retry-After beyond a day is a mistake of the server, not a wish. */
const LONGEST_CREDIBLE_S = 86_400

/**
 * Sends, and sends again while the answer is 429: four times at most, waiting as long as Retry-After says
 * (whole seconds, at most 30) or 1, 2, 4 s. A 429 promises that nothing was written; no other failure
 * does, so nothing else is ever repeated.
 *
 * @example await retryWhileLimited(() => put(body), runtime.sleep)
 */
export async function retryWhileLimited(
  send: () => Promise<Answer>,
  sleep: (ms: number) => Promise<void>,
): Promise<Answer> {
  for (let attempt = 1; ; attempt++) {
    const answer = await send()
    if (answer.status !== 429 || attempt === MOST_ATTEMPTS) return answer
    const wait_s = retryAfter(answer.headers) ?? 2 ** (attempt - 1)
    await sleep(Math.min(wait_s, LONGEST_WAIT_S) * 1000)
  }
}

/** Seconds of a Retry-After that is usable: a whole number from 1 to a day. Dates (RFC 9110 10.2.3) are left alone. */
export function retryAfter(headers: Headers): number | undefined {
  const text = headers.get('retry-after')?.trim() ?? ''
  if (!/^\d+$/.test(text)) return undefined
  const seconds = Number(text)
  return seconds >= 1 && seconds <= LONGEST_CREDIBLE_S ? seconds : undefined
}
