import { type Operator, operatorActor, recordEvent } from '../audit/audit.ts'
import type { AppContext } from '../context.ts'
import { newId } from '../db/ids.ts'
import { lower } from '../db/lower.ts'
import type { Database } from '../db/open.ts'
import { AppError } from '../errors.ts'
import { notify } from '../notices/notices.ts'
import { insertLink } from './password-reset.ts'
import { hashPassword, refuseWeak } from './passwords.ts'
import { dropSessions } from './sessions.ts'

/**
 * What whoever is at the server's own machine does for somebody who cannot sign in. Nobody is signed in there: who may
 * read the data folder is the operator.
 */
type Ctx = Pick<AppContext, 'db' | 'now' | 'config'>

/** An account as its operator sees it. */
export interface KnownAccount {
  id: string
  email: string
  name: string
  staff_since: string | null
  second_factors: number
}

/** A link that works once, to be handed over. */
export interface HandedLink {
  link: string
  expires_at: string
}

/** Everybody who administers the whole installation, the oldest first. */
export async function listStaff(ctx: Pick<AppContext, 'db'>): Promise<KnownAccount[]> {
  const staff = accounts(ctx.db).where('a.staff_since', 'is not', null).where('a.disabled_at', 'is', null)
  return (await staff.orderBy('a.staff_since').execute()).map(toKnown)
}

/** @throws AppError not_found, conflict for an account that is locked */
export async function getAccountByEmail(ctx: Pick<AppContext, 'db'>, email: string): Promise<KnownAccount> {
  const found = await findByEmail(ctx.db, email)
  if (found) return found
  throw new AppError('not_found', `There is no account with the address ${email}.`)
}

/** @throws AppError conflict for an account that is locked */
async function findByEmail(db: Database, email: string): Promise<KnownAccount | undefined> {
  const found = await accounts(db)
    .where((eb) => eb(eb.fn<string>('lower', ['a.email']), '=', lower(email)))
    .executeTakeFirst()
  if (found && found.disabled_at !== null)
    throw new AppError('conflict', `The account of ${email} is locked.`)
  return found && toKnown(found)
}

function accounts(db: Database) {
  return db
    .selectFrom('accounts as a')
    .select(['a.id', 'a.email', 'a.name', 'a.staff_since', 'a.disabled_at', 'a.totp_confirmed_at'])
    .select((select) =>
      select
        .selectFrom('passkeys as p')
        .whereRef('p.account_id', '=', 'a.id')
        .select((many) => many.fn.countAll<number>().as('n'))
        .as('passkeys'),
    )
}

type Found = Awaited<ReturnType<ReturnType<typeof accounts>['executeTakeFirstOrThrow']>>

function toKnown({ id, email, name, staff_since, totp_confirmed_at, passkeys }: Found): KnownAccount {
  const second_factors = (passkeys ?? 0) + (totp_confirmed_at === null ? 0 : 1)
  return { id, email, name, staff_since, second_factors }
}

/**
 * Gives an account the rights of staff, making it where there is none. A new one has a password when one is given;
 * else the link that comes back sets it.
 *
 * @throws AppError invalid_request for a password that guessing would find; conflict for a locked account
 * @example await createStaff(ctx, { email: 'ada@lab.example', name: 'Ada' }, { user: 'root' })
 */
export async function createStaff(
  ctx: Ctx,
  { email, name, password }: { email: string; name: string; password: string | undefined },
  by: Operator,
): Promise<{ account_id: string; created: boolean; handed: HandedLink | undefined }> {
  if (password !== undefined) refuseWeak(password, [email, name], 'password')
  // Hashing outside of the transaction: nothing but SQL is awaited inside one.
  const password_hash = password === undefined ? null : await hashPassword(password)
  const at = ctx.now().toISOString()
  return ctx.db.transaction().execute(async (trx) => {
    const known = await findByEmail(trx, email)
    const account_id = known?.id ?? newId('acc')
    if (known) {
      // Staff keep the day from which on they have been.
      const staff_since = known.staff_since ?? at
      await trx.updateTable('accounts').set({ staff_since }).where('id', '=', account_id).execute()
    } else {
      const row = { id: account_id, email, name, password_hash, staff_since: at, created_at: at }
      await trx.insertInto('accounts').values(row).execute()
    }
    const action = known ? 'account.staff_granted' : 'account.staff_created'
    await record(trx, at, { action, by, target: account_id })
    const handed = known || password !== undefined ? undefined : await handLink(ctx, trx, account_id, by)
    return { account_id, created: known === undefined, handed }
  })
}

/**
 * A link that replaces a forgotten password, once; using it ends all sessions.
 *
 * @throws AppError not_found, conflict
 */
export async function makeResetLinkByOperator(ctx: Ctx, email: string, by: Operator): Promise<HandedLink> {
  return ctx.db.transaction().execute(async (trx) => {
    const { id } = await getAccountByEmail({ db: trx }, email)
    const detail = { by: 'the operator of the server', ip: 'its own machine' }
    await notify(trx, ctx.now().toISOString(), { account_id: id, kind: 'password_reset_link', detail })
    return handLink(ctx, trx, id, by)
  })
}

async function handLink(ctx: Ctx, trx: Database, account_id: string, by: Operator): Promise<HandedLink> {
  await record(trx, ctx.now().toISOString(), {
    ...{ action: 'account.password_reset_link_made', by, target: account_id },
  })
  // Made by nobody who has an account. It stands as handed over to its owner, because one that nobody made came by
  // mail, and using it would prove that the mailbox is theirs.
  const { url, expires_at } = await insertLink(ctx, trx, account_id, account_id)
  return { link: url, expires_at }
}

/**
 * Takes every second factor of an account away, its recovery codes and its sessions: the password alone signs in, and
 * whoever held a session has to know it.
 *
 * @throws AppError not_found, conflict
 */
export async function resetSecondFactor(
  ctx: Pick<AppContext, 'db' | 'now'>,
  email: string,
  by: Operator,
): Promise<{ factors: number; sessions_ended: number }> {
  const at = ctx.now().toISOString()
  return ctx.db.transaction().execute(async (trx) => {
    const { id, second_factors: factors } = await getAccountByEmail({ db: trx }, email)
    const nothing = { totp_sealed: null, totp_confirmed_at: null, totp_last_step: null }
    await trx.updateTable('accounts').set(nothing).where('id', '=', id).execute()
    for (const table of ['passkeys', 'recovery_codes', 'challenges'] as const) {
      await trx.deleteFrom(table).where('account_id', '=', id).execute()
    }
    const sessions_ended = await dropSessions(trx, id)
    const detail = { factors, sessions_ended }
    await record(trx, at, { action: 'second_factor.reset', by, target: id, detail })
    return { factors, sessions_ended }
  })
}

async function record(
  trx: Database,
  at: string,
  { by, detail, ...event }: { action: string; by: Operator; target: string; detail?: Record<string, number> },
): Promise<void> {
  await recordEvent(trx, at, {
    ...event,
    actor: operatorActor(),
    detail: { ...detail, operator: by.user },
  })
}
