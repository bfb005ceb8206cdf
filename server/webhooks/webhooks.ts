import type { z } from 'zod'
import type { RemovedWebhook, Webhook, WebhookList, WebhookWithSecret } from '../../sdk/wire.ts'
import { requireFreshAccess } from '../accounts/verified.ts'
import { actorOf, recordEvent } from '../audit/audit.ts'
import type { Caller } from '../caller.ts'
import type { AppContext } from '../context.ts'
import { newId } from '../db/ids.ts'
import type { Database } from '../db/open.ts'
import { AppError } from '../errors.ts'
import { isOlder, newestPage, type Paging } from '../http/paging.ts'
import { accountBehind } from '../robots/robots.ts'

import { findWebhook, findWebhooks, manage, type WebhookAddress } from './find.ts'
import { urlProblem } from './receiver-url.ts'
import type { newWebhook, webhookChange } from './schema.ts'
import { makeSecret } from './secret.ts'
import { disable, endPending } from './settle.ts'

type Ctx = Pick<AppContext, 'db' | 'now' | 'config' | 'signing'>

/** An organization has so many webhooks at most: each event is told to all that ask for it. */
const MOST_WEBHOOKS = 20

/** How long the secret before a rotation goes on signing beside the new one. */
const OVERLAP_MS = 24 * 60 * 60 * 1000

/** Oldest first. @throws AppError not_found, forbidden, insufficient_scope for whoever does not look after it */
export async function listWebhooks(
  ctx: Ctx,
  caller: Caller,
  { org, ...paging }: { org: string } & Paging,
): Promise<WebhookList> {
  const { organization_id } = await manage(ctx, caller, org)
  const all = await findWebhooks(ctx, organization_id)
  const page = await newestPage(paging, async (limit, after) => {
    return (after ? all.filter((one) => isOlder(after, one)) : all).slice(0, limit)
  })
  return { ...page, total: all.length }
}

/**
 * A new receiver. It is told what happens from now on; its secret is in this answer and nowhere else.
 *
 * @throws AppError invalid_request about `url`; conflict when the organization has enough of them
 * @example const { secret } = await createWebhook(ctx, caller, { org, url, events: ['episode.failed'] })
 */
export async function createWebhook(
  ctx: Ctx,
  caller: Caller,
  { org, ...wish }: { org: string } & z.output<typeof newWebhook>,
): Promise<WebhookWithSecret> {
  const { organization_id } = await manage(ctx, caller, org)
  requireFreshAccess(ctx, caller)
  const url = checkedUrl(ctx, wish.url)
  const created_by = await accountBehind(ctx, caller)
  const id = newId('wh')
  const secret = makeSecret()
  const created_at = ctx.now().toISOString()
  const row = { id, organization_id, url, description: wish.description ?? '', events: wish.events.join(' ') }
  await ctx.db.transaction().execute(async (trx) => {
    await refuseTooMany(trx, organization_id)
    await trx
      .insertInto('webhooks')
      .values({ ...row, secret_sealed: ctx.signing.seal(secret, id), created_by, created_at })
      .execute()
    await recordEvent(trx, created_at, {
      action: 'webhook.created',
      actor: actorOf(caller),
      organization_id,
      target: id,
      detail: { host: new URL(url).host, events: row.events },
    })
  })
  return { webhook: await getWebhook(ctx, caller, { org, webhook: id }), secret }
}

/** As it is written down: without a fragment, which is never sent. */
function checkedUrl(ctx: Pick<AppContext, 'config'>, text: string): string {
  const problem = urlProblem(text, ctx.config.webhook_networks)
  if (problem !== undefined) {
    throw new AppError('invalid_request', `url: ${problem}.`, { errors: [{ path: 'url', message: problem }] })
  }
  const url = new URL(text)
  url.hash = ''
  return url.href
}

async function refuseTooMany(trx: Database, organization_id: string): Promise<void> {
  const { held } = await trx
    .selectFrom('webhooks')
    .select((eb) => eb.fn.countAll<number>().as('held'))
    .where('organization_id', '=', organization_id)
    .where('removed_at', 'is', null)
    .executeTakeFirstOrThrow()
  if (held >= MOST_WEBHOOKS)
    throw new AppError('conflict', `An organization has at most ${MOST_WEBHOOKS} webhooks. Remove one first.`)
}

export async function getWebhook(ctx: Ctx, caller: Caller, address: WebhookAddress): Promise<Webhook> {
  const { organization_id } = await manage(ctx, caller, address.org)
  const [found] = await findWebhooks(ctx, organization_id, address.webhook)
  if (!found) throw new AppError('not_found', 'No such webhook.')
  return found
}

/**
 * Another URL, description or choice of events; disables it and enables it again. Enabling starts its health anew.
 *
 * @throws AppError invalid_request about `url`; not_found
 */
export async function changeWebhook(
  ctx: Ctx,
  caller: Caller,
  { org, webhook, enabled, ...wish }: WebhookAddress & z.output<typeof webhookChange>,
): Promise<Webhook> {
  const { id, organization_id } = await findWebhook(ctx, caller, { org, webhook })
  const changes = {
    ...(wish.url === undefined ? {} : { url: checkedUrl(ctx, wish.url) }),
    ...(wish.description === undefined ? {} : { description: wish.description ?? '' }),
    ...(wish.events === undefined ? {} : { events: wish.events.join(' ') }),
    ...(enabled ? { disabled_at: null, disabled_because: null, failing_since: null } : {}),
  }
  const changed = [
    ...Object.keys(wish).filter((name) => name in changes),
    ...(enabled === undefined ? [] : [enabled ? 'enabled' : 'disabled']),
  ].join(' ')
  if (changed === '') return getWebhook(ctx, caller, { org, webhook })
  const at = ctx.now().toISOString()
  await ctx.db.transaction().execute(async (trx) => {
    if (Object.keys(changes).length > 0)
      await trx.updateTable('webhooks').set(changes).where('id', '=', id).execute()
    if (enabled === false) await disable(trx, at, id, 'person')
    await recordEvent(trx, at, {
      ...{ action: 'webhook.changed', actor: actorOf(caller), organization_id, target: id },
      detail: { changed },
    })
  })
  return getWebhook(ctx, caller, { org, webhook })
}

/**
 * A new secret. The old one goes on signing beside it for a day, so that receivers can be changed one by one; rotating
 * again within that day ends the older of the two.
 *
 * @throws AppError not_found
 */
export async function rotateSecret(
  ctx: Ctx,
  caller: Caller,
  address: WebhookAddress,
): Promise<WebhookWithSecret> {
  const { id, organization_id } = await findWebhook(ctx, caller, address)
  requireFreshAccess(ctx, caller)
  const secret = makeSecret()
  const sealed = ctx.signing.seal(secret, id)
  const at = ctx.now().toISOString()
  await ctx.db.transaction().execute(async (trx) => {
    await trx
      .updateTable('webhooks')
      .set(({ ref }) => ({
        old_secret_sealed: ref('secret_sealed'),
        old_secret_until: new Date(Date.parse(at) + OVERLAP_MS).toISOString(),
        secret_sealed: sealed,
      }))
      .where('id', '=', id)
      .execute()
    await recordEvent(trx, at, {
      ...{ action: 'webhook.secret_rotated', actor: actorOf(caller), organization_id, target: id },
    })
  })
  return { webhook: await getWebhook(ctx, caller, address), secret }
}

/** Ends it for good; what was still to be delivered is over. @throws AppError not_found */
export async function removeWebhook(
  ctx: Ctx,
  caller: Caller,
  address: WebhookAddress,
): Promise<RemovedWebhook> {
  const { id, organization_id, url } = await findWebhook(ctx, caller, address)
  const removed_at = ctx.now().toISOString()
  await ctx.db.transaction().execute(async (trx) => {
    const removed = await trx
      .updateTable('webhooks')
      .set({ removed_at })
      .where('id', '=', id)
      .where('removed_at', 'is', null)
      .returning('id')
      .executeTakeFirst()
    if (!removed) throw new AppError('not_found', 'No such webhook.')
    await endPending(trx, removed_at, id, 'The webhook was removed before this could be delivered.')
    await recordEvent(trx, removed_at, {
      ...{ action: 'webhook.removed', actor: actorOf(caller), organization_id, target: id },
      detail: { host: new URL(url).host },
    })
  })
  return { id, removed_at }
}
