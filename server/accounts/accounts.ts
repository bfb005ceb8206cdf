import { actorOf, recordEvent } from '../audit/audit.ts'
import type { PersonCaller } from '../caller.ts'
import type { AppContext } from '../context.ts'
import type { Database } from '../db/open.ts'
import { AppError } from '../errors.ts'
import { recordFailure, spendOrTell } from './failures.ts'
import { hashPassword, refuseWeak, verifyPassword } from './passwords.ts'
import { hasFactor } from './recovery-codes.ts'
import { dropSessions, openSession } from './sessions.ts'
import { spendSignInTry } from './sign-in-limit.ts'
import { requireVerified } from './verified.ts'

export interface Account {
  id: string
  email: string
  name: string
  staff: boolean
}

/**
 * Sets a new password and ends every other session of the account.
 *
 * @returns the fresh cookie value of this session (the id changes with the password) and how many others ended
 * @throws AppError wrong_password when the current one is wrong, step_up_required when the account has a second factor
 *   that was not asked for in the last two hours
 */
export async function changePassword(
  ctx: Pick<AppContext, 'db' | 'now' | 'limiter'>,
  caller: PersonCaller,
  input: { current_password: string; new_password: string },
): Promise<{ session: string; sessions_ended: number }> {
  if (await hasFactor(ctx.db, caller.account_id)) requireVerified(ctx, caller)
  await confirmPassword(ctx, caller, input.current_password, 'current_password')
  refuseWeak(input.new_password, [caller.email, caller.name], 'new_password')
  const password_hash = await hashPassword(input.new_password)
  const { account_id } = caller
  const now = ctx.now()
  return ctx.db.transaction().execute(async (trx) => {
    await trx.updateTable('accounts').set({ password_hash }).where('id', '=', account_id).execute()
    // A sign-in that got past the old password and waits for its second step ends with it.
    await trx.deleteFrom('challenges').where('account_id', '=', account_id).execute()
    const sessions_ended = Math.max(0, (await dropSessions(trx, account_id)) - 1)
    const { value } = await openSession(trx, now, account_id, caller)
    await recordEvent(trx, now.toISOString(), {
      action: 'account.password_changed',
      actor: actorOf(caller),
      target: account_id,
      detail: { sessions_ended },
    })
    return { session: value, sessions_ended }
  })
}

/**
 * Asks a signed-in person for the password again, before something that a borrowed session must not do.
 *
 * @param path the field it was typed into
 * @throws AppError wrong_password, or rate_limited after too many wrong ones
 */
export async function confirmPassword(
  ctx: Pick<AppContext, 'db' | 'now' | 'limiter'>,
  caller: PersonCaller,
  password: string,
  path = 'password',
): Promise<void> {
  const { password_hash } = await ctx.db
    .selectFrom('accounts')
    .select('password_hash')
    .where('id', '=', caller.account_id)
    .executeTakeFirstOrThrow()
  const tried = { actor: actorOf(caller), account_id: caller.account_id }
  const spent = await spendOrTell(ctx, tried, () =>
    spendSignInTry(ctx.limiter, { email: caller.email, ip: caller.ip, known: true }),
  )
  if (!(await verifyPassword(password_hash ?? undefined, password))) {
    await recordFailure(ctx, tried, { action: 'sign_in.failed', detail: { with: 'password again' } })
    const message = 'is not your current password'
    throw new AppError('wrong_password', `${path}: ${message}`, {
      errors: [{ path, message }],
    })
  }
  await spent.giveBack()
}

/** Changes what others call this person. */
export async function renameAccount(
  ctx: Pick<AppContext, 'db' | 'now'>,
  caller: PersonCaller,
  name: string,
): Promise<{ name: string }> {
  const { account_id: target } = caller
  await ctx.db.transaction().execute(async (trx) => {
    await trx.updateTable('accounts').set({ name }).where('id', '=', target).execute()
    const event = { action: 'account.renamed', actor: actorOf(caller), target }
    await recordEvent(trx, ctx.now().toISOString(), event)
  })
  return { name }
}

/** Stores the hash of a password that is known to be right, or was judged. */
export async function storePassword(db: Database, id: string, password: string): Promise<void> {
  const password_hash = await hashPassword(password)
  await db.updateTable('accounts').set({ password_hash }).where('id', '=', id).execute()
}

export function toAccount(row: {
  id: string
  email: string
  name: string
  staff_since: string | null
}): Account {
  return { id: row.id, email: row.email, name: row.name, staff: row.staff_since !== null }
}
