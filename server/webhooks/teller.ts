import type { AppContext } from '../context.ts'
import { attemptNext } from './attempt.ts'
import { spreadOutbox } from './spread.ts'

type Ctx = Pick<AppContext, 'db' | 'now' | 'signing' | 'receivers' | 'config' | 'log' | 'background'>

/** One delivery at a time to each webhook, so that they begin in order; so many webhooks at the same time. */
const AT_ONCE = 64
/** After so many in a row a webhook makes room for others. */
const IN_A_ROW = 20

/** How often to look whether there is something to tell. */
export const TELL_EVERY_MS = 1_000

/**
 * What tells webhooks: run again and again, it turns what has happened into deliveries and starts the attempts that
 * are due. Each webhook is worked on by a task of its own, so one that answers slowly holds up nobody else.
 *
 * The queue is the database. A process that dies leaves its claims to whichever looks after they have run out, so a
 * receiver may get a message twice, with the same `webhook-id`.
 *
 * @example ctx.background.every('tell webhooks', TELL_EVERY_MS, createTeller(ctx))
 */
export function createTeller(ctx: Ctx): () => Promise<void> {
  const busy = new Set<string>()

  async function tell(): Promise<void> {
    while (!ctx.background.ending && (await spreadOutbox(ctx))) {}
    for (const id of await findDue(ctx)) {
      if (busy.size >= AT_ONCE || busy.has(id)) continue
      busy.add(id)
      ctx.background.add('deliver to a webhook', () => deliver(id))
    }
  }

  async function deliver(id: string): Promise<void> {
    try {
      // At shutdown what has begun is finished, and the rest stays for the next start.
      for (let sent = 0; sent < IN_A_ROW && !ctx.background.ending; sent++) {
        if (!(await attemptNext(ctx, id))) return
      }
    } finally {
      busy.delete(id)
    }
    if (!ctx.background.ending) ctx.background.add('tell webhooks', tell)
  }

  return tell
}

/** The webhooks that something is due for, the one that has waited longest first. */
async function findDue({ db, now }: Pick<AppContext, 'db' | 'now'>): Promise<string[]> {
  const at = now().toISOString()
  const rows = await db
    .selectFrom('webhooks as w')
    .select(({ selectFrom }) => [
      'w.id',
      selectFrom('webhook_deliveries as d')
        .select((first) => first.fn.min('d.next_attempt_at').as('at'))
        .whereRef('d.webhook_id', '=', 'w.id')
        .where('d.status', '=', 'pending')
        .where('d.next_attempt_at', '<=', at)
        .as('due_at'),
    ])
    .where('w.removed_at', 'is', null)
    .where('w.disabled_at', 'is', null)
    .orderBy('due_at')
    .execute()
  return rows.filter(({ due_at }) => due_at !== null).map(({ id }) => id)
}
