import type { WebhookDelivery, WebhookDeliveryList } from '../../sdk/wire.ts'
import type { Caller } from '../caller.ts'
import type { AppContext } from '../context.ts'
import { newId } from '../db/ids.ts'
import type { WebhookDeliveriesTable } from '../db/schema.gen.ts'
import { AppError } from '../errors.ts'
import { EVENT_TYPES } from '../outbox/outbox.ts'
import { envelope } from './envelope.ts'
import { findWebhook, type WebhookAddress } from './find.ts'
import { addDelivery } from './spread.ts'

type Ctx = Pick<AppContext, 'db' | 'now' | 'config'>

/**
 * What was sent, or is to be, latest first; kept for 30 days. Nothing is counted, so a page costs the same anywhere.
 *
 * @param cursor `next_cursor` of the page before
 */
export async function listDeliveries(
  ctx: Ctx,
  caller: Caller,
  { cursor, page_size, ...address }: WebhookAddress & { cursor?: string | undefined; page_size: number },
): Promise<WebhookDeliveryList> {
  const { id } = await findWebhook(ctx, caller, address)
  let query = ctx.db
    .selectFrom('webhook_deliveries')
    .selectAll()
    .where('webhook_id', '=', id)
    .orderBy('seq', 'desc')
    // One more than asked tells whether there is a next page.
    .limit(page_size + 1)
  if (cursor !== undefined) query = query.where('seq', '<', Number(cursor))
  const rows = await query.execute()
  const items = rows.slice(0, page_size)
  const last = rows.length > page_size ? items.at(-1) : undefined
  return { items: items.map(toDelivery), page_size, next_cursor: last ? String(last.seq) : null }
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
    return addDelivery(trx, now, { webhook_id, organization_id, message_id, type: 'test', body })
  })
  return getDelivery(ctx, webhook_id, id)
}

/**
 * Sends a message once more, byte for byte and with the same `webhook-id`, signed with what is good now. If that fails
 * it is tried again as far as its attempts go.
 *
 * @throws AppError not_found; conflict while the webhook is disabled, or the message is on its way already
 */
export async function redeliver(
  ctx: Ctx,
  caller: Caller,
  address: WebhookAddress & { delivery: string },
): Promise<WebhookDelivery> {
  const { id: webhook_id } = await findEnabled(ctx, caller, address)
  const { status } = await getDelivery(ctx, webhook_id, address.delivery)
  if (status === 'pending') throw alreadyPending()
  const at = ctx.now().toISOString()
  const row = await ctx.db
    .updateTable('webhook_deliveries')
    .set({ status: 'pending', next_attempt_at: at, finished_at: null })
    .where('id', '=', address.delivery)
    .where('status', '=', status)
    .returning('id')
    .executeTakeFirst()
  if (!row) throw alreadyPending()
  return getDelivery(ctx, webhook_id, address.delivery)
}

function alreadyPending(): AppError {
  return new AppError('conflict', 'This message is on its way already.')
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
