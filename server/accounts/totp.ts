import { Secret, TOTP } from 'otpauth'
import { actorOf, recordEvent } from '../audit/audit.ts'
import type { PersonCaller } from '../caller.ts'
import type { AppContext } from '../context.ts'
import { AppError } from '../errors.ts'
import { requireFactorLeft } from '../organizations/second-factor-policy.ts'
import { dropRecoveryCodes, makeFirstRecoveryCodes } from './recovery-codes.ts'
import { rotateSession } from './sessions.ts'

/** What every authenticator app knows (RFC 6238): six digits, 30 s, SHA-1. */
const PERIOD_S = 30
const SECRET_BYTES = 20

/** Clocks of telephones are off by a few seconds, and typing takes some: one step to either side is taken. */
const WINDOW = 1

type Ctx = Pick<AppContext, 'db' | 'now' | 'signing'>

/** What an authenticator app is fed, as text and as the content of a QR code. */
export interface TotpSetup {
  /** Base32, for typing. */
  secret: string
  /** `otpauth://totp/…` */
  uri: string
}

/**
 * Begins to set up an authenticator. It asks for nothing until a first code has shown that the app has it.
 *
 * @throws AppError conflict when one is on already
 */
export async function startTotp(ctx: Ctx, caller: PersonCaller): Promise<TotpSetup> {
  const secret = new Secret({ size: SECRET_BYTES })
  const { account_id } = caller
  const started = await ctx.db
    .updateTable('accounts')
    .set({ totp_sealed: ctx.signing.seal(secret.base32, account_id), totp_last_step: null })
    .where('id', '=', account_id)
    .where('totp_confirmed_at', 'is', null)
    .returning('id')
    .executeTakeFirst()
  if (!started) throw new AppError('conflict', 'An authenticator is on already. Turn it off first.')
  return { secret: secret.base32, uri: totp(secret.base32, caller.email).toString() }
}

/**
 * Turns the authenticator on with a first code of it.
 *
 * @returns this session's fresh cookie value, and recovery codes when there was no second factor before
 * @throws AppError invalid_request when the code is wrong, conflict when none is being set up
 */
export async function confirmTotp(
  ctx: Ctx,
  caller: PersonCaller,
  code: string,
): Promise<{ session: string; recovery_codes: string[] }> {
  const { account_id } = caller
  const row = await readTotp(ctx, account_id)
  if (!row || row.confirmed) throw new AppError('conflict', 'No authenticator is being set up. Start again.')
  const step = matchingStep(ctx, row.secret, code)
  if (step === undefined) throw wrongFirstCode()
  const now = ctx.now()
  const at = now.toISOString()
  return ctx.db.transaction().execute(async (trx) => {
    const confirmed = await trx
      .updateTable('accounts')
      .set({ totp_confirmed_at: at, totp_last_step: step })
      .where('id', '=', account_id)
      .where('totp_sealed', '=', row.sealed)
      .where('totp_confirmed_at', 'is', null)
      .returning('id')
      .executeTakeFirst()
    if (!confirmed) throw new AppError('conflict', 'The authenticator was set up elsewhere. Look again.')
    const detail = { kind: 'totp' }
    const event = { action: 'second_factor.added', actor: actorOf(caller), target: account_id, detail }
    await recordEvent(trx, at, event)
    const recovery_codes = await makeFirstRecoveryCodes({ ...ctx, db: trx }, account_id)
    return { session: await rotateSession(trx, now, caller), recovery_codes }
  })
}

/** Turns the authenticator off; the last factor takes the recovery codes along. @returns a fresh cookie value */
export async function removeTotp(ctx: Ctx, caller: PersonCaller): Promise<{ session: string }> {
  const { account_id } = caller
  const now = ctx.now()
  return ctx.db.transaction().execute(async (trx) => {
    const removed = await trx
      .updateTable('accounts')
      .set({ totp_sealed: null, totp_confirmed_at: null, totp_last_step: null })
      .where('id', '=', account_id)
      .where('totp_confirmed_at', 'is not', null)
      .returning('id')
      .executeTakeFirst()
    if (!removed) throw new AppError('conflict', 'No authenticator is on.')
    await dropRecoveryCodes(trx, account_id)
    await recordEvent(trx, now.toISOString(), {
      action: 'second_factor.removed',
      actor: actorOf(caller),
      target: account_id,
      detail: { kind: 'totp' },
    })
    await requireFactorLeft(trx, account_id)
    return { session: await rotateSession(trx, now, caller) }
  })
}

/** Takes a code of an authenticator that is on. Each works once, and none that is older than the last. */
export async function useTotp(ctx: Ctx, account_id: string, code: string): Promise<boolean> {
  const row = await readTotp(ctx, account_id)
  const step = row?.confirmed ? matchingStep(ctx, row.secret, code) : undefined
  if (step === undefined) return false
  const used = await ctx.db
    .updateTable('accounts')
    .set({ totp_last_step: step })
    .where('id', '=', account_id)
    .where('totp_confirmed_at', 'is not', null)
    .where((eb) => eb.or([eb('totp_last_step', 'is', null), eb('totp_last_step', '<', step)]))
    .returning('id')
    .executeTakeFirst()
  return used !== undefined
}

async function readTotp(ctx: Ctx, account_id: string) {
  const { totp_sealed: sealed, totp_confirmed_at } = await ctx.db
    .selectFrom('accounts')
    .select(['totp_sealed', 'totp_confirmed_at'])
    .where('id', '=', account_id)
    .executeTakeFirstOrThrow()
  if (sealed === null) return undefined
  return { sealed, secret: ctx.signing.unseal(sealed, account_id), confirmed: totp_confirmed_at !== null }
}

function matchingStep(ctx: Ctx, secret: string, code: string): number | undefined {
  const timestamp = ctx.now().getTime()
  const token = code.replace(/\s/g, '')
  const delta = totp(secret).validate({ token, timestamp, window: WINDOW })
  return delta === null ? undefined : TOTP.counter({ period: PERIOD_S, timestamp }) + delta
}

function totp(secret: string, label = ''): TOTP {
  return new TOTP({ issuer: 'RoboTrace', label, secret, algorithm: 'SHA1', digits: 6, period: PERIOD_S })
}

function wrongFirstCode(): AppError {
  const message =
    'is not what the authenticator shows now. Check that the clock of your phone is right, then type the next code'
  return new AppError('invalid_request', `code: ${message}`, { errors: [{ path: 'code', message }] })
}
