import type { AppContext } from '../context.ts'
import { AppError } from '../errors.ts'
import { recordFailure, spendOrTell, type Tried } from './failures.ts'
import { canHavePasskeys } from './passkey-host.ts'
import { listPasskeys, type Passkey } from './passkeys.ts'
import { countRecoveryCodes, useRecoveryCode } from './recovery-codes.ts'
import { spendFactorTry } from './sign-in-limit.ts'
import { useTotp } from './totp.ts'
import { type PasskeyAnswer, usePasskey } from './use-passkey.ts'

type Ctx = Pick<AppContext, 'db' | 'now' | 'signing' | 'config' | 'limiter'>

export type Method = 'totp' | 'recovery' | 'passkey'

export interface Factors {
  totp: { confirmed_at: string } | null
  passkeys: Passkey[]
  recovery_codes_left: number
  /** Whether this server's address can have passkeys. */
  passkeys_possible: boolean
}

/** What an account has beside its password. */
export async function readFactors(
  ctx: Pick<AppContext, 'db' | 'config'>,
  account_id: string,
): Promise<Factors> {
  const { totp_confirmed_at: confirmed_at } = await ctx.db
    .selectFrom('accounts')
    .select('totp_confirmed_at')
    .where('id', '=', account_id)
    .executeTakeFirstOrThrow()
  return {
    totp: confirmed_at === null ? null : { confirmed_at },
    passkeys: await listPasskeys(ctx, account_id),
    recovery_codes_left: await countRecoveryCodes(ctx.db, account_id),
    passkeys_possible: canHavePasskeys(ctx),
  }
}

/** How the second step can be taken; empty: the password alone is enough. */
export function methodsOf(factors: Factors): Method[] {
  const methods: Method[] = []
  if (factors.totp) methods.push('totp')
  if (factors.passkeys.length > 0) methods.push('passkey')
  if (methods.length > 0 && factors.recovery_codes_left > 0) methods.push('recovery')
  return methods
}

/** What somebody comes back with: something typed, or a passkey's answer to the question that was asked. */
export type FactorProof =
  | { code: string }
  | { passkey: PasskeyAnswer; asked: string | undefined; verified: boolean }

/**
 * Proves a second factor: a code of the authenticator, a recovery code, or a passkey.
 *
 * @param known this browser has signed in to the account before
 * @throws AppError wrong_code, or rate_limited after too many wrong ones
 */
export async function proveFactor(
  ctx: Ctx,
  { actor, account_id, known }: Tried & { account_id: string; known: boolean },
  proof: FactorProof,
): Promise<Method> {
  const tried = { actor, account_id }
  const spent = await spendOrTell(ctx, tried, () => spendFactorTry(ctx.limiter, { account_id, known }))
  const method = await tryFactor(ctx, account_id, proof)
  if (method) {
    await spent.giveBack()
    return method
  }
  const wrong = 'passkey' in proof ? 'passkey' : 'code'
  await recordFailure(ctx, tried, { action: 'sign_in.failed', detail: { with: wrong } })
  if (wrong === 'passkey') throw new AppError('wrong_code', 'This passkey was not accepted. Try again.')
  const message = 'is wrong, or was used already. Each code works once'
  throw new AppError('wrong_code', `code: ${message}`, { errors: [{ path: 'code', message }] })
}

async function tryFactor(ctx: Ctx, account_id: string, proof: FactorProof): Promise<Method | undefined> {
  if ('passkey' in proof) {
    return (await usePasskey(ctx, { ...proof, account_id }, proof.passkey)) && 'passkey'
  }
  if (/^\s*\d{3}\s*\d{3}\s*$/.test(proof.code)) {
    return (await useTotp(ctx, account_id, proof.code)) ? 'totp' : undefined
  }
  return (await useRecoveryCode(ctx, account_id, proof.code)) ? 'recovery' : undefined
}
