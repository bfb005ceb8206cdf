import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible'
import { lower } from '../db/lower.ts'
import { AppError } from '../errors.ts'
import { networkOf } from '../http/client-address.ts'

/**
 * How many wrong passwords and codes are taken before the next try has to wait. A browser that this account has
 * signed in from before has a budget of its own, so somebody guessing from elsewhere cannot lock the
 * owner out (OWASP: device cookies).
 */
export interface Limiter {
  /** Per account, tried from unknown browsers. */
  account: Budget
  /** Per network: IPv4 address or IPv6 /64. */
  network: Budget
  /** Per account and browser it has signed in from. */
  known_device: Budget
  /** Per account, and apart for browsers it has signed in from: codes and passkeys after the right password. */
  second_factor: Budget
  /** Per network: questions that anybody may have put to a passkey. */
  passkey: Budget
  /** Per network: mails with a link for a forgotten password that anybody may ask for. */
  reset: Budget
}

const QUARTER_HOUR_S = 15 * 60

/** Names remembered for each budget; the one not asked about for longest is forgotten first. */
const REMEMBERED = 50_000

/** @param remembered how many names each budget keeps count of */
export function createLimiter(remembered = REMEMBERED): Limiter {
  const budget = (name: string, points: number) => new Budget(name, points, remembered)
  return {
    account: budget('account', 10),
    network: budget('network', 50),
    known_device: budget('known_device', 10),
    second_factor: budget('second_factor', 10),
    passkey: budget('passkey', 100),
    reset: budget('reset', 20),
  }
}

/** So many tries in a quarter of an hour for each name, counted for a bounded number of names. */
export class Budget {
  readonly #counter: RateLimiterMemory
  /** The names counted now, the latest last. */
  readonly #names = new Set<string>()
  readonly #remembered: number

  constructor(
    readonly name: string,
    points: number,
    remembered: number,
  ) {
    this.#counter = new RateLimiterMemory({ keyPrefix: name, points, duration: QUARTER_HOUR_S })
    this.#remembered = remembered
  }

  /** How many names are counted. */
  get size(): number {
    return this.#names.size
  }

  /** @throws TooManyTries */
  async consume(name: string): Promise<void> {
    this.#remember(name)
    await this.#counter.consume(name).catch((refused: unknown) => {
      if (!(refused instanceof RateLimiterRes)) throw refused
      const retry_after = Math.max(1, Math.ceil(refused.msBeforeNext / 1000))
      throw new TooManyTries(this.name, retry_after, refused.consumedPoints === this.#counter.points + 1)
    })
  }

  /** Gives one try back. */
  async reward(name: string): Promise<void> {
    if (this.#names.has(name)) await this.#counter.reward(name)
  }

  #remember(name: string): void {
    this.#names.delete(name)
    this.#names.add(name)
    if (this.#names.size <= this.#remembered) return
    const [oldest] = this.#names
    if (oldest === undefined) return
    this.#names.delete(oldest)
    void this.#counter.delete(oldest)
  }
}

/** The budget is spent; `first`: this try is the one that found it so, and nobody has been told yet. */
export class TooManyTries extends AppError {
  readonly budget: string
  readonly first: boolean

  constructor(budget: string, retry_after: number, first: boolean) {
    super('rate_limited', `Too many wrong tries. Try again in ${retry_after} seconds.`, { retry_after })
    this.budget = budget
    this.first = first
  }
}

/** A try that was taken before its outcome is known. */
export interface Spent {
  /** Once it turned out right. */
  giveBack: () => Promise<void>
}

/**
 * Takes one try from every budget this sign-in counts against, before the password is looked at: otherwise a
 * thousand guesses sent at once would all pass the check.
 *
 * @returns a way to give the tries back once the password was right
 * @throws TooManyTries
 */
export async function spendSignInTry(
  limiter: Limiter,
  from: { email: string; ip: string; known: boolean },
): Promise<Spent> {
  const account = lower(from.email)
  return spend(
    from.known
      ? [[limiter.known_device, account]]
      : [
          [limiter.network, networkOf(from.ip)],
          [limiter.account, account],
        ],
  )
}

/** The same for a code or a passkey of an account that is known already. */
export function spendFactorTry(
  limiter: Limiter,
  from: { account_id: string; known: boolean },
): Promise<Spent> {
  return spend([[limiter.second_factor, `${from.known ? 'known' : 'unknown'} ${from.account_id}`]])
}

/** The same for a passkey alone, which says whose it is only once it turned out right. */
export function spendPasskeyTry(limiter: Limiter, ip: string): Promise<Spent> {
  return spend([[limiter.network, networkOf(ip)]])
}

/** Each question is a row until it expires, and anybody may ask. */
export async function spendPasskeyQuestion(limiter: Limiter, ip: string): Promise<void> {
  await limiter.passkey.consume(networkOf(ip))
}

/** Each may become a mail, and anybody may ask. @throws TooManyTries */
export async function spendResetQuestion(limiter: Limiter, ip: string): Promise<void> {
  await limiter.reset.consume(networkOf(ip))
}

async function spend(budgets: [Budget, string][]): Promise<Spent> {
  for (const [budget, name] of budgets) await budget.consume(name)
  return {
    async giveBack() {
      for (const [budget, name] of budgets) await budget.reward(name)
    },
  }
}
