import { createHash, randomBytes } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import { actorOf, recordEvent } from '../audit/audit.ts'
import type { Origin, PersonCaller } from '../caller.ts'
import type { AppContext } from '../context.ts'
import { lower } from '../db/lower.ts'
import type { Database } from '../db/open.ts'
import { AppError } from '../errors.ts'
import { notify } from '../notices/notices.ts'
import { stranger } from './failures.ts'
import { hashPassword, refuseWeak } from './passwords.ts'
import { dropSessions } from './sessions.ts'
import { spendResetQuestion } from './sign-in-limit.ts'
import { requireVerified } from './verified.ts'

/** Long enough for a mail that is slow, short enough for a screen that is left open. */
const LINK_LIFE_MS = 30 * 60 * 1000

/** A mailbox gets one mail in ten minutes and five in a day, whoever asks how often. */
const MAIL_EVERY_MS = 10 * 60 * 1000
const MAILS_A_DAY = 5
const DAY_MS = 24 * 60 * 60 * 1000

const ANSWERED_MS = 50

type Ctx = Pick<AppContext, 'db' | 'now' | 'config'>

/** What a link is for, as its page shows it. */
export interface ResetView {
  email: string
  name: string
  expires_at: string
}

/**
 * Mails a link to whoever has an account with this address and a password; to anybody else nothing. Which of the two
 * it is shows in no answer and in no time: everything about it happens behind the answer (security 18).
 *
 * @throws AppError conflict where this server sends no mail; rate_limited for a network that asks too often
 */
export async function askReset(
  ctx: Ctx & Pick<AppContext, 'mail' | 'background' | 'limiter' | 'log'>,
  email: string,
  from: Origin,
): Promise<void> {
  if (!ctx.mail.on) {
    throw new AppError(
      'conflict',
      'This server sends no mail. Ask one of its administrators for a link to reset your password.',
    )
  }
  await spendResetQuestion(ctx.limiter, from.ip)
  ctx.background.add('password reset mail', () => mailLink(ctx, email, from))
}

async function mailLink(
  ctx: Ctx & Pick<AppContext, 'mail' | 'log'>,
  email: string,
  from: Origin,
): Promise<void> {
  // The answer is on its way by then: what is done here must not be felt in its time.
  await setTimeout(ANSWERED_MS)
  const account = await ctx.db
    .selectFrom('accounts')
    .select(['id', 'email', 'name'])
    .where((eb) => eb(eb.fn<string>('lower', ['email']), '=', lower(email)))
    .where('disabled_at', 'is', null)
    // Who signs in through the provider alone does so on purpose: a password would be a way around it.
    .where('password_hash', 'is not', null)
    .executeTakeFirst()
  if (!account) return
  const { id: target } = account
  const link = await ctx.db.transaction().execute(async (trx) => {
    if (await wasMailedEnough(trx, ctx.now(), target)) return undefined
    const event = { action: 'account.password_reset_asked', actor: stranger(from), target }
    await recordEvent(trx, ctx.now().toISOString(), event)
    return insertLink(ctx, trx, target, null)
  })
  if (link) await ctx.mail.send(toMail(account, link.url, from)).catch(told)

  function told(error: unknown): void {
    ctx.log.warn(
      { err: error, account: target, task: 'password reset mail', request_id: from.request_id },
      'a link for a forgotten password could not be mailed',
    )
  }
}

async function wasMailedEnough(trx: Database, now: Date, account_id: string): Promise<boolean> {
  const rows = await trx
    .selectFrom('password_resets')
    .select('created_at')
    .where('account_id', '=', account_id)
    .where('made_by', 'is', null)
    .where('created_at', '>', new Date(now.getTime() - DAY_MS).toISOString())
    .orderBy('created_at', 'desc')
    .execute()
  const [last] = rows
  const justNow = last !== undefined && now.getTime() - Date.parse(last.created_at) < MAIL_EVERY_MS
  return justNow || rows.length >= MAILS_A_DAY
}

function toMail({ email, name }: { email: string; name: string }, url: string, { ip }: Origin) {
  return {
    to: email,
    subject: 'Reset your RoboTrace password',
    paragraphs: [
      `Somebody asked for a new password of the RoboTrace account of ${email}.`,
      'The link works once, for 30 minutes. Setting a new password signs every browser and program out.',
      `It was asked for from the network address ${ip}. If that was not you${/^[\p{L} '-]+$/u.test(name) ? `, ${name}` : ''}, leave this mail: nothing changes unless the link is used.`,
    ],
    link: { words: 'Set a new password', url },
  }
}

/**
 * A link for somebody who cannot get the mail, to be handed over by whoever makes it. For staff: owners and admins of
 * an organization must not be able to become one of its people, who may belong to others as well.
 *
 * @throws AppError step_up_required, forbidden for anybody else; not_found for an unknown or locked account
 */
export async function makeResetLink(
  ctx: Ctx,
  caller: PersonCaller,
  account_id: string,
): Promise<{ link: string; expires_at: string }> {
  if (!caller.staff) throw new AppError('forbidden')
  requireVerified(ctx, caller)
  const at = ctx.now().toISOString()
  const { url, expires_at } = await ctx.db.transaction().execute(async (trx) => {
    const account = await trx
      .selectFrom('accounts')
      .select('id')
      .where('id', '=', account_id)
      .where('disabled_at', 'is', null)
      .executeTakeFirst()
    if (!account) throw new AppError('not_found', 'No such account.')
    await recordEvent(trx, at, {
      action: 'account.password_reset_link_made',
      actor: actorOf(caller),
      target: account_id,
    })
    const detail = { by: caller.name, ip: caller.ip }
    await notify(trx, at, { account_id, kind: 'password_reset_link', detail })
    return insertLink(ctx, trx, account_id, caller.account_id)
  })
  return { link: url, expires_at }
}

/** Whose password a link replaces; looking changes nothing. @throws AppError not_found for a link that is over */
export async function viewReset(ctx: Ctx, token: string): Promise<ResetView> {
  const { email, name, expires_at } = await openLink(ctx.db, ctx.now(), token)
  return { email, name, expires_at }
}

/**
 * Replaces the password, once. It signs nobody in: the new password does, together with the second factor that the
 * account may have. All sessions end (security 30), and so do all other links and half-done sign-ins.
 *
 * @throws AppError not_found for a link that is unknown, used or expired; invalid_request for a password that
 *   guessing would find
 */
export async function resetPassword(
  ctx: Ctx,
  input: { token: string; password: string },
  from: Origin,
): Promise<{ email: string; sessions_ended: number }> {
  const found = await openLink(ctx.db, ctx.now(), input.token)
  refuseWeak(input.password, [found.email, found.name], 'password')
  // Hashing outside of the transaction: nothing but SQL is awaited inside one.
  const password_hash = await hashPassword(input.password)
  const at = ctx.now().toISOString()
  return ctx.db.transaction().execute(async (trx) => {
    const { id, email, made_by } = await openLink(trx, ctx.now(), input.token)
    await trx
      .updateTable('password_resets')
      .set({ used_at: at })
      .where('account_id', '=', id)
      .where('used_at', 'is', null)
      .execute()
    await trx.updateTable('accounts').set({ password_hash }).where('id', '=', id).execute()
    if (made_by === null) await noteMailbox(trx, at, id)
    await trx.deleteFrom('challenges').where('account_id', '=', id).execute()
    const sessions_ended = await dropSessions(trx, id)
    await recordEvent(trx, at, {
      action: 'account.password_reset',
      actor: stranger(from),
      target: id,
      detail: { sessions_ended, link: madeBy(made_by, id) },
    })
    await notify(trx, at, { account_id: id, kind: 'password_reset', detail: { ip: from.ip } })
    return { email, sessions_ended }
  })
}

/** See makeResetLinkByOperator for the link that an account seems to have made for itself. */
function madeBy(made_by: string | null, account_id: string): string {
  if (made_by === null) return 'mailed'
  return made_by === account_id ? 'handed over' : 'made by staff'
}

/** Only the mailbox got the link: whoever used it reads its mail. */
async function noteMailbox(trx: Database, at: string, id: string): Promise<void> {
  await trx
    .updateTable('accounts')
    .set({ email_verified_at: at })
    .where('id', '=', id)
    .where('email_verified_at', 'is', null)
    .execute()
}

async function openLink(db: Database, now: Date, token: string) {
  const row = await db
    .selectFrom('password_resets as r')
    .innerJoin('accounts as a', 'a.id', 'r.account_id')
    .select(['a.id', 'a.email', 'a.name', 'r.made_by', 'r.expires_at'])
    .where('r.token_hash', '=', hashToken(token))
    .where('r.used_at', 'is', null)
    .where('r.expires_at', '>', now.toISOString())
    .where('a.disabled_at', 'is', null)
    .executeTakeFirst()
  if (row) return row
  throw new AppError('not_found', 'This link does not work any more. Ask for a new one.')
}

/** @returns the link, below PUBLIC_URL whatever name the server was asked by; only its SHA-256 is kept */
export async function insertLink(
  ctx: Pick<AppContext, 'now' | 'config'>,
  trx: Database,
  account_id: string,
  made_by: string | null,
): Promise<{ url: string; expires_at: string }> {
  const token = randomBytes(32).toString('base64url')
  const now = ctx.now()
  const expires_at = new Date(now.getTime() + LINK_LIFE_MS).toISOString()
  await trx
    .insertInto('password_resets')
    .values({
      ...{ token_hash: hashToken(token), account_id, made_by },
      ...{ created_at: now.toISOString(), expires_at },
    })
    .execute()
  return { url: `${ctx.config.public_url}/reset-password?token=${token}`, expires_at }
}

function hashToken(token: string): string {
  return createHash('sha256').update(token).digest('hex')
}
