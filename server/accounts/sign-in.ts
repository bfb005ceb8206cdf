import { recordEvent } from '../audit/audit.ts'
import type { Origin } from '../caller.ts'
import type { AppContext } from '../context.ts'
import { lower } from '../db/lower.ts'
import { AppError } from '../errors.ts'
import { type AccessToken, startAccess } from './access-tokens.ts'
import { type Account, storePassword, toAccount } from './accounts.ts'
import { putChallenge, readChallenge, takeChallenge } from './challenges.ts'
import { recordFailure, spendOrTell, stranger } from './failures.ts'
import { isOutdated, verifyPassword } from './passwords.ts'
import { type Method, methodsOf, proveFactor, readFactors } from './second-factor.ts'
import { isSignedInFrom } from './session-list.ts'
import { openSession } from './sessions.ts'
import { spendPasskeyQuestion, spendPasskeyTry, spendSignInTry } from './sign-in-limit.ts'
import {
  askPasskey,
  type PasskeyAnswer,
  type PasskeyOptions,
  passkeyDetail,
  usePasskey,
} from './use-passkey.ts'

type Ctx = Pick<AppContext, 'db' | 'now' | 'limiter' | 'signing' | 'config'>

/** Where a sign-in comes from. `isKnownDevice`: this browser has signed in to this account before. */
export interface SignInOrigin extends Origin {
  isKnownDevice: (account_id: string) => boolean | Promise<boolean>
}

/** Whoever comes through, and the session cookie's value. */
export interface SignedIn {
  account: Account
  session: string
}

/** The second step of a sign-in, to be taken within five minutes. */
export interface SecondStep {
  challenge: string
  methods: Method[]
  /** The question for a passkey, where the account has one. */
  passkey: PasskeyOptions | null
}

/**
 * Checks e-mail and password and starts a session, unless the account has a second factor: then there is none yet.
 *
 * @throws AppError wrong_password, the same for an unknown e-mail, a wrong password and a disabled account;
 *   rate_limited with retry_after when too many wrong ones came before
 */
export async function signIn(
  ctx: Ctx,
  input: { email: string; password: string },
  from: SignInOrigin,
): Promise<SignedIn | { second_factor: SecondStep }> {
  const row = await provePassword(ctx, input, from)
  const methods = methodsOf(await readFactors(ctx, row.id))
  if (methods.length > 0) return { second_factor: await askSecondStep(ctx, row.id, methods) }
  return { account: toAccount(row), session: await startBrowserSession(ctx, row.id, from, 'password') }
}

async function askSecondStep(ctx: Ctx, account_id: string, methods: Method[]): Promise<SecondStep> {
  const passkey = (await askPasskey(ctx, account_id, false)) ?? null
  const detail = { asked: passkey?.challenge }
  const challenge = await putChallenge(ctx.db, ctx.now(), { kind: 'second_factor', account_id, detail })
  return { challenge, methods, passkey }
}

/**
 * The second step: a code or a passkey, for the challenge that the password opened.
 *
 * @throws AppError wrong_code, rate_limited; not_found when the challenge is over
 */
export async function finishSignIn(
  ctx: Ctx,
  input: { challenge: string; proof: { code: string } | { passkey: PasskeyAnswer } },
  from: SignInOrigin,
): Promise<SignedIn> {
  const challenge = await readChallenge(ctx.db, ctx.now(), 'second_factor', input.challenge)
  if (!challenge?.account_id) throw over()
  const { account_id } = challenge
  const { asked } = passkeyDetail.parse(challenge.detail)
  const proof = 'code' in input.proof ? input.proof : { ...input.proof, asked, verified: false }
  const known = await from.isKnownDevice(account_id)
  const method = await proveFactor(ctx, { actor: stranger(from), account_id, known }, proof)
  if (!(await takeChallenge(ctx.db, input.challenge))) throw over()
  return letIn(ctx, account_id, from, `password and ${method}`)
}

/** A question for whatever passkey a browser has for this server; undefined when it cannot have any. */
export async function startPasskeySignIn(
  ctx: Ctx,
  from: Origin,
): Promise<{ challenge: string; options: PasskeyOptions } | undefined> {
  await spendPasskeyQuestion(ctx.limiter, from.ip)
  const options = await askPasskey(ctx, null, true)
  if (!options) return undefined
  const detail = { asked: options.challenge, verified: true }
  const challenge = await putChallenge(ctx.db, ctx.now(), { kind: 'use_passkey', account_id: null, detail })
  return { challenge, options }
}

/**
 * Signs in with a passkey alone, which asked for a finger, a face or a PIN: two factors in one.
 *
 * @throws AppError wrong_code when it is not known here, rate_limited
 */
export async function signInWithPasskey(
  ctx: Ctx,
  input: { challenge: string; passkey: PasskeyAnswer },
  from: Origin,
): Promise<SignedIn> {
  const tried = { actor: stranger(from), account_id: undefined }
  const spent = await spendOrTell(ctx, tried, () => spendPasskeyTry(ctx.limiter, from.ip))
  const challenge = await readChallenge(ctx.db, ctx.now(), 'use_passkey', input.challenge)
  const fresh = challenge?.account_id === null && (await takeChallenge(ctx.db, input.challenge))
  if (!fresh) throw over()
  const { asked } = passkeyDetail.parse(challenge.detail)
  const used = await usePasskey(ctx, { asked, account_id: null, verified: true }, input.passkey)
  if (!used) {
    await recordFailure(ctx, tried, { action: 'sign_in.failed', detail: { with: 'passkey' } })
    throw new AppError('wrong_code', 'This passkey is not known here. Sign in with your password.')
  }
  await spent.giveBack()
  return letIn(ctx, used.account_id, from, 'passkey')
}

/**
 * The sign-in of a program, which gets an access token instead of a cookie.
 *
 * @throws AppError as signIn does; second_factor_required when a code is missing, wrong_code when it is wrong
 */
export async function signInProgram(
  ctx: Ctx,
  input: { email: string; password: string; code?: string | undefined },
  from: Origin,
): Promise<AccessToken> {
  const isKnownDevice = (id: string) => isSignedInFrom(ctx, id, from.ip)
  const { id: account_id } = await provePassword(ctx, input, { ...from, isKnownDevice })
  const known = await isKnownDevice(account_id)
  if (methodsOf(await readFactors(ctx, account_id)).length === 0) return startAccess(ctx, account_id, from)
  if (!input.code) throw new AppError('second_factor_required')
  await proveFactor(ctx, { actor: stranger(from), account_id, known }, { code: input.code })
  return startAccess(ctx, account_id, from)
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
    .where((eb) => eb(eb.fn<string>('lower', ['email']), '=', lower(input.email)))
    .executeTakeFirst()
  const known = row !== undefined && (await from.isKnownDevice(row.id))
  const tried = { actor: stranger(from), account_id: row?.id }
  const spent = await spendOrTell(ctx, tried, () =>
    spendSignInTry(ctx.limiter, { email: input.email, ip: from.ip, known }),
  )
  const matches = await verifyPassword(row?.password_hash ?? undefined, input.password)
  if (!row?.password_hash || !matches || row.disabled_at !== null) {
    await recordFailure(ctx, tried, { action: 'sign_in.failed', detail: { with: 'password' } })
    throw new AppError('wrong_password')
  }
  await spent.giveBack()
  if (isOutdated(row.password_hash)) await storePassword(ctx.db, row.id, input.password)
  return row
}

/** The end of a sign-in that took two steps: the account may have been disabled in between. */
async function letIn(ctx: Ctx, account_id: string, from: Origin, by: string): Promise<SignedIn> {
  const row = await ctx.db
    .selectFrom('accounts')
    .select(['id', 'email', 'name', 'staff_since'])
    .where('id', '=', account_id)
    .where('disabled_at', 'is', null)
    .executeTakeFirst()
  if (!row) throw new AppError('wrong_password')
  return { account: toAccount(row), session: await startBrowserSession(ctx, account_id, from, by) }
}

/**
 * Every way in ends here.
 *
 * @param by what it was proved with, for the audit trail
 * @returns the cookie's value
 */
export async function startBrowserSession(
  ctx: Pick<AppContext, 'db' | 'now'>,
  account_id: string,
  from: Origin,
  by: string,
): Promise<string> {
  const now = ctx.now()
  return ctx.db.transaction().execute(async (trx) => {
    const { id, value } = await openSession(trx, now, account_id, from)
    await recordEvent(trx, now.toISOString(), {
      action: 'session.started',
      actor: { ...stranger(from), kind: 'person', id: account_id, credential_id: id },
      target: id,
      detail: { kind: 'browser', with: by },
    })
    return value
  })
}

function over(): AppError {
  return new AppError('not_found', 'This sign-in took too long, or was finished already. Start again.')
}
