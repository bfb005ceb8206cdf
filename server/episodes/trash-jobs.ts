import { recordEvent, SYSTEM } from '../audit/audit.ts'
import { closeDeletion, deletionsUnderWay, openDeletion } from '../blobs/deletions.ts'
import { removeBlobs } from '../blobs/removals.ts'
import type { AppContext } from '../context.ts'
import type { Database } from '../db/open.ts'
import { forgetEpisodes } from './remove.ts'

const DAY_MS = 86_400_000

/** So many episodes, and so many lines of their logs, one transaction deletes: everybody else waits for it. */
const AT_ONCE = 20
const LINES_AT_ONCE = 20_000

type Ctx = Pick<AppContext, 'db' | 'blobs' | 'now' | 'background' | 'log' | 'config'>

/** Begins to delete what was long enough in the trash, and goes on with all deletions that are under way. */
export async function sweepTrash(ctx: Ctx): Promise<void> {
  const until = new Date(ctx.now().getTime() - ctx.config.trash_days * DAY_MS).toISOString()
  for (const organization_id of await withTrashSince(ctx.db, until)) {
    const at = ctx.now().toISOString()
    await ctx.db.transaction().execute(async (trx) => {
      const under = await deletionsUnderWay(trx)
      if (under.some((one) => one.organization_id === organization_id && one.because === 'trash')) return
      const why = { because: 'trash', account_id: null, trashed_until: until } as const
      const id = await openDeletion(trx, at, { organization_id, ...why })
      await recordEvent(trx, at, { action: 'trash.expired', actor: SYSTEM, organization_id, target: id })
    })
  }
  await workDeletions(ctx)
}

/** Organizations with something in the trash that went there before; one look into an index for each. */
async function withTrashSince(db: Database, until: string): Promise<string[]> {
  const rows = await db
    .selectFrom('organizations as o')
    .select('o.id')
    .where(({ exists, selectFrom }) =>
      exists(
        selectFrom('episodes as e')
          .select('e.id')
          .whereRef('e.organization_id', '=', 'o.id')
          .where('e.trashed_at', 'is not', null)
          .where('e.trashed_at', '<=', until),
      ),
    )
    .execute()
  return rows.map(({ id }) => id)
}

/** Deletes what the open lines of the ledger name, piece by piece, and its bytes; whoever stops it, it goes on. */
export async function workDeletions(ctx: Ctx): Promise<void> {
  for (const deletion of await deletionsUnderWay(ctx.db)) {
    let more = true
    while (more && !ctx.background.ending) more = await deleteSome(ctx, deletion)
  }
  await removeBlobs(ctx)
}

async function deleteSome(
  ctx: Ctx,
  { id, organization_id, trashed_until }: { id: string; organization_id: string; trashed_until: string },
): Promise<boolean> {
  const at = ctx.now().toISOString()
  return ctx.db.transaction().execute(async (trx) => {
    const oldest = await trx
      .selectFrom('episodes as e')
      .select('e.id')
      .select(({ selectFrom }) =>
        selectFrom('episode_logs as l')
          .select('l.seq')
          .whereRef('l.episode_id', '=', 'e.id')
          .orderBy('l.seq', 'desc')
          .limit(1)
          .as('lines'),
      )
      .where('e.organization_id', '=', organization_id)
      .where('e.trashed_at', 'is not', null)
      .where('e.trashed_at', '<=', trashed_until)
      .orderBy('e.trashed_at')
      .orderBy('e.id')
      .limit(AT_ONCE)
      .execute()
    let lines = 0
    const ids = oldest.flatMap((row, nth) => {
      lines += row.lines ?? 0
      return nth > 0 && lines > LINES_AT_ONCE ? [] : [row.id]
    })
    if (ids.length > 0) await forgetEpisodes(trx, at, { organization_id, ids, deletion_id: id })
    else await closeDeletion(trx, id, at)
    return ids.length > 0
  })
}
