import type { AppContext } from '../context.ts'
import { VERSION } from '../project.ts'
import { type Answer, UnreachedError } from './receivers.ts'
import { type SealedSecrets, signedHeaders } from './secret.ts'
import { type Outcome, settle } from './settle.ts'

type Ctx = Pick<AppContext, 'db' | 'now' | 'signing' | 'receivers' | 'config' | 'log'> &
  Partial<Pick<AppContext, 'metrics'>>

/** A delivery that this process is trying right now. */
export interface Claimed {
  id: string
  webhook_id: string
  organization_id: string
  message_id: string
  body: string
  /** With this one. */
  attempts: number
  webhook: SealedSecrets & { url: string }
}

/** A process that dies in the middle of an attempt leaves the delivery to the next one after so long. */
const LEASE_MS = 60_000

/**
 * Tries the delivery of a webhook that has been due longest.
 *
 * @returns whether there was one
 */
export async function attemptNext(ctx: Ctx, webhook_id: string): Promise<boolean> {
  const claimed = await claim(ctx, webhook_id)
  if (!claimed) return false
  const begun = performance.now()
  const begun_at = ctx.now().toISOString()
  const outcome = await send(ctx, claimed)
  const duration_ms = Math.round(performance.now() - begun)
  await settle(ctx, claimed, { ...outcome, begun_at, duration_ms })
  return true
}

/** Of two that claim the same attempt, one gets it: the time it was due at is what they compete for. */
async function claim(ctx: Ctx, webhook_id: string): Promise<Claimed | undefined> {
  const now = ctx.now()
  const due = await ctx.db
    .selectFrom('webhook_deliveries as d')
    .innerJoin('webhooks as w', 'w.id', 'd.webhook_id')
    .select(['d.id', 'd.organization_id', 'd.message_id', 'd.body', 'd.attempts', 'd.next_attempt_at'])
    .select(['w.url', 'w.secret_sealed', 'w.old_secret_sealed', 'w.old_secret_until'])
    .where('d.webhook_id', '=', webhook_id)
    .where('d.status', '=', 'pending')
    .where('d.next_attempt_at', '<=', now.toISOString())
    .where('w.disabled_at', 'is', null)
    .where('w.removed_at', 'is', null)
    .orderBy('d.next_attempt_at')
    .orderBy('d.seq')
    .limit(1)
    .executeTakeFirst()
  if (!due) return undefined
  const mine = await ctx.db
    .updateTable('webhook_deliveries')
    .set({
      attempts: due.attempts + 1,
      next_attempt_at: new Date(now.getTime() + LEASE_MS).toISOString(),
    })
    .where('id', '=', due.id)
    .where('status', '=', 'pending')
    .where('next_attempt_at', '=', due.next_attempt_at)
    .returning('attempts')
    .executeTakeFirst()
  if (!mine) return undefined
  const { url, secret_sealed, old_secret_sealed, old_secret_until, next_attempt_at: _, ...delivery } = due
  const webhook = { id: webhook_id, url, secret_sealed, old_secret_sealed, old_secret_until }
  return { ...delivery, ...mine, webhook_id, webhook }
}

async function send(
  ctx: Ctx,
  { webhook, message_id, body }: Claimed,
): Promise<Omit<Outcome, 'begun_at' | 'duration_ms'>> {
  try {
    const headers = {
      'Content-Type': 'application/json; charset=utf-8',
      'User-Agent': `RoboTrace/${VERSION}`,
      ...openedHeaders(ctx, webhook, { message_id, body }),
    }
    const answer = await ctx.receivers.post(webhook.url, headers, body)
    return { answer, error: problemOf(answer) }
  } catch (error) {
    if (error instanceof UnreachedError) return { answer: null, error: error.message }
    ctx.log.warn({ err: error, webhook_id: webhook.id, task: 'tell webhooks' }, 'a webhook was not sent')
    return { answer: null, error: 'It could not be sent. The log of the server has more.' }
  }
}

function openedHeaders(
  ctx: Ctx,
  secrets: SealedSecrets,
  message: { message_id: string; body: string },
): Record<string, string> {
  try {
    return signedHeaders(ctx, secrets, message)
  } catch (error) {
    throw new UnreachedError(
      "Nothing was sent: the secret cannot be opened, because the server's own secret was replaced. Rotate the secret of this webhook.",
      { cause: error },
    )
  }
}

/** What of an answer is not a delivery; null: it has arrived. */
function problemOf({ status }: Answer): string | null {
  if (status >= 200 && status < 300) return null
  if (status >= 300 && status < 400)
    return `It answered ${status}: redirects are not followed. Put the final address into url.`
  if (status === 410) return 'It answered 410 Gone, so nothing more is sent to it.'
  return `It answered ${status} instead of 200 to 299.`
}
