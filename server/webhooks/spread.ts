import type { AppContext } from '../context.ts'
import { newId } from '../db/ids.ts'
import type { Database } from '../db/open.ts'
import { envelope } from './envelope.ts'

/** So many events at once: a transaction holds up everybody else. */
const BATCH = 50

/**
 * Turns what has happened into deliveries, one for each webhook that asks for it, in the order in which it happened.
 * An event and its deliveries change places in one transaction, so none is lost and none is made twice.
 *
 * @returns whether there may be more
 */
export async function spreadOutbox(ctx: Pick<AppContext, 'db' | 'config' | 'now'>): Promise<boolean> {
  const first = await ctx.db.selectFrom('outbox').select('id').limit(1).executeTakeFirst()
  if (!first) return false
  return ctx.db.transaction().execute(async (trx) => {
    const rows = await trx.selectFrom('outbox').selectAll().orderBy('seq').limit(BATCH).execute()
    for (const row of rows) {
      const webhooks = await listeners(trx, row)
      if (webhooks.length > 0) {
        const { id: message_id, organization_id, type } = row
        const body = await envelope(trx, ctx, row)
        for (const { id: webhook_id } of webhooks)
          await addDelivery(trx, ctx.now(), { webhook_id, organization_id, message_id, type, body })
      }
      await trx.deleteFrom('outbox').where('id', '=', row.id).execute()
    }
    return rows.length === BATCH
  })
}

async function listeners(
  trx: Database,
  { organization_id, type }: { organization_id: string; type: string },
): Promise<{ id: string }[]> {
  const rows = await trx
    .selectFrom('webhooks')
    .select(['id', 'events'])
    .where('organization_id', '=', organization_id)
    .where('removed_at', 'is', null)
    .where('disabled_at', 'is', null)
    .orderBy('created_at')
    .execute()
  return rows.filter(({ events }) => events.split(' ').includes(type))
}

/** A delivery that is due at once. @returns its id, `del_…` */
export async function addDelivery(
  trx: Database,
  now: Date,
  delivery: { webhook_id: string; organization_id: string; message_id: string; type: string; body: string },
): Promise<string> {
  const id = newId('del')
  const at = now.toISOString()
  await trx
    .insertInto('webhook_deliveries')
    .values({
      ...delivery,
      id,
      seq: ({ selectFrom, lit, fn }) =>
        selectFrom('webhook_deliveries').select((last) =>
          last(fn.coalesce(fn.max<number>('seq'), lit(0)), '+', lit(1)).as('seq'),
        ),
      ...{ status: 'pending', attempts: 0, created_at: at, next_attempt_at: at },
    })
    .execute()
  return id
}
