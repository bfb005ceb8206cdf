import type { PersonCaller, Role } from '../caller.ts'
import type { AppContext } from '../context.ts'
import { requireRole } from '../organizations/permissions.ts'
import { mayInvite } from './rules.ts'

/** An invitation that nobody has accepted yet. */
export interface Invitation {
  id: string
  email: string
  role: Role
  created_at: string
  expires_at: string
  invited_by: { account_id: string; name: string }
  /**
   * `open`: its link works. `expired`. `void`: whoever made it may not give this role any more; made again by
   * somebody who may, it works.
   */
  status: 'open' | 'expired' | 'void'
  /** `none`: this server sends no mail. */
  mail: 'none' | 'sending' | 'sent' | 'failed'
}

/** What is not accepted and not revoked, newest first. For admins and owners. @throws AppError forbidden */
export async function listInvitations(
  ctx: Pick<AppContext, 'db' | 'now'>,
  caller: PersonCaller,
  organization_id: string,
): Promise<Invitation[]> {
  requireRole(caller, organization_id, 'admin')
  const rows = await ctx.db
    .selectFrom('invitations as i')
    .innerJoin('accounts as a', 'a.id', 'i.invited_by')
    .leftJoin('members as m', (join) =>
      join.onRef('m.account_id', '=', 'a.id').onRef('m.organization_id', '=', 'i.organization_id'),
    )
    .selectAll('i')
    .select(['a.name', 'a.staff_since', 'a.disabled_at', 'm.role as inviter_role'])
    .where('i.organization_id', '=', organization_id)
    .where('i.accepted_at', 'is', null)
    .where('i.revoked_at', 'is', null)
    .orderBy('i.created_at', 'desc')
    .orderBy('i.id')
    .execute()
  const now = ctx.now().toISOString()
  return rows.map((row) => {
    const { id, email, role, created_at, expires_at, invited_by: account_id, name } = row
    const inviter = row.staff_since === null ? (row.inviter_role ?? undefined) : 'owner'
    const stands = row.disabled_at === null && mayInvite(inviter, role)
    const status = expires_at <= now ? 'expired' : stands ? 'open' : 'void'
    return {
      id,
      email,
      role,
      created_at,
      expires_at,
      status,
      invited_by: { account_id, name },
      mail: mailOf(row),
    }
  })
}

function mailOf(row: {
  mail_token_hash: string | null
  mail_sent_at: string | null
  mail_failed_at: string | null
}): Invitation['mail'] {
  if (row.mail_token_hash === null) return 'none'
  if (row.mail_sent_at !== null) return 'sent'
  return row.mail_failed_at === null ? 'sending' : 'failed'
}
