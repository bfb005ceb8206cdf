import type { MissingBytes } from '../blobs/findings.ts'
import type { PersonCaller } from '../caller.ts'
import type { AppContext } from '../context.ts'
import { measureTrash, type TrashSize } from '../episodes/trash-list.ts'
import { requireRole } from '../organizations/permissions.ts'
import { readUsage, type Usage } from '../quota/quota.ts'

const DELETIONS_SHOWN = 10

/** A line of the ledger of deletions. */
export interface ShownDeletion {
  id: string
  because: 'person' | 'trash'
  /** Who said so; null: the time in the trash was over, or a key. */
  by: string | null
  episodes: number
  bytes_total: number
  bytes_freed: number
  started_at: string
  finished_at: string | null
}

/** What an organization stores, may store, and gets rid of. */
export interface Storage extends Usage {
  trash: TrashSize
  trash_days: number
  /** The latest first. */
  deletions: ShownDeletion[]
  /** For staff: what the latest walk found to be without its bytes; null before the first walk, and for others. */
  missing: (MissingBytes & { at: string }) | null
}

/** @throws AppError not_found */
export async function getStorage(
  ctx: Pick<AppContext, 'db' | 'config' | 'findings'>,
  caller: PersonCaller,
  organization_id: string,
): Promise<Storage> {
  requireRole(caller, organization_id, 'viewer')
  const deletions = await ctx.db
    .selectFrom('deletions as d')
    .leftJoin('accounts as a', 'a.id', 'd.account_id')
    .select(['d.id', 'd.because', 'a.name as by', 'd.episodes', 'd.bytes_total', 'd.bytes_freed'])
    .select(['d.started_at', 'd.finished_at'])
    .where('d.organization_id', '=', organization_id)
    .orderBy('d.started_at', 'desc')
    .orderBy('d.id', 'desc')
    .limit(DELETIONS_SHOWN)
    .execute()
  return {
    ...(await readUsage(ctx.db, organization_id)),
    trash: await measureTrash(ctx.db, organization_id),
    trash_days: ctx.config.trash_days,
    deletions,
    missing: caller.staff ? missingOf(ctx, organization_id) : null,
  }
}

function missingOf({ findings }: Pick<AppContext, 'findings'>, organization_id: string): Storage['missing'] {
  const { at, missing } = findings
  return at === null ? null : { at, ...(missing.get(organization_id) ?? { n: 0, first: [] }) }
}
