import type { WebhookDelivery, WebhookDeliveryDetail, WebhookDeliveryList } from '../../sdk/wire.ts'
import { actorOf, recordEvent } from '../audit/audit.ts'
import type { Caller } from '../caller.ts'
import type { AppContext } from '../context.ts'
import { newId } from '../db/ids.ts'
import type { Database } from '../db/open.ts'
import type { WebhookDeliveriesTable } from '../db/schema.gen.ts'
import { AppError } from '../errors.ts'
import type { Paging } from '../http/paging.ts'
import { EVENT_TYPES } from '../outbox/outbox.ts'
import { LEASE_MS } from './attempt.ts'
import { readAttempts } from './attempt-log.ts'
import { envelope } from './envelope.ts'
import { findWebhook, type WebhookAddress } from './find.ts'
import { addDelivery } from './spread.ts'

type Ctx = Pick<AppContext, 'db' | 'now' | 'config'>

type DeliveryAddress = WebhookAddress & { delivery: string }

/**
 * What was sent, or is to be, latest first; kept for 30 days. A cursor costs the same anywhere; a page's number walks
 * the index to where it begins. The total comes from a rollup.
 *
 * @param cursor `next_cursor` of the page before; wins over `page`
 * @throws AppError not_found, forbidden, insufficient_scope
 * @example await listDeliveries(ctx, caller, { org: 'acme', webhook, page: 1, page_size: 20 })
 */
export async function listDeliveries(
  ctx: Ctx,
  caller: Caller,
  { cursor, page, page_size, ...address }: WebhookAddress & Paging,
): Promise<WebhookDeliveryList> {
  const { id } = await findWebhook(ctx, caller, address)
  const before = cursor === undefined ? await placeOf(ctx.db, id, (page - 1) * page_size) : Number(cursor)
  let query = newest(ctx.db, id)
    .selectAll()
    // One more than asked tells whether there is a next page.
    .limit(page_size + 1)
  if (before !== null) query = query.where('seq', '<', before)
  const rows = await query.execute()
  const items = rows.slice(0, page_size)
  const last = rows.length > page_size ? items.at(-1) : undefined
  return {
    items: items.map(toDelivery),
    total: await countDeliveries(ctx.db, id),
    page: cursor === undefined ? page : null,
    page_size,
    next_cursor: last ? String(last.seq) : null,
  }
}

function newest(db: Database, webhook_id: string) {
  return db.selectFrom('webhook_deliveries').where('webhook_id', '=', webhook_id).orderBy('seq', 'desc')
}

/** The last of so many deliveries; null without any. */
async function placeOf(db: Database, webhook_id: string, passed: number): Promise<number | null> {
  if (passed === 0) return null
  const { seq } = await db
    .selectFrom(newest(db, webhook_id).select('seq').limit(passed).as('passed'))
    .select(({ fn }) => fn.min<number | null>('seq').as('seq'))
    .executeTakeFirstOrThrow()
  return seq
}

async function countDeliveries(db: Database, webhook_id: string): Promise<number> {
  const row = await db
    .selectFrom('webhook_delivery_counts')
    .select('n')
    .where('webhook_id', '=', webhook_id)
    .executeTakeFirst()
  return row?.n ?? 0
}

/** One message with what came of each of its attempts. @throws AppError not_found, forbidden, insufficient_scope */
export async function readDelivery(
  ctx: Ctx,
  caller: Caller,
  address: DeliveryAddress,
): Promise<WebhookDeliveryDetail> {
  const { id } = await findWebhook(ctx, caller, address)
  const delivery = await getDelivery(ctx, id, address.delivery)
  return { ...delivery, attempt_log: await readAttempts(ctx.db, delivery.id) }
}

/** Forgets deliveries, and with them their attempts, that were made before a time (ISO 8601). */
export async function forgetDeliveries(db: Database, before: string): Promise<void> {
  await db.transaction().execute(async (trx) => {
    const old = trx.selectFrom('webhook_deliveries').select('id').where('created_at', '<', before)
    await trx.deleteFrom('webhook_attempts').where('delivery_id', 'in', old).execute()
    await trx.deleteFrom('webhook_deliveries').where('created_at', '<', before).execute()
  })
}

/**
 * Sends a message of type `test` to this webhook alone, whatever it asks for. What came of it stands in the log.
 *
 * @throws AppError conflict while the webhook is disabled
 */
export async function testWebhook(
  ctx: Ctx,
  caller: Caller,
  address: WebhookAddress,
): Promise<WebhookDelivery> {
  const { id: webhook_id, organization_id } = await findEnabled(ctx, caller, address)
  const now = ctx.now()
  const id = await ctx.db.transaction().execute(async (trx) => {
    const message_id = newId('msg')
    const body = await envelope(trx, ctx, {
      ...{ id: message_id, organization_id, project_id: null, type: 'test', target: webhook_id },
      ...{ occurred_at: now.toISOString(), detail: JSON.stringify({ message: 'It works.' }) },
    })
    const delivery = await addDelivery(trx, now, {
      ...{ webhook_id, organization_id, message_id, type: 'test', body },
    })
    await recordEvent(trx, now.toISOString(), {
      ...{ action: 'webhook.tested', actor: actorOf(caller), organization_id, target: webhook_id },
      detail: { message_id },
    })
    return delivery
  })
  return getDelivery(ctx, webhook_id, id)
}

/**
 * Sends a message once more, byte for byte and with the same `webhook-id`, signed with what is good now. If that fails
 * it is tried again as far as its attempts go. One that waits for its next attempt is tried now.
 *
 * @throws AppError not_found; conflict while the webhook is disabled, or the message is tried within a minute anyway
 */
export async function redeliver(
  ctx: Ctx,
  caller: Caller,
  address: DeliveryAddress,
): Promise<WebhookDelivery> {
  const { id: webhook_id, organization_id } = await findEnabled(ctx, caller, address)
  const { status, next_attempt_at, message_id, type } = await getDelivery(ctx, webhook_id, address.delivery)
  const now = ctx.now()
  // What is due sooner may be under way right now: an attempt is claimed by moving its time so far ahead.
  const waits = new Date(now.getTime() + LEASE_MS).toISOString()
  if (status === 'pending' && (next_attempt_at === null || next_attempt_at <= waits)) throw alreadyPending()
  const at = now.toISOString()
  await ctx.db.transaction().execute(async (trx) => {
    const row = await trx
      .updateTable('webhook_deliveries')
      .set({ status: 'pending', next_attempt_at: at, finished_at: null })
      .where('id', '=', address.delivery)
      .where('status', '=', status)
      .where('next_attempt_at', 'is not distinct from', next_attempt_at)
      .returning('id')
      .executeTakeFirst()
    if (!row) throw alreadyPending()
    await recordEvent(trx, at, {
      ...{ action: 'webhook.redelivered', actor: actorOf(caller), organization_id, target: webhook_id },
      detail: { type, message_id },
    })
  })
  return getDelivery(ctx, webhook_id, address.delivery)
}

function alreadyPending(): AppError {
  return new AppError('conflict', 'This message is on its way already: it is tried within a minute.')
}

async function findEnabled(ctx: Ctx, caller: Caller, address: WebhookAddress) {
  const found = await findWebhook(ctx, caller, address)
  if (found.enabled) return found
  throw new AppError('conflict', 'This webhook is disabled. Enable it first.')
}

async function getDelivery(ctx: Ctx, webhook_id: string, id: string): Promise<WebhookDelivery> {
  const row = await ctx.db
    .selectFrom('webhook_deliveries')
    .selectAll()
    .where('webhook_id', '=', webhook_id)
    .where('id', '=', id)
    .executeTakeFirst()
  if (!row) throw new AppError('not_found', 'No such delivery.')
  return toDelivery(row)
}

function toDelivery(row: WebhookDeliveriesTable): WebhookDelivery {
  const { seq: _, webhook_id: __, organization_id: ___, type, ...rest } = row
  return { ...rest, type: EVENT_TYPES.find((one) => one === type) ?? 'test' }
}
