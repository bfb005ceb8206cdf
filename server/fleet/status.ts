import { sql } from 'kysely'
import { breathe } from '../breathe.ts'
import type { AppContext } from '../context.ts'
import { tell } from '../outbox/outbox.ts'

/** Robots beat every so many seconds, */
export const BEAT_S = 30

/** and one that was silent for longer than this is offline. */
export const SILENT_AFTER_MS = 90_000

/** So many devices turn offline in one transaction: a whole fleet that lost its network must not hold everybody up. */
const AT_ONCE = 200

type Ctx = Pick<AppContext, 'db' | 'now'>

/** Whether the last heartbeat is recent enough, at this moment. */
export function isHeard(now: Date, last_heartbeat_at: string | null): boolean {
  return last_heartbeat_at !== null && last_heartbeat_at >= silentSince(now)
}

/**
 * Turns devices offline that have been silent for too long, and tells of each, once a silence: the same transaction
 * takes it out of what the next sweep finds. Runs by itself, and before every answer that shows a status, so that
 * none is stale; when there is nothing to do it is one read of the index `devices_silent`.
 */
export async function sweepSilent(ctx: Ctx): Promise<void> {
  while (await isSomebodySilent(ctx)) {
    await turnOffline(ctx)
    await breathe()
  }
}

async function isSomebodySilent(ctx: Ctx): Promise<boolean> {
  const one = await ctx.db
    .selectFrom('devices')
    .select('id')
    // A parameter instead of the word would keep the database from using the partial index.
    .where('status', '=', sql.lit('online' as const))
    .where('last_heartbeat_at', '<', silentSince(ctx.now()))
    .limit(1)
    .executeTakeFirst()
  return one !== undefined
}

async function turnOffline(ctx: Ctx): Promise<void> {
  const at = ctx.now()
  await ctx.db.transaction().execute(async (trx) => {
    const silent = await trx
      .updateTable('devices')
      .set({ status: 'offline' })
      .where('id', 'in', (select) =>
        select
          .selectFrom('devices')
          .select('id')
          .where('status', '=', sql.lit('online' as const))
          .where('last_heartbeat_at', '<', silentSince(at))
          .orderBy('last_heartbeat_at')
          .limit(AT_ONCE),
      )
      .returning(['id', 'organization_id', 'project_id', 'name', 'last_heartbeat_at'])
      .execute()
    for (const { id, organization_id, project_id, name, last_heartbeat_at } of silent) {
      const detail = { name, last_heartbeat: last_heartbeat_at }
      await tell(trx, at.toISOString(), {
        type: 'device.offline',
        organization_id,
        project_id,
        target: id,
        detail,
      })
    }
  })
}

function silentSince(now: Date): string {
  return new Date(now.getTime() - SILENT_AFTER_MS).toISOString()
}
