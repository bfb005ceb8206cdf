import { createHash, randomBytes } from 'node:crypto'
import type { AppContext } from '../context.ts'

const DAY_MS = 24 * 60 * 60 * 1000

/** Two secrets for one invitation: using the mail's proves that its reader has the mailbox. */
export interface InvitationTokens {
  link: string
  mail: string | undefined
}

/** New tokens, and the columns that replace the ones before. */
export function freshLink(ctx: Pick<AppContext, 'now' | 'mail'>, days: number) {
  const now = ctx.now()
  const tokens: InvitationTokens = { link: newToken(), mail: ctx.mail.on ? newToken() : undefined }
  const columns = {
    token_hash: hashInvitationToken(tokens.link),
    mail_token_hash: tokens.mail === undefined ? null : hashInvitationToken(tokens.mail),
    expires_at: new Date(now.getTime() + days * DAY_MS).toISOString(),
  }
  return { at: now.toISOString(), tokens, columns }
}

/** SHA-256, hex: all that is kept of a token. */
export function hashInvitationToken(token: string): string {
  return createHash('sha256').update(token).digest('hex')
}

/** Below PUBLIC_URL, whatever name the server was asked by. */
export function invitationUrl(ctx: Pick<AppContext, 'config'>, token: string): string {
  return `${ctx.config.public_url}/invitation?token=${token}`
}

function newToken(): string {
  return randomBytes(32).toString('base64url')
}
