import type { AppContext } from '../context.ts'
import { type MissingBytes, note } from './findings.ts'
import { findMissing, findOrphans, type Orphan } from './reconcile.ts'
import { askToRemove, removeBlobs } from './removals.ts'

const DAY_MS = 86_400_000
const AT_ONCE = 100

type Ctx = Pick<AppContext, 'db' | 'blobs' | 'now' | 'log' | 'background' | 'findings'>

/**
 * Removes files that no row names and that are older than a day, by the same ledger as everything else: a crash between
 * the bytes and their row leaves such behind. What carries the name of no organization stays, and is told.
 */
export async function removeOrphans(ctx: Ctx): Promise<void> {
  const older_than = new Date(ctx.now().getTime() - DAY_MS)
  const total = { files: 0, bytes: 0, of_nobody: 0 }
  let batch: Orphan[] = []
  for await (const orphan of findOrphans(ctx, { older_than })) {
    if (ctx.background.ending) break
    if (orphan.organization_id === undefined) {
      total.of_nobody++
      continue
    }
    total.files++
    total.bytes += orphan.size_bytes
    batch.push(orphan)
    if (batch.length < AT_ONCE) continue
    await writeDown(ctx, batch)
    batch = []
  }
  await writeDown(ctx, batch)
  if (total.files + total.of_nobody > 0) ctx.log.warn(total, 'files that nothing names were found')
  await removeBlobs(ctx)
}

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
