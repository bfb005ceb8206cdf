import type { PersonCaller } from '../caller.ts'
import type { AppContext } from '../context.ts'
import { AppError } from '../errors.ts'
import { hashPassword, isOutdated, refuseWeak, verifyPassword } from './passwords.ts'
import { endAllSessions, startSession } from './sessions.ts'
import { spendSignInTry } from './sign-in-limit.ts'

export interface Account {
  id: string
  email: string
  name: string
  staff: boolean
}

/** Where a sign-in comes from. `known_device`: this browser has signed in to this account before. */
export interface SignInOrigin {
  ip: string
  user_agent: string
  isKnownDevice: (account_id: string) => boolean
}

/**
 * Checks e-mail and password and starts a session.
 *
 * @returns the account and the session cookie's value
 * @throws AppError wrong_password, the same for an unknown e-mail, a wrong password and a disabled account;
 *   rate_limited with retry_after when too many wrong ones came before
 */
export async function signIn(
  ctx: Pick<AppContext, 'db' | 'now' | 'limiter'>,
  input: { email: string; password: string },
  from: SignInOrigin,
): Promise<{ account: Account; session: string }> {
  const row = await ctx.db
    .selectFrom('accounts')
    .select(['id', 'email', 'name', 'staff_since', 'password_hash', 'disabled_at'])
    .where((eb) => eb(eb.fn<string>('lower', ['email']), '=', input.email.toLowerCase()))
    .executeTakeFirst()
  const known = row !== undefined && from.isKnownDevice(row.id)
  const spent = await spendSignInTry(ctx.limiter, { email: input.email, ip: from.ip, known })
  const matches = await verifyPassword(row?.password_hash ?? undefined, input.password)
  if (!row?.password_hash || !matches || row.disabled_at !== null) throw new AppError('wrong_password')
  await spent.giveBack()
  if (isOutdated(row.password_hash)) await storePassword(ctx, row.id, input.password)
  const session = await startSession(ctx, row.id, from)
  return { account: toAccount(row), session }
}

/**
 * Sets a new password and ends every other session of the account.
 *
 * @returns the fresh cookie value of this session (the id changes with the password) and how many others ended
 * @throws AppError wrong_password when the current one is wrong
 */
export async function changePassword(
  ctx: Pick<AppContext, 'db' | 'now' | 'limiter'>,
  caller: PersonCaller,
  input: { current_password: string; new_password: string },
): Promise<{ session: string; sessions_ended: number }> {
  await confirmPassword(ctx, caller, input.current_password, 'current_password')
  refuseWeak(input.new_password, [caller.email, caller.name], 'new_password')
  await storePassword(ctx, caller.account_id, input.new_password)
  const ended = await endAllSessions(ctx, caller.account_id)
  const session = await startSession(ctx, caller.account_id, caller)
  return { session, sessions_ended: Math.max(0, ended - 1) }
}

/**
 * Asks a signed-in person for the password again, before something that a borrowed session must not do.
 *
 * @param path the field it was typed into
 * @throws AppError wrong_password, or rate_limited after too many wrong ones
 */
export async function confirmPassword(
  ctx: Pick<AppContext, 'db' | 'limiter'>,
  caller: PersonCaller,
  password: string,
  path = 'password',
): Promise<void> {
  const { password_hash } = await ctx.db
    .selectFrom('accounts')
    .select('password_hash')
    .where('id', '=', caller.account_id)
    .executeTakeFirstOrThrow()
  const spent = await spendSignInTry(ctx.limiter, { email: caller.email, ip: caller.ip, known: true })
  if (!(await verifyPassword(password_hash ?? undefined, password))) {
    const message = 'is not your current password'
    throw new AppError('wrong_password', `${path}: ${message}`, {
      errors: [{ path, message }],
    })
  }
  await spent.giveBack()
}

async function storePassword(ctx: Pick<AppContext, 'db'>, id: string, password: string): Promise<void> {
  const password_hash = await hashPassword(password)
  await ctx.db.updateTable('accounts').set({ password_hash }).where('id', '=', id).execute()
}

export function toAccount(row: {
  id: string
  email: string
  name: string
  staff_since: string | null
}): Account {
  return { id: row.id, email: row.email, name: row.name, staff: row.staff_since !== null }
}
