import { sql } from 'kysely'
import type { AppContext } from '../context.ts'
import type { Database } from '../db/open.ts'
import { tell } from '../outbox/outbox.ts'

const HOUR_MS = 3_600_000

/** So many at once: everybody else waits while they are written. */
const AT_ONCE = 100

/**
 * Notes that an open episode was heard of, inside the transaction of what was heard.
 *
 * @param resumes whether it is the robot that was heard: then an interrupted episode records again
 * @returns whether it is open; one that is finalized, archived or in the trash stays as it is
 * @example await heard(trx, id, at, { resumes: true })
 */
export async function heard(
  trx: Database,
  id: string,
  at: string,
  { resumes }: { resumes: boolean },
): Promise<boolean> {
  const row = await trx
    .updateTable('episodes')
    .set({ updated_at: at })
    .where('id', '=', id)
    .where('status', 'in', resumes ? ['recording', 'interrupted'] : ['recording'])
    .where('archived_at', 'is', null)
    .returning('status')
    .executeTakeFirst()
  if (row?.status === 'interrupted') {
    await trx.updateTable('episodes').set({ status: 'recording' }).where('id', '=', id).execute()
  }
  return row !== undefined
}

/**
 * Episodes that record and were not heard of for longer than their lease are interrupted: their robot has crashed, or
 * lost its network. They can still be finalized, and record again when an upload comes. What the lease was counted
 * from, `updated_at`, stays: it says when they were last heard of.
 */
export async function interruptSilent(
  ctx: Pick<AppContext, 'db' | 'now' | 'config' | 'background' | 'log'>,
): Promise<void> {
  const before = new Date(ctx.now().getTime() - ctx.config.recording_lease_h * HOUR_MS).toISOString()
  let interrupted = 0
  let more = true
  while (more) {
    const some = await interruptSome(ctx, before)
    interrupted += some
    more = some === AT_ONCE && !ctx.background.ending
  }
  if (interrupted > 0) ctx.log.info({ episodes: interrupted }, 'episodes fell silent and are interrupted')
}

async function interruptSome(ctx: Pick<AppContext, 'db' | 'now'>, before: string): Promise<number> {
  const silent = () =>
    ctx.db
      .selectFrom('episodes')
      .select('id')
      // Written out: the index is partial, and what is bound later the planner does not know.
      .where('status', '=', sql.lit('recording'))
      .where('updated_at', '<', before)
      .orderBy('updated_at')
      .limit(AT_ONCE)
  if ((await silent().limit(1).execute()).length === 0) return 0
  return ctx.db.transaction().execute(async (trx) => {
    const rows = await trx
      .updateTable('episodes')
      .set({ status: 'interrupted' })
      .where('id', 'in', silent())
      .returning(['id', 'organization_id', 'project_id', 'trashed_at'])
      .execute()
    const at = ctx.now().toISOString()
    for (const { id: target, organization_id, project_id, trashed_at } of rows) {
      if (trashed_at !== null) continue
      await tell(trx, at, { type: 'episode.interrupted', organization_id, project_id, target })
    }
    return rows.length
  })
}
