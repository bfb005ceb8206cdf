import type { AppContext } from '../context.ts'

type Ctx = Pick<AppContext, 'db' | 'now' | 'mail' | 'log'>

/**
 * Sends an invitation's mail and notes the outcome, unless the link was made again in between.
 *
 * @param mail.token_hash of the link that only this mail contains
 */
export async function sendInvitation(
  ctx: Ctx,
  mail: { id: string; token_hash: string; link: string },
): Promise<void> {
  const row = await ctx.db
    .selectFrom('invitations as i')
    .innerJoin('organizations as o', 'o.id', 'i.organization_id')
    .innerJoin('accounts as a', 'a.id', 'i.invited_by')
    .select([
      'i.email',
      'i.role',
      'i.expires_at',
      'o.name as organization',
      'a.name',
      'a.email as from_email',
    ])
    .where('i.id', '=', mail.id)
    .where('i.mail_token_hash', '=', mail.token_hash)
    .where('i.revoked_at', 'is', null)
    .executeTakeFirst()
  if (!row) return
  const outcome = await ctx.mail.send(toMail(row, mail.link)).then(
    () => 'mail_sent_at' as const,
    (error: unknown) => {
      ctx.log.warn(
        { err: error, invitation: mail.id, task: 'invitation mail' },
        'an invitation could not be mailed',
      )
      return 'mail_failed_at' as const
    },
  )
  await ctx.db
    .updateTable('invitations')
    .set({ [outcome]: ctx.now().toISOString() })
    .where('id', '=', mail.id)
    .where('mail_token_hash', '=', mail.token_hash)
    .execute()
}

function toMail(
  row: {
    email: string
    role: string
    expires_at: string
    organization: string
    name: string
    from_email: string
  },
  url: string,
) {
  const organization = plain(row.organization, 'an organization')
  const inviter = `${plain(row.name, 'Somebody')} (${row.from_email})`
  return {
    to: row.email,
    subject: `Invitation to ${organization} on RoboTrace`,
    paragraphs: [
      `${inviter} invites you to ${organization} on RoboTrace, as ${row.role}.`,
      `The link works once, until ${row.expires_at.slice(0, 16).replace('T', ' ')} UTC, and is for ${row.email} only.`,
      'If you do not know what this is about, leave it: nothing happens unless the link is opened and accepted.',
    ],
    link: { words: 'Accept the invitation', url },
  }
}

/** Names are typed by people, and a mail from this server must not carry somebody else's address as a link. */
function plain(name: string, instead: string): string {
  return /[/\\@]|www\.|\.\p{L}{2,}/iu.test(name) ? instead : name
}
