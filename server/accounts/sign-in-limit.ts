import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible'
import { AppError } from '../errors.ts'
import { networkOf } from '../http/client-address.ts'

/**
 * How many wrong passwords are taken before the next try has to wait. A browser that this account has
 * signed in from before has a budget of its own, so somebody guessing from elsewhere cannot lock the
 * owner out (OWASP: device cookies).
 */
export interface Limiter {
  /** Per account, tried from unknown browsers. */
  account: RateLimiterMemory
  /** Per network: IPv4 address or IPv6 /64. */
  network: RateLimiterMemory
  /** Per account and browser it has signed in from. */
  known_device: RateLimiterMemory
}

const QUARTER_HOUR_S = 15 * 60

export function createLimiter(): Limiter {
  return {
    account: new RateLimiterMemory({ keyPrefix: 'account', points: 10, duration: QUARTER_HOUR_S }),
    network: new RateLimiterMemory({ keyPrefix: 'network', points: 50, duration: QUARTER_HOUR_S }),
    known_device: new RateLimiterMemory({ keyPrefix: 'known', points: 10, duration: QUARTER_HOUR_S }),
  }
}

/**
 * Takes one try from every budget this sign-in counts against, before the password is looked at: otherwise a
 * thousand guesses sent at once would all pass the check.
 *
 * @returns a way to give the tries back once the password was right
 * @throws AppError rate_limited
 */
export async function spendSignInTry(
  limiter: Limiter,
  from: { email: string; ip: string; known: boolean },
): Promise<{ giveBack: () => Promise<void> }> {
  const account = from.email.toLowerCase()
  const network = networkOf(from.ip)
  const budgets: [RateLimiterMemory, string][] = from.known
    ? [[limiter.known_device, account]]
    : [
        [limiter.network, network],
        [limiter.account, account],
      ]
  for (const [budget, key] of budgets) {
    await budget.consume(key).catch((refused: unknown) => {
      throw tooManyTries(refused)
    })
  }
  return {
    async giveBack() {
      for (const [budget, key] of budgets) await budget.reward(key)
    },
  }
}

function tooManyTries(refused: unknown): unknown {
  if (!(refused instanceof RateLimiterRes)) return refused
  const retry_after = Math.max(1, Math.ceil(refused.msBeforeNext / 1000))
  return new AppError('rate_limited', `Too many wrong passwords. Try again in ${retry_after} seconds.`, {
    retry_after,
  })
}
