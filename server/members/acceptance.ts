import { type Actor, recordEvent } from '../audit/audit.ts'
import type { Role } from '../caller.ts'
import { lower } from '../db/lower.ts'
import type { Database } from '../db/open.ts'
import { AppError } from '../errors.ts'
import { hashInvitationToken } from './invitation-link.ts'
import { mayInvite, roleNow } from './rules.ts'

/** An invitation that can be accepted now. */
export interface OpenInvitation {
  id: string
  organization_id: string
  organization_name: string
  email: string
  role: Role
  invited_by: string
  expires_at: string
  /** Whether it was found by the token that only the mail contains. */
  by_mail: boolean
}

/** Unknown, used, expired, revoked, or made by somebody who may not invite any more: who holds a link is not told. */
export function deadInvitation(): AppError {
  return new AppError(
    'not_found',
    'This invitation link is not valid any more. Ask whoever invited you for a new one.',
  )
}

/**
 * The invitation behind a link.
 *
 * @throws AppError not_found, the same whatever is wrong with it
 */
export async function getOpenInvitation(db: Database, now: string, token: string): Promise<OpenInvitation> {
  const hash = hashInvitationToken(token)
  const [row] = await openRows(db, now)
    .where((or) => or.or([or('i.token_hash', '=', hash), or('i.mail_token_hash', '=', hash)]))
    .execute()
  const found = row && (await standing(db, row))
  if (!found) throw deadInvitation()
  return { ...found, by_mail: row.mail_token_hash === hash }
}

/** The invitation behind a link that this very account has accepted already: for others it is as good as unknown. */
export async function findOwnInvitation(
  db: Database,
  token: string,
  account_id: string,
): Promise<OpenInvitation | undefined> {
  const hash = hashInvitationToken(token)
  const row = await invitationRows(db)
    .where((or) => or.or([or('i.token_hash', '=', hash), or('i.mail_token_hash', '=', hash)]))
    .where('i.accepted_by', '=', account_id)
    .executeTakeFirst()
  if (!row) return undefined
  const { inviter_id: _, mail_token_hash, ...invitation } = row
  return { ...invitation, by_mail: mail_token_hash === hash }
}

/** The newest invitation that an address can accept; for somebody whose address the provider vouches for. */
export async function findOpenInvitation(
  db: Database,
  now: string,
  email: string,
): Promise<OpenInvitation | undefined> {
  const rows = await openRows(db, now)
    .where((eb) => eb(eb.fn<string>('lower', ['i.email']), '=', lower(email)))
    .orderBy('i.created_at', 'desc')
    .orderBy('i.id')
    .execute()
  for (const row of rows) {
    const found = await standing(db, row)
    if (found) return found
  }
  return undefined
}

/**
 * Spends an invitation that was found in this very transaction: it works once. A member keeps the role they have.
 *
 * @throws AppError not_found when somebody was faster
 */
export async function spendInvitation(
  trx: Database,
  at: string,
  invitation: OpenInvitation,
  { account_id, actor }: { account_id: string; actor: Actor },
): Promise<void> {
  const spent = await trx
    .updateTable('invitations')
    .set({ accepted_at: at, accepted_by: account_id })
    .where('id', '=', invitation.id)
    .where('accepted_at', 'is', null)
    .where('revoked_at', 'is', null)
    .returning('id')
    .executeTakeFirst()
  if (!spent) throw deadInvitation()
  const { id, organization_id, role } = invitation
  await trx
    .insertInto('members')
    .values({ organization_id, account_id, role, created_at: at })
    .onConflict((member) => member.columns(['organization_id', 'account_id']).doNothing())
    .execute()
  await recordEvent(trx, at, {
    action: 'invitation.accepted',
    actor,
    organization_id,
    target: id,
    detail: { account_id, role },
  })
}

function openRows(db: Database, now: string) {
  return invitationRows(db)
    .where('i.accepted_at', 'is', null)
    .where('i.revoked_at', 'is', null)
    .where('i.expires_at', '>', now)
}

function invitationRows(db: Database) {
  return db
    .selectFrom('invitations as i')
    .innerJoin('organizations as o', 'o.id', 'i.organization_id')
    .innerJoin('accounts as a', 'a.id', 'i.invited_by')
    .select([
      'i.id',
      'i.organization_id',
      'o.name as organization_name',
      'i.email',
      'i.role',
      'i.expires_at',
      'i.mail_token_hash',
      'i.invited_by as inviter_id',
      'a.name as invited_by',
    ])
}

/** Whoever was demoted, removed or locked since raises nobody any more. */
async function standing(
  db: Database,
  row: Omit<OpenInvitation, 'by_mail'> & { inviter_id: string; mail_token_hash: string | null },
): Promise<OpenInvitation | undefined> {
  const { inviter_id, mail_token_hash: _, ...invitation } = row
  const inviter = await roleNow(db, inviter_id, row.organization_id)
  return mayInvite(inviter, row.role) ? { ...invitation, by_mail: false } : undefined
}
