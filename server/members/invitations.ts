import { actorOf, recordEvent } from '../audit/audit.ts'
import type { PersonCaller, Role } from '../caller.ts'
import type { AppContext } from '../context.ts'
import { newId } from '../db/ids.ts'
import { lower } from '../db/lower.ts'
import type { Database } from '../db/open.ts'
import { AppError } from '../errors.ts'
import { freshLink, hashInvitationToken, type InvitationTokens, invitationUrl } from './invitation-link.ts'
import { type Invitation, listInvitations } from './invitation-list.ts'
import { sendInvitation } from './invitation-mail.ts'
import { requireGrant, requireManager } from './rules.ts'

/** The link is told once, to whoever made it: only its SHA-256 is kept. */
export interface MadeInvitation {
  invitation: Invitation
  link: string
}

/** Bounds what an organization can make this server send and keep. */
const MAX_OPEN = 100
const MAX_A_DAY_AND_ADDRESS = 5
const DAY_MS = 24 * 60 * 60 * 1000

type Ctx = Pick<AppContext, 'db' | 'now' | 'mail' | 'background' | 'config' | 'log'>

/**
 * Invites an address. The answer is the same whether or not the address has an account here; the page behind the link
 * has to say it, because somebody with an account signs in.
 *
 * @throws AppError forbidden, conflict for a member and for an address that has an open invitation
 * @example const { link } = await makeInvitation(ctx, caller, { organization_id, email, role: 'member', days: 7 })
 */
export async function makeInvitation(
  ctx: Ctx,
  caller: PersonCaller,
  input: { organization_id: string; email: string; role: Role; days: number },
): Promise<MadeInvitation> {
  const { organization_id, email, role, days } = input
  const id = newId('inv')
  const { at, tokens, columns } = freshLink(ctx, days)
  await ctx.db.transaction().execute(async (trx) => {
    const own = await requireManager(trx, caller, organization_id)
    requireGrant(own, role)
    await refuseTwice(trx, at, organization_id, email)
    const row = { id, organization_id, email, role, invited_by: caller.account_id, created_at: at }
    await trx
      .insertInto('invitations')
      .values({ ...row, ...columns })
      .execute()
    await recordEvent(trx, at, {
      action: 'invitation.made',
      actor: actorOf(caller),
      organization_id,
      target: id,
      detail: { email, role, expires_at: columns.expires_at },
    })
  })
  return handOver(ctx, caller, { id, organization_id }, tokens)
}

/**
 * Makes the link of an invitation again: the one before ends, and the caller answers for it from now on. It is mailed
 * again, unless that was done in the last ten minutes.
 *
 * @throws AppError forbidden, not_found once it is accepted or revoked
 */
export async function renewInvitation(
  ctx: Ctx,
  caller: PersonCaller,
  { id, days }: { id: string; days: number },
): Promise<MadeInvitation> {
  const organization_id = await organizationOf(ctx, caller, id)
  const { at, tokens, columns } = freshLink(ctx, days)
  let mails = tokens.mail !== undefined
  await ctx.db.transaction().execute(async (trx) => {
    const own = await requireManager(trx, caller, organization_id)
    mails &&= !(await wasMailedJustNow(trx, id, at))
    const { mail_token_hash, ...link } = columns
    const mail = mails ? { mail_token_hash, mail_sent_at: null, mail_failed_at: null } : {}
    const row = await trx
      .updateTable('invitations')
      .set({ ...link, ...mail, invited_by: caller.account_id })
      .where('id', '=', id)
      .where('accepted_at', 'is', null)
      .where('revoked_at', 'is', null)
      .returning(['email', 'role'])
      .executeTakeFirst()
    if (!row) throw new AppError('not_found', 'No such open invitation.')
    requireGrant(own, row.role)
    await recordEvent(trx, at, {
      action: 'invitation.made',
      actor: actorOf(caller),
      organization_id,
      target: id,
      detail: { ...row, expires_at: columns.expires_at },
    })
  })
  return handOver(ctx, caller, { id, organization_id }, { ...tokens, mail: mails ? tokens.mail : undefined })
}

/** A mailbox gets one mail in ten minutes, whoever presses the button how often; the link of the last one stays good. */
const MAIL_EVERY_MS = 10 * 60 * 1000

async function wasMailedJustNow(trx: Database, id: string, at: string): Promise<boolean> {
  const row = await trx
    .selectFrom('invitations')
    .select('mail_sent_at')
    .where('id', '=', id)
    .executeTakeFirst()
  return !!row?.mail_sent_at && Date.parse(at) - Date.parse(row.mail_sent_at) < MAIL_EVERY_MS
}

/** Ends an invitation. Ending it again changes nothing. @throws AppError forbidden, not_found */
export async function revokeInvitation(
  ctx: Pick<AppContext, 'db' | 'now'>,
  caller: PersonCaller,
  id: string,
): Promise<void> {
  const organization_id = await organizationOf(ctx, caller, id)
  const at = ctx.now().toISOString()
  await ctx.db.transaction().execute(async (trx) => {
    await requireManager(trx, caller, organization_id)
    const row = await trx
      .updateTable('invitations')
      .set({ revoked_at: at })
      .where('id', '=', id)
      .where('accepted_at', 'is', null)
      .where('revoked_at', 'is', null)
      .returning(['email', 'role'])
      .executeTakeFirst()
    if (!row) return
    await recordEvent(trx, at, {
      action: 'invitation.revoked',
      actor: actorOf(caller),
      organization_id,
      target: id,
      detail: row,
    })
  })
}

/** The mail goes out behind the answer: whether it arrives or not, the link is there. */
async function handOver(
  ctx: Ctx,
  caller: PersonCaller,
  { id, organization_id }: { id: string; organization_id: string },
  tokens: InvitationTokens,
): Promise<MadeInvitation> {
  if (tokens.mail !== undefined) {
    const mail = { id, token_hash: hashInvitationToken(tokens.mail), link: invitationUrl(ctx, tokens.mail) }
    ctx.background.add('invitation mail', () => sendInvitation(ctx, mail))
  }
  const invitation = (await listInvitations(ctx, caller, organization_id)).find((one) => one.id === id)
  if (!invitation) throw new AppError('not_found', 'No such open invitation.')
  return { invitation, link: invitationUrl(ctx, tokens.link) }
}

/** @throws AppError not_found for another organization's, as if it did not exist */
async function organizationOf(
  ctx: Pick<AppContext, 'db'>,
  caller: PersonCaller,
  id: string,
): Promise<string> {
  const row = await ctx.db
    .selectFrom('invitations')
    .select('organization_id')
    .where('id', '=', id)
    .executeTakeFirst()
  if (!row || !(caller.staff || caller.roles.has(row.organization_id))) {
    throw new AppError('not_found', 'No such open invitation.')
  }
  return row.organization_id
}

async function refuseTwice(
  trx: Database,
  now: string,
  organization_id: string,
  email: string,
): Promise<void> {
  const member = await trx
    .selectFrom('members as m')
    .innerJoin('accounts as a', 'a.id', 'm.account_id')
    .select('a.id')
    .where('m.organization_id', '=', organization_id)
    .where((eb) => eb(eb.fn<string>('lower', ['a.email']), '=', lower(email)))
    .executeTakeFirst()
  if (member) throw taken('belongs to a member of this organization already')
  const open = await trx
    .selectFrom('invitations')
    .select('email')
    .where('organization_id', '=', organization_id)
    .where('accepted_at', 'is', null)
    .where('revoked_at', 'is', null)
    .where('expires_at', '>', now)
    .execute()
  if (open.some((one) => lower(one.email) === lower(email))) {
    throw taken('has an open invitation. Make its link again, or revoke it first')
  }
  const { made } = await trx
    .selectFrom('invitations')
    .select((eb) => eb.fn.countAll<number>().as('made'))
    .where((eb) => eb(eb.fn<string>('lower', ['email']), '=', lower(email)))
    .where('created_at', '>', new Date(Date.parse(now) - DAY_MS).toISOString())
    .executeTakeFirstOrThrow()
  if (made >= MAX_A_DAY_AND_ADDRESS) {
    throw taken(`was invited ${MAX_A_DAY_AND_ADDRESS} times today. Try again tomorrow`)
  }
  if (open.length >= MAX_OPEN) {
    throw new AppError('conflict', `${MAX_OPEN} invitations are open. Revoke some before sending more.`)
  }
}

function taken(message: string): AppError {
  return new AppError('conflict', `email: ${message}`, { errors: [{ path: 'email', message }] })
}
