import { randomInt } from 'node:crypto'
import { actorOf, recordEvent } from '../audit/audit.ts'
import type { PersonCaller } from '../caller.ts'
import type { AppContext } from '../context.ts'
import type { Database } from '../db/open.ts'
import { AppError } from '../errors.ts'

const HOW_MANY = 10

/** Crockford's: nothing that is mistaken for something else. Ten of them are 50 bits, and tries are few. */
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'
const LENGTH = 10

type Ctx = Pick<AppContext, 'db' | 'signing'>

/**
 * Ten fresh codes in place of all that were there.
 *
 * @returns their texts, for the only time
 * @throws AppError conflict when the account has no second factor
 */
export async function remakeRecoveryCodes(
  ctx: Ctx & Pick<AppContext, 'now'>,
  caller: PersonCaller,
): Promise<string[]> {
  const { account_id } = caller
  return ctx.db.transaction().execute(async (trx) => {
    if (!(await hasFactor(trx, account_id))) {
      throw new AppError('conflict', 'Set up an authenticator or a passkey first.')
    }
    await trx.deleteFrom('recovery_codes').where('account_id', '=', account_id).execute()
    const codes = await insertCodes({ ...ctx, db: trx }, account_id)
    const event = { action: 'recovery_codes.made', actor: actorOf(caller), target: account_id }
    await recordEvent(trx, ctx.now().toISOString(), event)
    return codes
  })
}

/** Codes for an account that gets its first second factor; none when it has some. */
export async function makeFirstRecoveryCodes(ctx: Ctx, account_id: string): Promise<string[]> {
  const one = await ctx.db
    .selectFrom('recovery_codes')
    .select('code_hash')
    .where('account_id', '=', account_id)
    .executeTakeFirst()
  return one ? [] : insertCodes(ctx, account_id)
}

/** Once nothing is left that they stand in for. */
export async function dropRecoveryCodes(trx: Database, account_id: string): Promise<void> {
  if (await hasFactor(trx, account_id)) return
  await trx.deleteFrom('recovery_codes').where('account_id', '=', account_id).execute()
}

/** Whether a password alone does not sign this account in. */
export async function hasFactor(db: Database, account_id: string): Promise<boolean> {
  const row = await db
    .selectFrom('accounts as a')
    .leftJoin('passkeys as p', 'p.account_id', 'a.id')
    .select('a.id')
    .where('a.id', '=', account_id)
    .where((eb) => eb.or([eb('a.totp_confirmed_at', 'is not', null), eb('p.id', 'is not', null)]))
    .executeTakeFirst()
  return row !== undefined
}

/** Takes a recovery code, once. */
export async function useRecoveryCode(
  ctx: Ctx & Pick<AppContext, 'now'>,
  account_id: string,
  typed: string,
): Promise<boolean> {
  const code = fold(typed)
  if (code.length !== LENGTH) return false
  const unused = await ctx.db
    .selectFrom('recovery_codes')
    .select('code_hash')
    .where('account_id', '=', account_id)
    .where('used_at', 'is', null)
    .execute()
  const match = unused.find((row) =>
    ctx.signing.verify('recovery-code', toSign(account_id, code), row.code_hash),
  )
  if (!match) return false
  const used = await ctx.db
    .updateTable('recovery_codes')
    .set({ used_at: ctx.now().toISOString() })
    .where('account_id', '=', account_id)
    .where('code_hash', '=', match.code_hash)
    .where('used_at', 'is', null)
    .returning('code_hash')
    .executeTakeFirst()
  return used !== undefined
}

/** How many are left. */
export async function countRecoveryCodes(db: Database, account_id: string): Promise<number> {
  const { left } = await db
    .selectFrom('recovery_codes')
    .select((eb) => eb.fn.countAll<number>().as('left'))
    .where('account_id', '=', account_id)
    .where('used_at', 'is', null)
    .executeTakeFirstOrThrow()
  return left
}

async function insertCodes(ctx: Ctx, account_id: string): Promise<string[]> {
  const codes = Array.from({ length: HOW_MANY }, makeCode)
  const rows = codes.map((code) => ({
    account_id,
    code_hash: ctx.signing.sign('recovery-code', toSign(account_id, code)),
  }))
  await ctx.db.insertInto('recovery_codes').values(rows).execute()
  return codes.map((code) => `${code.slice(0, 5)}-${code.slice(5)}`)
}

function makeCode(): string {
  return Array.from({ length: LENGTH }, () => ALPHABET.charAt(randomInt(ALPHABET.length))).join('')
}

/** As it was made: case, dashes and look-alikes are forgiven. */
function fold(typed: string): string {
  return typed.toLowerCase().replace(/[\s-]/g, '').replace(/[il]/g, '1').replace(/o/g, '0')
}

function toSign(account_id: string, code: string): string {
  return `${account_id} ${code}`
}
