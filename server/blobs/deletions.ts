import { newId } from '../db/ids.ts'
import type { Database } from '../db/open.ts'
import type { DeletionsTable } from '../db/schema.gen.ts'

/** Why something is deleted, and for whom. */
export type Deletion = Pick<DeletionsTable, 'organization_id' | 'because' | 'account_id' | 'trashed_until'>

/**
 * Opens a line of the ledger, inside the transaction of the deletion: what goes, on whose word, and from then on how
 * many bytes of it are gone.
 *
 * @returns its id, for what is deleted under it
 */
export async function openDeletion(trx: Database, started_at: string, deletion: Deletion): Promise<string> {
  const id = newId('dlt')
  await trx
    .insertInto('deletions')
    .values({ id, ...deletion, episodes: 0, bytes_total: 0, bytes_freed: 0, started_at })
    .execute()
  return id
}

/** Counts what was deleted under a line of the ledger, inside of the transaction that did. */
export async function countDeleted(
  trx: Database,
  id: string,
  at: string,
  { episodes, bytes }: { episodes: number; bytes: number },
): Promise<void> {
  await trx
    .updateTable('deletions')
    .set((row) => ({
      episodes: row('episodes', '+', episodes),
      bytes_total: row('bytes_total', '+', bytes),
    }))
    .where('id', '=', id)
    .execute()
  await settle(trx, id, at)
}

/** Counts bytes that are gone from the disk. */
export async function countFreed(trx: Database, id: string, at: string, bytes: number): Promise<void> {
  await trx
    .updateTable('deletions')
    .set((row) => ({ bytes_freed: row('bytes_freed', '+', bytes) }))
    .where('id', '=', id)
    .execute()
  await settle(trx, id, at)
}

/** Says that nothing more is deleted under this line. */
export async function closeDeletion(trx: Database, id: string, at: string): Promise<void> {
  await trx.updateTable('deletions').set({ trashed_until: null }).where('id', '=', id).execute()
  await settle(trx, id, at)
}

/** It is over once its last row and its last byte are gone. */
async function settle(trx: Database, id: string, finished_at: string): Promise<void> {
  await trx
    .updateTable('deletions')
    .set({ finished_at })
    .where('id', '=', id)
    .where('finished_at', 'is', null)
    .where('trashed_until', 'is', null)
    .whereRef('bytes_freed', '>=', 'bytes_total')
    .execute()
}

/** Those that still take what is in the trash; the oldest first. */
export async function deletionsUnderWay(
  db: Database,
): Promise<{ id: string; organization_id: string; because: Deletion['because']; trashed_until: string }[]> {
  const rows = await db
    .selectFrom('deletions')
    .select(['id', 'organization_id', 'because', 'trashed_until'])
    .where('trashed_until', 'is not', null)
    .orderBy('started_at')
    .execute()
  return rows.flatMap(({ trashed_until, ...row }) =>
    trashed_until === null ? [] : [{ ...row, trashed_until }],
  )
}
