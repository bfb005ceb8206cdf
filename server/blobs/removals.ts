import type { AppContext } from '../context.ts'
import type { Database } from '../db/open.ts'

const AT_ONCE = 100

/** Bytes that nothing names any more, and whose they were. */
interface Unnamed {
  organization_id: string
  blobs: readonly { blob_key: string; size_bytes: number }[]
  /** The deletion they are counted for once they are gone. */
  deletion_id?: string | undefined
}

/** Notes, inside the transaction that forgets the rows, that nothing names these bytes any more. */
export async function askToRemove(
  trx: Database,
  requested_at: string,
  { organization_id, blobs, deletion_id }: Unnamed,
): Promise<void> {
  for (const { blob_key, size_bytes } of blobs) {
    await trx
      .insertInto('blob_removals')
      .values({ blob_key, size_bytes, organization_id, deletion_id: deletion_id ?? null, requested_at })
      .onConflict((conflict) => conflict.doNothing())
      .execute()
  }
}

/**
 * Removes what has been noted, oldest first. A note goes after its bytes: a crash in between removes what is gone
 * already, and nothing stays behind. Bytes that cannot be removed now are tried again.
 */
export async function removeBlobs(ctx: Pick<AppContext, 'db' | 'blobs' | 'log'>): Promise<void> {
  const noted = await ctx.db
    .selectFrom('blob_removals')
    .select('blob_key')
    .orderBy('requested_at')
    .limit(AT_ONCE)
    .execute()
  let removed = 0
  for (const { blob_key } of noted) {
    try {
      await ctx.blobs.remove(blob_key)
    } catch (error) {
      ctx.log.warn(
        { err: error, blob_key, task: 'bytes that nothing names any more' },
        'bytes of a deleted thing could not be removed',
      )
      continue
    }
    await ctx.db.deleteFrom('blob_removals').where('blob_key', '=', blob_key).execute()
    removed++
  }
  if (removed === AT_ONCE) await removeBlobs(ctx)
}
