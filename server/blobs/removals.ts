import type { AppContext } from '../context.ts'
import type { Database } from '../db/open.ts'
import { countFreed } from './deletions.ts'

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

type Ctx = Pick<AppContext, 'db' | 'blobs' | 'log' | 'now' | 'background'>

/**
 * Removes what has been noted. A note goes after its bytes: a crash in between removes what is gone already, and nothing
 * stays behind. Each run goes through all of it once, so bytes that cannot be removed now hold up nothing else and are
 * tried again by the next.
 */
export async function removeBlobs(ctx: Ctx): Promise<void> {
  let after = ''
  let more = true
  while (more) {
    const noted = await ctx.db
      .selectFrom('blob_removals')
      .select('blob_key')
      .where('blob_key', '>', after)
      .orderBy('blob_key')
      .limit(AT_ONCE)
      .execute()
    await removeSome(ctx, noted)
    after = noted.at(-1)?.blob_key ?? after
    more = noted.length === AT_ONCE && !ctx.background.ending
  }
}

async function removeSome(ctx: Ctx, noted: readonly { blob_key: string }[]): Promise<void> {
  const gone: string[] = []
  for (const { blob_key } of noted) {
    try {
      await ctx.blobs.remove(blob_key)
      gone.push(blob_key)
    } catch (error) {
      ctx.log.warn(
        { err: error, blob_key, task: 'bytes that nothing names any more' },
        'bytes of a deleted thing could not be removed',
      )
    }
  }
  if (gone.length === 0) return
  const at = ctx.now().toISOString()
  await ctx.db.transaction().execute(async (trx) => {
    // Another run may have been there in between: only who takes the note away counts its bytes.
    const rows = await trx
      .deleteFrom('blob_removals')
      .where('blob_key', 'in', gone)
      .returning(['deletion_id', 'size_bytes'])
      .execute()
    const freed = new Map<string, number>()
    for (const { deletion_id, size_bytes } of rows)
      if (deletion_id) freed.set(deletion_id, (freed.get(deletion_id) ?? 0) + size_bytes)
    for (const [deletion_id, bytes] of freed) await countFreed(trx, deletion_id, at, bytes)
  })
}
