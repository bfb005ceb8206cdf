import { createHash, randomBytes } from 'node:crypto'
import type { Origin } from '../caller.ts'
import type { AppContext } from '../context.ts'
import { newId } from '../db/ids.ts'
import { AppError } from '../errors.ts'
import { insertOrganization } from '../organizations/organizations.ts'
import { type Account, toAccount } from './accounts.ts'
import { hashPassword, refuseWeak } from './passwords.ts'
import { startBrowserSession } from './sign-in.ts'

/** A set-up link that nobody opened in a day was lost; the next start prints a new one. */
const LINK_LIFE_MS = 24 * 60 * 60 * 1000

export interface FirstAccount {
  email: string
  name: string
  password: string
  organization_name: string
}

/** Whether nobody has an account yet. */
export async function isSetupNeeded(ctx: Pick<AppContext, 'db'>): Promise<boolean> {
  return (await ctx.db.selectFrom('accounts').select('id').limit(1).executeTakeFirst()) === undefined
}

/**
 * A single-use link with which the first administrator is created. Links printed by earlier starts end.
 *
 * @returns undefined once there is an account: there is no second way in
 */
export async function makeSetupLink(
  ctx: Pick<AppContext, 'db' | 'now' | 'config'>,
): Promise<string | undefined> {
  if (!(await isSetupNeeded(ctx))) return undefined
  const token = randomBytes(24).toString('base64url')
  const now = ctx.now()
  await ctx.db.transaction().execute(async (trx) => {
    await trx.deleteFrom('setup_links').where('used_at', 'is', null).execute()
    await trx
      .insertInto('setup_links')
      .values({
        token_hash: hashToken(token),
        created_at: now.toISOString(),
        expires_at: new Date(now.getTime() + LINK_LIFE_MS).toISOString(),
      })
      .execute()
  })
  return `${ctx.config.public_url}/setup?token=${token}`
}

/**
 * Spends the link: the first account (staff), its organization and a session.
 *
 * @throws AppError not_found when the link is unknown, used or expired, or an account exists already
 */
export async function completeSetup(
  ctx: Pick<AppContext, 'db' | 'now'>,
  input: FirstAccount & { token: string },
  from: Origin,
): Promise<{ account: Account; session: string }> {
  refuseWeak(input.password, [input.email, input.name, input.organization_name], 'password')
  // Hashing outside of the transaction: nothing but SQL is awaited inside one.
  const password_hash = await hashPassword(input.password)
  const now = ctx.now().toISOString()
  const account = await ctx.db.transaction().execute(async (trx) => {
    const link = await trx
      .updateTable('setup_links')
      .set({ used_at: now })
      .where('token_hash', '=', hashToken(input.token))
      .where('used_at', 'is', null)
      .where('expires_at', '>', now)
      .returning('token_hash')
      .executeTakeFirst()
    if (!link || !(await isSetupNeeded({ db: trx }))) {
      throw new AppError(
        'not_found',
        'This set-up link is not valid any more. Restart the server to get a new one.',
      )
    }
    const row = { id: newId('acc'), email: input.email, name: input.name, staff_since: now }
    await trx
      .insertInto('accounts')
      .values({ ...row, password_hash, created_at: now })
      .execute()
    await insertOrganization(trx, row.id, { name: input.organization_name }, now)
    return toAccount(row)
  })
  return { account, session: await startBrowserSession(ctx, account.id, from, 'set-up link') }
}

function hashToken(token: string): string {
  return createHash('sha256').update(token).digest('hex')
}
