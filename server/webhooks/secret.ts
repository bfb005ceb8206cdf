import { createHmac, randomBytes } from 'node:crypto'
import type { AppContext } from '../context.ts'

/** What a webhook signs with, for as long as each is good. */
export interface SealedSecrets {
  id: string
  secret_sealed: string
  old_secret_sealed: string | null
  old_secret_until: string | null
}

const PREFIX = 'whsec_'
const SECRET_BYTES = 32

/** A new secret as Standard Webhooks writes it: `whsec_` and 32 bytes in base64. */
export function makeSecret(): string {
  return `${PREFIX}${randomBytes(SECRET_BYTES).toString('base64')}`
}

/**
 * The headers of one attempt, as Standard Webhooks has them: `v1,<base64 HMAC-SHA256>` over id, time and body, by each
 * secret that is good now, separated by spaces. The time is that of the attempt, so that a message caught on the way
 * is not good for long.
 *
 * @throws Error when the secret was sealed with a master secret that is gone
 * @example signedHeaders(ctx, webhook, { message_id: 'msg_…', body: '{…}' })
 */
export function signedHeaders(
  ctx: Pick<AppContext, 'signing' | 'now'>,
  secrets: SealedSecrets,
  { message_id, body }: { message_id: string; body: string },
): Record<string, string> {
  const now = ctx.now()
  const seconds = String(Math.floor(now.getTime() / 1000))
  const isOldGood = secrets.old_secret_until !== null && secrets.old_secret_until > now.toISOString()
  const sealed = [secrets.secret_sealed, isOldGood ? secrets.old_secret_sealed : null]
  const signatures = sealed
    .filter((one) => one !== null)
    .map((one) => sign(ctx.signing.unseal(one, secrets.id), `${message_id}.${seconds}.${body}`))
  return {
    'webhook-id': message_id,
    'webhook-timestamp': seconds,
    'webhook-signature': signatures.join(' '),
  }
}

function sign(secret: string, text: string): string {
  const key = Buffer.from(secret.slice(PREFIX.length), 'base64')
  return `v1,${createHmac('sha256', key).update(text).digest('base64')}`
}
