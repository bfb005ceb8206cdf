import type { AppContext } from '../context.ts'
import { AppError } from '../errors.ts'
import { networkOf } from '../http/client-address.ts'
import { USER_CODE_SPACE } from './user-code.ts'

/** A login, and with it a budget of guesses, lives this long. */
export const LIFE_MS = 600_000

/** Wrong codes per account and per network in the life of a code (RFC 8628 section 5.1). */
export const ACCOUNT_GUESSES = 5
export const NETWORK_GUESSES = 10

/** All wrong codes together may hit a live one with at most this probability. */
export const GUESS_RISK = 2 ** -28

/**
 * How many wrong codes the whole installation takes in the life of a code: what bounds somebody with many
 * accounts. `guesses × live codes / 24^8 ≤ 2^-28` holds up to 410 live codes; beyond, one guess is left.
 */
export function instanceGuesses(live_codes: number): number {
  return Math.max(1, Math.floor((GUESS_RISK * USER_CODE_SPACE) / Math.max(1, live_codes)))
}

/**
 * Takes one guess from every budget before the code is looked up. The counts are in the database: one for page,
 * tRPC and whatever comes later, and a restart does not forget them.
 *
 * @returns a way to give the guesses back, for a code that was right
 * @throws AppError rate_limited
 */
export async function spendGuess(
  ctx: Pick<AppContext, 'db' | 'now'>,
  from: { account_id: string; ip: string },
): Promise<{ giveBack: () => Promise<void> }> {
  const now = ctx.now()
  const budgets = [
    { bucket: `account:${from.account_id}`, guesses: ACCOUNT_GUESSES },
    { bucket: `network:${networkOf(from.ip)}`, guesses: NETWORK_GUESSES },
    { bucket: 'instance', guesses: instanceGuesses(await countLive(ctx, now)) },
  ]
  const spent: string[] = []
  const giveBack = (): Promise<void> => giveBackGuesses(ctx, spent)
  for (const { bucket, guesses } of budgets) {
    const row = await spend(ctx, bucket, now)
    spent.push(bucket)
    if (row.spent <= guesses) continue
    // This attempt did not look at a code, so it costs nothing: waiting has to help.
    await giveBack()
    const retry_after = Math.max(1, Math.ceil((Date.parse(row.renews_at) - now.getTime()) / 1000))
    throw new AppError('rate_limited', `Too many wrong codes. Try again in ${retry_after} seconds.`, {
      retry_after,
    })
  }
  return { giveBack }
}

async function spend(
  ctx: Pick<AppContext, 'db'>,
  bucket: string,
  now: Date,
): Promise<{ spent: number; renews_at: string }> {
  const at = now.toISOString()
  const renews_at = new Date(now.getTime() + LIFE_MS).toISOString()
  return ctx.db
    .insertInto('guess_budgets')
    .values({ bucket, spent: 1, renews_at })
    .onConflict((taken) =>
      taken.column('bucket').doUpdateSet((row) => ({
        spent: row
          .case()
          .when('guess_budgets.renews_at', '<=', at)
          .then(1)
          .else(row('guess_budgets.spent', '+', 1))
          .end(),
        renews_at: row
          .case()
          .when('guess_budgets.renews_at', '<=', at)
          .then(renews_at)
          .else(row.ref('guess_budgets.renews_at'))
          .end(),
      })),
    )
    .returning(['spent', 'renews_at'])
    .executeTakeFirstOrThrow()
}

async function giveBackGuesses(ctx: Pick<AppContext, 'db'>, buckets: string[]): Promise<void> {
  if (buckets.length === 0) return
  await ctx.db
    .updateTable('guess_budgets')
    .set((row) => ({ spent: row('spent', '-', 1) }))
    .where('bucket', 'in', buckets)
    .where('spent', '>', 0)
    .execute()
}

async function countLive(ctx: Pick<AppContext, 'db'>, now: Date): Promise<number> {
  const row = await ctx.db
    .selectFrom('device_logins')
    .select((count) => count.fn.countAll<number>().as('live'))
    .where('status', '=', 'pending')
    .where('expires_at', '>', now.toISOString())
    .executeTakeFirstOrThrow()
  return row.live
}
