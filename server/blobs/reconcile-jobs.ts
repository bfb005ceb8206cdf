import type { AppContext } from '../context.ts'
import { type MissingBytes, note } from './findings.ts'
import { findMissing, findOrphans, type Orphan } from './reconcile.ts'
import { askToRemove, removeBlobs } from './removals.ts'

const DAY_MS = 86_400_000

type Ctx = Pick<AppContext, 'db' | 'blobs' | 'now' | 'log' | 'background' | 'findings'>

/** More than crashes leave behind. So many speak of a database that is older than its files. */
const MOST_AT_A_TIME = 100

/**
 * Removes files that no row names and that are older than a day, by the same ledger as everything else: a crash between
 * the bytes and their row leaves such behind. What carries the name of no organization stays and is told; and so does
 * everything when it is too much to come from crashes: whoever has put back an old database still has the recordings
 * since then, and wants them.
 */
export async function removeOrphans(ctx: Ctx): Promise<void> {
  const older_than = new Date(ctx.now().getTime() - DAY_MS)
  const found: Orphan[] = []
  let of_nobody = 0
  for await (const orphan of findOrphans(ctx, { older_than })) {
    if (ctx.background.ending) return
    if (orphan.organization_id === undefined) of_nobody++
    else found.push(orphan)
    if (found.length <= MOST_AT_A_TIME) continue
    ctx.log.error({ more_than: MOST_AT_A_TIME }, TOO_MANY)
    return
  }
  if (found.length + of_nobody > 0) {
    const bytes = found.reduce((sum, { size_bytes }) => sum + size_bytes, 0)
    ctx.log.warn({ files: found.length, bytes, of_nobody }, 'files that nothing names were found')
  }
  await writeDown(ctx, found)
  await removeBlobs(ctx)
}

const TOO_MANY =
  'too many files that nothing names, none was removed: is this an older database than the files? `robotrace doctor` lists them, `robotrace doctor --fix` removes them'

async function writeDown(ctx: Ctx, orphans: readonly Orphan[]): Promise<void> {
  if (orphans.length === 0) return
  const at = ctx.now().toISOString()
  await ctx.db.transaction().execute(async (trx) => {
    for (const { key: blob_key, size_bytes, organization_id } of orphans) {
      if (organization_id === undefined) continue
      await askToRemove(trx, at, { organization_id, blobs: [{ blob_key, size_bytes }] })
    }
  })
}

/** Says which rows have not the bytes that they should: in the log, and where staff look at an organization's storage. */
export async function tellMissing(ctx: Ctx): Promise<void> {
  const missing = new Map<string, MissingBytes>()
  for await (const one of findMissing(ctx)) {
    if (ctx.background.ending) return
    ctx.log.error(one, 'stored bytes are missing')
    note(missing, one)
  }
  ctx.findings.at = ctx.now().toISOString()
  ctx.findings.missing = missing
}
