import { recordEvent } from '../audit/audit.ts'
import type { Origin } from '../caller.ts'
import type { AppContext } from '../context.ts'
import { AppError } from '../errors.ts'
import { type AccessToken, startAccess } from './access-tokens.ts'
import { type Account, storePassword, toAccount } from './accounts.ts'
import { isOutdated, verifyPassword } from './passwords.ts'
import { openSession } from './sessions.ts'
import { type Spent, spendSignInTry, TooManyTries } from './sign-in-limit.ts'

type Ctx = Pick<AppContext, 'db' | 'now' | 'limiter'>

/** Where a sign-in comes from. `isKnownDevice`: this browser has signed in to this account before. */
export interface SignInOrigin extends Origin {
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
  ctx: Ctx,
  input: { email: string; password: string },
  from: SignInOrigin,
): Promise<{ account: Account; session: string }> {
  const row = await provePassword(ctx, input, from)
  return { account: toAccount(row), session: await startBrowserSession(ctx, row.id, from) }
}

/**
 * The same for a program, which gets an access token instead of a cookie.
 *
 * @throws AppError as signIn does
 */
export async function signInProgram(
  ctx: Ctx & Pick<AppContext, 'signing' | 'config'>,
  input: { email: string; password: string },
  from: Origin,
): Promise<AccessToken> {
  const row = await provePassword(ctx, input, { ...from, isKnownDevice: () => false })
  return startAccess(ctx, row.id, from)
}

interface AccountRow {
  id: string
  email: string
  name: string
  staff_since: string | null
}

/** Whose e-mail and password these are. Takes as long, and tells the audit trail as much, whatever is wrong. */
async function provePassword(
  ctx: Ctx,
  input: { email: string; password: string },
  from: SignInOrigin,
): Promise<AccountRow> {
  const row = await ctx.db
    .selectFrom('accounts')
    .select(['id', 'email', 'name', 'staff_since', 'password_hash', 'disabled_at'])
    .where((eb) => eb(eb.fn<string>('lower', ['email']), '=', input.email.toLowerCase()))
    .executeTakeFirst()
  const known = row !== undefined && from.isKnownDevice(row.id)
  const spent = await spendOrTell(ctx, row?.id, from, () =>
    spendSignInTry(ctx.limiter, { email: input.email, ip: from.ip, known }),
  )
  const matches = await verifyPassword(row?.password_hash ?? undefined, input.password)
  if (!row?.password_hash || !matches || row.disabled_at !== null) {
    await recordFailure(ctx, row?.id, from, { action: 'sign_in.failed', detail: { with: 'password' } })
    throw new AppError('wrong_password')
  }
  await spent.giveBack()
  if (isOutdated(row.password_hash)) await storePassword(ctx.db, row.id, input.password)
  return row
}

/** A spent budget is told to the audit trail once, by the try that found it so. */
export async function spendOrTell(
  ctx: Ctx,
  account_id: string | undefined,
  from: Origin,
  spend: () => Promise<Spent>,
): Promise<Spent> {
  try {
    return await spend()
  } catch (error) {
    if (error instanceof TooManyTries && error.first) {
      const detail = { budget: error.budget, retry_after: error.extra.retry_after ?? null }
      await recordFailure(ctx, account_id, from, { action: 'sign_in.limited', detail })
    }
    throw error
  }
}

/**
 * Somebody could not prove to be an account. What they typed is kept out of the trail: people type passwords into the
 * wrong field.
 */
export async function recordFailure(
  ctx: Pick<AppContext, 'db' | 'now'>,
  account_id: string | undefined,
  from: Origin,
  event: { action: string; detail: Record<string, string | number | null> },
): Promise<void> {
  const { ip, user_agent, request_id } = from
  const actor = { kind: 'anonymous' as const, id: null, ip, user_agent, request_id }
  await ctx.db.transaction().execute((trx) =>
    recordEvent(trx, ctx.now().toISOString(), {
      ...event,
      outcome: 'failure',
      actor,
      target: account_id ?? 'unknown',
    }),
  )
}

/** @returns the cookie's value */
export async function startBrowserSession(
  ctx: Pick<AppContext, 'db' | 'now'>,
  account_id: string,
  from: Origin,
): Promise<string> {
  const now = ctx.now()
  const { ip, user_agent, request_id } = from
  return ctx.db.transaction().execute(async (trx) => {
    const { id, value } = await openSession(trx, now, account_id, from)
    await recordEvent(trx, now.toISOString(), {
      action: 'session.started',
      actor: { kind: 'person', id: account_id, credential_id: id, ip, user_agent, request_id },
      target: id,
      detail: { kind: 'browser' },
    })
    return value
  })
}
