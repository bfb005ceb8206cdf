import type { Webhook } from '../../sdk/wire.ts'
import type { Caller } from '../caller.ts'
import type { AppContext } from '../context.ts'
import { AppError } from '../errors.ts'
import { enter, type Place } from '../organizations/act-within.ts'
import { EVENT_TYPES } from '../outbox/outbox.ts'

/** A webhook by its id, in an organization by slug or id. */
export interface WebhookAddress {
  org: string
  webhook: string
}

type Ctx = Pick<AppContext, 'db' | 'now'>

/**
 * The organization whose webhooks the caller may look after. They tell of all of it, so a key that is good for one
 * project or device may not.
 *
 * @throws AppError not_found, insufficient_scope, forbidden
 */
export async function manage(ctx: Ctx, caller: Caller, org: string): Promise<Place> {
  const place = await enter(ctx, caller, { org }, 'admin')
  const isPinned =
    caller.kind === 'organization' && (caller.pinned_project_id ?? caller.pinned_device_id) !== null
  if (!isPinned) return place
  throw new AppError('forbidden', 'This key is good for one project or robot only, not for webhooks.')
}

/** @throws AppError not_found, for what is somebody else's as for what is not there */
export async function findWebhook(
  ctx: Ctx,
  caller: Caller,
  { org, webhook }: WebhookAddress,
): Promise<Place & { id: string; url: string; enabled: boolean }> {
  const place = await manage(ctx, caller, org)
  const row = await ctx.db
    .selectFrom('webhooks')
    .select(['id', 'url', 'disabled_at'])
    .where('id', '=', webhook)
    .where('organization_id', '=', place.organization_id)
    .where('removed_at', 'is', null)
    .executeTakeFirst()
  if (!row) throw new AppError('not_found', 'No such webhook.')
  return { ...place, id: row.id, url: row.url, enabled: row.disabled_at === null }
}

/** The webhooks of an organization, or the one that is named, as its admins see them. Secrets are not among it. */
export async function findWebhooks(ctx: Ctx, organization_id: string, id?: string): Promise<Webhook[]> {
  let query = ctx.db
    .selectFrom('webhooks')
    .select(['id', 'url', 'description', 'events', 'created_at', 'failing_since', 'disabled_at'])
    .select(['disabled_because', 'old_secret_until'])
    .where('organization_id', '=', organization_id)
    .where('removed_at', 'is', null)
    .orderBy('created_at')
    .orderBy('id')
  if (id !== undefined) query = query.where('id', '=', id)
  const now = ctx.now().toISOString()
  return Promise.all(
    (await query.execute()).map(async ({ events, old_secret_until, ...row }) => ({
      ...row,
      events: EVENT_TYPES.filter((one) => events.split(' ').includes(one)),
      enabled: row.disabled_at === null,
      old_secret_until: old_secret_until !== null && old_secret_until > now ? old_secret_until : null,
      last_delivery: await lastDelivery(ctx, row.id),
    })),
  )
}

async function lastDelivery(ctx: Ctx, webhook_id: string): Promise<Webhook['last_delivery']> {
  const row = await ctx.db
    .selectFrom('webhook_deliveries')
    .select(['status', 'finished_at'])
    .where('webhook_id', '=', webhook_id)
    .where('status', '!=', 'pending')
    .orderBy('seq', 'desc')
    .limit(1)
    .executeTakeFirst()
  if (!row || row.status === 'pending' || row.finished_at === null) return null
  return { status: row.status, finished_at: row.finished_at }
}
