import { actorOf, recordEvent } from '../audit/audit.ts'
import { openDeletion } from '../blobs/deletions.ts'
import type { Caller, PersonCaller } from '../caller.ts'
import type { AppContext } from '../context.ts'
import type { Database } from '../db/open.ts'
import type { EpisodesTable } from '../db/schema.gen.ts'
import { AppError } from '../errors.ts'
import { requireRole } from '../organizations/permissions.ts'
import { getEpisodeRow } from './episodes.ts'
import { type Doomed, removeEpisodes } from './remove.ts'
import { workDeletions } from './trash-jobs.ts'

/** An episode in the trash is there to be looked at and restored, and for nothing else. */
export function refuseTrashed({ trashed_at }: Pick<EpisodesTable, 'trashed_at'>): void {
  if (trashed_at !== null) throw inTrash()
}

export function inTrash(): AppError {
  return new AppError('conflict', 'This episode is in the trash. Restore it first.')
}

type Ctx = Pick<AppContext, 'db' | 'now'>

/**
 * Moves episodes to the trash: no list has them any more, and after some days they go for good. What is there already
 * stays as it is.
 *
 * @param rows of episodes that the caller may delete: checked already
 */
export async function moveToTrash(ctx: Ctx, caller: Caller, rows: readonly EpisodesTable[]): Promise<void> {
  const at = ctx.now().toISOString()
  await ctx.db.transaction().execute(async (trx) => {
    for (const { id, organization_id, name } of rows) {
      const [moved] = await toTrash(trx, at, [id], { by: caller.account_id })
      if (!moved) continue
      const told = { action: 'episode.trashed', actor: actorOf(caller), organization_id, target: id }
      await recordEvent(trx, at, { ...told, detail: { name } })
    }
  })
}

/**
 * The one statement that does it.
 *
 * @param by the account that said so; null: a retention rule, or a key that is nobody's
 * @param unless what keeps an episode out of it, asked within the statement: its tag, or another status than this one
 * @returns what was moved
 */
export async function toTrash(
  trx: Database,
  at: string,
  ids: readonly string[],
  {
    by,
    unless,
  }: { by: string | null; unless?: { tag: string | null; status: EpisodesTable['status'] | null } },
): Promise<{ bytes_total: number }[]> {
  let statement = trx
    .updateTable('episodes')
    .set((row) => ({
      trashed_at: at,
      trashed_by: by,
      // Archived as well, so that no list has it. When both are the same moment, it was not archived before.
      archived_at: row.fn.coalesce('archived_at', row.val(at)),
    }))
    .where('id', 'in', ids)
    .where('trashed_at', 'is', null)
  if (unless) statement = statement.where('archived_at', 'is', null).where('status', '<>', 'recording')
  if (unless?.status) statement = statement.where('status', '=', unless.status)
  const tag = unless?.tag ?? null
  if (tag !== null) {
    statement = statement.where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('episode_tags as t')
            .select('t.tag')
            .whereRef('t.episode_id', '=', 'episodes.id')
            .where('t.tag', '=', tag),
        ),
      ),
    )
  }
  return statement.returning('bytes_total').execute()
}

/** Brings episodes back from the trash as they were: into the list, or among the archived ones. */
export async function takeFromTrash(ctx: Ctx, caller: Caller, rows: readonly EpisodesTable[]): Promise<void> {
  const at = ctx.now().toISOString()
  await ctx.db.transaction().execute(async (trx) => {
    for (const { id, organization_id } of rows) {
      const { numUpdatedRows } = await trx
        .updateTable('episodes')
        .set((row) => ({
          archived_at: row.fn('nullif', ['archived_at', 'trashed_at']),
          trashed_at: null,
          trashed_by: null,
        }))
        .where('id', '=', id)
        .where('trashed_at', 'is not', null)
        .executeTakeFirstOrThrow()
      if (numUpdatedRows === 0n) continue
      const told = { action: 'episode.untrashed', actor: actorOf(caller), organization_id, target: id }
      await recordEvent(trx, at, told)
    }
  })
}

/**
 * The episodes that a person names, each of which they may delete.
 *
 * @throws AppError not_found, forbidden for everybody but admins
 */
export async function findDeletable(
  ctx: Pick<AppContext, 'db'>,
  caller: PersonCaller,
  ids: readonly string[],
): Promise<EpisodesTable[]> {
  const rows: EpisodesTable[] = []
  for (const id of new Set(ids)) {
    const row = await getEpisodeRow(ctx, caller, id)
    requireRole(caller, row.organization_id, 'admin')
    rows.push(row)
  }
  return rows
}

/** @throws AppError conflict for an episode that is not in the trash */
export async function deleteTrashed(
  ctx: Pick<AppContext, 'db' | 'blobs' | 'now' | 'background' | 'log'>,
  caller: PersonCaller,
  rows: readonly EpisodesTable[],
): Promise<void> {
  const byOrganization = new Map<string, [Doomed, ...Doomed[]]>()
  for (const row of rows) {
    const others = byOrganization.get(row.organization_id)
    if (others) others.push(row)
    else byOrganization.set(row.organization_id, [row])
  }
  for (const some of byOrganization.values()) await removeEpisodes(ctx, caller, some, { from_trash: true })
}

/**
 * Deletes all that is in an organization's trash now, for good. The line in the ledger is the answer; rows and bytes go
 * behind the request's back, also after a crash.
 */
export async function emptyTrash(
  ctx: Pick<AppContext, 'db' | 'blobs' | 'now' | 'background' | 'log' | 'config'>,
  caller: PersonCaller,
  organization_id: string,
): Promise<{ deletion_id: string }> {
  requireRole(caller, organization_id, 'admin')
  const at = ctx.now().toISOString()
  const deletion_id = await ctx.db.transaction().execute(async (trx) => {
    const why = { because: 'person', account_id: caller.account_id, trashed_until: at } as const
    const id = await openDeletion(trx, at, { organization_id, ...why })
    await recordEvent(trx, at, {
      action: 'trash.emptied',
      actor: actorOf(caller),
      organization_id,
      target: id,
    })
    return id
  })
  ctx.background.add('empty the trash', () => workDeletions(ctx))
  return { deletion_id }
}
