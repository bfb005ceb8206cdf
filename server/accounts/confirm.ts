import { actorOf, recordEvent } from '../audit/audit.ts'
import type { PersonCaller } from '../caller.ts'
import type { AppContext } from '../context.ts'
import { AppError } from '../errors.ts'
import { confirmPassword } from './accounts.ts'
import { putChallenge, readChallenge, takeChallenge } from './challenges.ts'
import { methodsOf, proveFactor, readFactors } from './second-factor.ts'
import { rotateSession } from './sessions.ts'
import { askPasskey, type PasskeyAnswer, type PasskeyOptions, passkeyDetail } from './use-passkey.ts'

type Ctx = Pick<AppContext, 'db' | 'now' | 'signing' | 'config' | 'limiter'>

/** What a person may confirm with. */
export interface ConfirmQuestion {
  /** The account has one; without, a passkey or a new sign-in has to do. */
  password: boolean
  /** A code is wanted beside the password. */
  code: boolean
  passkey: { challenge: string; options: PasskeyOptions } | null
}

/** Asks a signed-in person to prove to be there. */
export async function askToConfirm(ctx: Ctx, caller: PersonCaller): Promise<ConfirmQuestion> {
  const { account_id } = caller
  const { password_hash } = await ctx.db
    .selectFrom('accounts')
    .select('password_hash')
    .where('id', '=', account_id)
    .executeTakeFirstOrThrow()
  const factors = await readFactors(ctx, account_id)
  const options = await askPasskey(ctx, account_id, true)
  const question = { password: password_hash !== null, code: methodsOf(factors).length > 0 }
  if (!options) return { ...question, passkey: null }
  const detail = { asked: options.challenge, verified: true }
  const challenge = await putChallenge(ctx.db, ctx.now(), { kind: 'use_passkey', account_id, detail })
  return { ...question, passkey: { challenge, options } }
}

/** The password, with a code where the account has a second factor; or a passkey that asks for a finger or a PIN. */
export type Confirmation =
  | { password: string; code?: string | undefined }
  | { challenge: string; passkey: PasskeyAnswer }

/**
 * Takes the proof; for two hours nothing asks again.
 *
 * @returns this session's fresh cookie value
 * @throws AppError wrong_password, wrong_code, second_factor_required, rate_limited
 */
export async function confirm(ctx: Ctx, caller: PersonCaller, proof: Confirmation): Promise<string> {
  const by =
    'password' in proof ? await provePassword(ctx, caller, proof) : await provePasskey(ctx, caller, proof)
  const now = ctx.now()
  return ctx.db.transaction().execute(async (trx) => {
    const value = await rotateSession(trx, now, caller, true)
    const target = caller.credential.id
    const event = { action: 'session.confirmed', actor: actorOf(caller), target, detail: { with: by } }
    await recordEvent(trx, now.toISOString(), event)
    return value
  })
}

async function provePassword(
  ctx: Ctx,
  caller: PersonCaller,
  proof: { password: string; code?: string | undefined },
): Promise<string> {
  await confirmPassword(ctx, caller, proof.password)
  const factors = await readFactors(ctx, caller.account_id)
  if (methodsOf(factors).length === 0) return 'password'
  if (!proof.code) throw new AppError('second_factor_required')
  const { account_id } = caller
  return `password and ${await proveFactor(ctx, { actor: actorOf(caller), account_id, known: true }, { code: proof.code })}`
}

async function provePasskey(
  ctx: Ctx,
  caller: PersonCaller,
  proof: { challenge: string; passkey: PasskeyAnswer },
): Promise<string> {
  const { account_id } = caller
  const challenge = await readChallenge(ctx.db, ctx.now(), 'use_passkey', proof.challenge)
  const mine = challenge?.account_id === account_id && (await takeChallenge(ctx.db, proof.challenge))
  if (!mine) throw new AppError('conflict', 'That took too long. Try again.')
  const { asked } = passkeyDetail.parse(challenge.detail)
  const tried = { actor: actorOf(caller), account_id, known: true }
  return proveFactor(ctx, tried, { passkey: proof.passkey, asked, verified: true })
}
