import type { AppContext } from '../context.ts'
import type { Database } from '../db/open.ts'
import { AppError } from '../errors.ts'
import { networkOf } from '../http/client-address.ts'
import { findLogin, type Login, unknownCode } from './login-view.ts'
import { LIFE_MS, USER_CODE_SPACE } from './user-code.ts'

/** Wrong codes per account and per network in the life of a code (RFC 8628 section 5.1). */
export const ACCOUNT_GUESSES = 5
export const NETWORK_GUESSES = 10

/** All wrong codes together may hit a live one with at most this probability. */
export const GUESS_RISK = 2 ** -28

/**
 * How many wrong codes the whole installation takes in the life of a code: what bounds somebody with many
 * accounts. `guesses × live codes / 24^8 ≤ 2^-28`, for any number of live codes.
 */
export function instanceGuesses(live_codes: number): number {
  return Math.floor((GUESS_RISK * USER_CODE_SPACE) / Math.max(1, live_codes))
}

type Ctx = Pick<AppContext, 'db' | 'now' | 'signing'>

/**
 * Looks a code up and counts it when it is wrong, in one transaction: guesses at the same moment cannot slip
 * through, and a right code costs nothing. The counts are in the database, so a restart does not forget them.
 *
 * When the installation's budget is spent, codes are still opened from the network their terminal is in: strangers
 * elsewhere can guess no further, and cannot lock anybody out either.
 *
 * @throws AppError not_found for a wrong code, rate_limited after too many of them
 */
export async function guessCode(
  ctx: Ctx,
  from: { account_id: string; ip: string },
  typed: string,
): Promise<{ login: Login; user_code: string }> {
  const now = ctx.now()
  const network = networkOf(from.ip)
  const own = [
    { bucket: `account:${from.account_id}`, guesses: ACCOUNT_GUESSES },
    { bucket: `network:${network}`, guesses: NETWORK_GUESSES },
  ]
  const found = await ctx.db.transaction().execute(async (trx) => {
    for (const { bucket, guesses } of own) await requireLeft(trx, bucket, guesses, now)
    const match = await findLogin({ db: trx, signing: ctx.signing }, typed)
    if (match?.login.network !== network)
      await requireLeft(trx, 'instance', instanceGuesses(await countLive(trx, now)), now)
    if (match) return match
    for (const bucket of [...own.map((one) => one.bucket), 'instance']) await spend(trx, bucket, now)
    return undefined
  })
  if (!found) throw unknownCode()
  return found
}

async function requireLeft(trx: Database, bucket: string, guesses: number, now: Date): Promise<void> {
  const row = await trx
    .selectFrom('guess_budgets')
    .select(['spent', 'renews_at'])
    .where('bucket', '=', bucket)
    .where('renews_at', '>', now.toISOString())
    .executeTakeFirst()
  if ((row?.spent ?? 0) < guesses) return
  const renews_ms = row ? Date.parse(row.renews_at) - now.getTime() : LIFE_MS
  const retry_after = Math.max(1, Math.ceil(renews_ms / 1000))
  throw new AppError('rate_limited', `Too many wrong codes. Try again in ${retry_after} seconds.`, {
    retry_after,
  })
}

async function spend(trx: Database, bucket: string, now: Date): Promise<void> {
  const at = now.toISOString()
  const renews_at = new Date(now.getTime() + LIFE_MS).toISOString()
  await trx.deleteFrom('guess_budgets').where('bucket', '=', bucket).where('renews_at', '<=', at).execute()
  await trx
    .insertInto('guess_budgets')
    .values({ bucket, spent: 1, renews_at })
    .onConflict((taken) =>
      taken.column('bucket').doUpdateSet((row) => ({ spent: row('guess_budgets.spent', '+', 1) })),
    )
    .execute()
}

async function countLive(trx: Database, now: Date): Promise<number> {
  const row = await trx
    .selectFrom('device_logins')
    .select((count) => count.fn.countAll<number>().as('live'))
    .where('status', '=', 'pending')
    .where('expires_at', '>', now.toISOString())
    .executeTakeFirstOrThrow()
  return row.live
}
