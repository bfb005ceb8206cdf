import { recordEvent } from '../audit/audit.ts'
import type { AppContext } from '../context.ts'
import type { Database } from '../db/open.ts'
import type { WebhooksTable } from '../db/schema.gen.ts'
import { adminsOf } from '../members/admins.ts'
import { notify } from '../notices/notices.ts'
import { findOrganization } from '../organizations/organizations.ts'
import type { Claimed } from './attempt.ts'
import { logAttempt } from './attempt-log.ts'
import type { Answer } from './receivers.ts'
import { GIVEN_UP_AFTER_MS, nextAttempt } from './schedule.ts'

export interface Outcome {
  /** Null when there was none. */
  answer: Answer | null
  /** Why it is not delivered, in a sentence; null when it is. */
  error: string | null
  /** ISO 8601. */
  begun_at: string
  duration_ms: number
}

type Because = NonNullable<WebhooksTable['disabled_because']>

/**
 * Writes down what came of an attempt: delivered, to be tried again, or given up; and with it what that says of the
 * webhook as a whole.
 */
export async function settle(
  ctx: Pick<AppContext, 'db' | 'now'> & Partial<Pick<AppContext, 'metrics'>>,
  claimed: Claimed,
  outcome: Outcome,
): Promise<void> {
  const { answer, error, duration_ms } = outcome
  ctx.metrics?.webhookSent(error === null ? 'delivered' : 'failed')
  const now = ctx.now()
  const at = now.toISOString()
  const isGone = answer?.status === 410
  const next = error === null || isGone ? null : nextAttempt(now, claimed.attempts)
  await ctx.db.transaction().execute(async (trx) => {
    await trx
      .updateTable('webhook_deliveries')
      .set({
        status: error === null ? 'delivered' : next === null ? 'failed' : 'pending',
        next_attempt_at: next,
        finished_at: next === null ? at : null,
        response_status: answer?.status ?? null,
        response_body: answer?.body ?? null,
        error,
        duration_ms,
      })
      .where('id', '=', claimed.id)
      // Its webhook may have been disabled or removed in the meantime, and with it this delivery ended.
      .where('status', '=', 'pending')
      .where('attempts', '=', claimed.attempts)
      .execute()
    await logAttempt(trx, claimed, outcome)
    const failing_since = await noteHealth(trx, claimed.webhook_id, error === null ? null : at)
    if (isGone) await giveUp(trx, at, claimed, 'gone')
    else if (failing_since !== null && Date.parse(failing_since) + GIVEN_UP_AFTER_MS <= now.getTime())
      await giveUp(trx, at, claimed, 'failures')
  })
}

/** @returns since when nothing has arrived; null when something has just now */
async function noteHealth(
  trx: Database,
  webhook_id: string,
  failed_at: string | null,
): Promise<string | null> {
  const row = await trx
    .updateTable('webhooks')
    .set(({ fn, val }) => ({
      failing_since: failed_at === null ? null : fn.coalesce('failing_since', val(failed_at)),
    }))
    .where('id', '=', webhook_id)
    .returning('failing_since')
    .executeTakeFirst()
  return row?.failing_since ?? null
}

async function giveUp(
  trx: Database,
  at: string,
  { webhook_id, organization_id, webhook }: Claimed,
  because: Because,
): Promise<void> {
  if (!(await disable(trx, at, webhook_id, because))) return
  const host = new URL(webhook.url).host
  await recordEvent(trx, at, {
    action: 'webhook.disabled',
    actor: { kind: 'anonymous', id: null, ip: '', user_agent: '' },
    organization_id,
    target: webhook_id,
    detail: { host, because },
  })
  const organization = await findOrganization({ db: trx }, organization_id)
  const detail = {
    ...{ webhook_id, host, because, organization_id },
    organization: organization?.name ?? '',
    organization_slug: organization?.slug ?? null,
  }
  for (const account_id of await adminsOf(trx, organization_id))
    await notify(trx, at, { account_id, kind: 'webhook_disabled', detail })
}

/**
 * Sends nothing more to a webhook. What was still to be delivered is over; each can be delivered again by hand.
 *
 * @returns whether it was enabled until now
 */
export async function disable(
  trx: Database,
  at: string,
  webhook_id: string,
  because: Because,
): Promise<boolean> {
  const row = await trx
    .updateTable('webhooks')
    .set({ disabled_at: at, disabled_because: because })
    .where('id', '=', webhook_id)
    .where('disabled_at', 'is', null)
    .where('removed_at', 'is', null)
    .returning('id')
    .executeTakeFirst()
  if (!row) return false
  await endPending(trx, at, webhook_id, 'The webhook was disabled before this could be delivered.')
  return true
}

/** What is under way right now may still arrive: it was sent. */
export async function endPending(
  trx: Database,
  at: string,
  webhook_id: string,
  error: string,
): Promise<void> {
  await trx
    .updateTable('webhook_deliveries')
    .set({ status: 'failed', next_attempt_at: null, finished_at: at, error })
    .where('webhook_id', '=', webhook_id)
    .where('status', '=', 'pending')
    .execute()
}
