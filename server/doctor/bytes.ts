import { existsSync, readdirSync, realpathSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { namedBlobs } from '../blobs/disk.ts'
import { findMissing, findOrphans, type Missing, type Orphan } from '../blobs/reconcile.ts'
import { askToRemove } from '../blobs/removals.ts'
import type { Database } from '../db/open.ts'
import { type Finding, mended, ok, problem, size, warning } from './finding.ts'

const HOUR_MS = 3_600_000

/** What `--fix` removes has been without a row for longer than this. */
const SURELY_LOST_MS = 24 * HOUR_MS

/** So many are named one by one; the others are counted. */
const NAMED = 10

interface Options {
  deep: boolean
  fix: boolean
  now: Date
}

/** Files without rows, rows without files, and uploads that were cut short. */
export async function* checkBytes(db: Database, data: string, options: Options): AsyncGenerator<Finding> {
  const folder = join(data, 'blobs')
  if (!existsSync(folder)) {
    yield ok('bytes', 'Nothing has been uploaded yet.')
    return
  }
  const ctx = { db, blobs: namedBlobs(realpathSync(folder)) }
  yield* checkOrphans(ctx, options)
  yield* checkMissing(ctx, options)
  yield* checkStaged(join(folder, '.incoming'), options)
}

type Context = { db: Database; blobs: ReturnType<typeof namedBlobs> }

async function* checkOrphans(ctx: Context, { fix, now }: Options): AsyncGenerator<Finding> {
  let [count, bytes, removed, of_nobody] = [0, 0, 0, 0]
  for await (const orphan of findOrphans(ctx, { older_than: new Date(now.getTime() - HOUR_MS) })) {
    // Named after no organization of this database: perhaps of another one that was here, or somebody's own.
    if (orphan.organization_id === undefined) {
      of_nobody++
      continue
    }
    count++
    bytes += orphan.size_bytes
    if (fix && now.getTime() - orphan.modified_at.getTime() > SURELY_LOST_MS) {
      await removeOrphan(ctx, orphan, now)
      removed++
    }
  }
  if (of_nobody > 0) {
    yield warning(
      'bytes',
      `${of_nobody} files below blobs/ have the name of no organization that is here.`,
      'If an older database was put back, these may be what the newer one names. Look at them; they are left alone.',
    )
  }
  if (count === 0 && of_nobody === 0) {
    yield ok('bytes', 'Every file belongs to a row.')
    return
  }
  const message = `${count} files that belong to nothing take ${size(bytes)}.`
  if (removed > 0)
    yield mended('bytes', message, `${removed} of them, older than a day, are on the list of what goes next.`)
  if (removed < count) {
    yield warning(
      'bytes',
      message,
      fix
        ? 'They are younger than a day: run it again tomorrow.'
        : 'Run `robotrace doctor --fix`: it removes those older than a day.',
    )
  }
}

/** By the list that deletions use: the server removes and counts it. */
async function removeOrphan(
  { db }: Context,
  { key, size_bytes, organization_id }: Orphan,
  now: Date,
): Promise<void> {
  if (organization_id === undefined) return
  const named = { organization_id, blobs: [{ blob_key: key, size_bytes }] }
  await db.transaction().execute((trx) => askToRemove(trx, now.toISOString(), named))
}

async function* checkMissing(ctx: Context, { deep }: Options): AsyncGenerator<Finding> {
  let count = 0
  for await (const missing of findMissing(ctx, { deep })) {
    if (++count <= NAMED)
      yield problem(
        'bytes',
        describe(missing),
        'Restore these bytes from a backup; `robotrace verify-backup` says whether it has them.',
      )
  }
  if (count > NAMED) yield problem('bytes', `${count - NAMED} more are not as their rows say.`, 'See above.')
  if (count === 0)
    yield ok(
      'bytes',
      deep
        ? 'Every row has its bytes, and they hash to what it says.'
        : 'Every row has its bytes, in their size. (--deep reads them all.)',
    )
}

function describe({ key, of, because, size_bytes, found_bytes }: Missing): string {
  if (because === 'gone') return `${key} of ${of} is gone (${size(size_bytes)}).`
  if (because === 'other content') return `${key} of ${of} has other content than was uploaded.`
  return `${key} of ${of} has ${found_bytes} bytes instead of ${size_bytes}.`
}

/** An upload that moves no byte is cut after a minute, and starting the server removes what is left. */
function* checkStaged(folder: string, { fix, now }: Options): Generator<Finding> {
  const left = (existsSync(folder) ? readdirSync(folder) : [])
    .map((name) => join(folder, name))
    .filter(
      (path) =>
        now.getTime() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? now.getTime()) > HOUR_MS,
    )
  if (left.length === 0) return
  const message = `${left.length} uploads were cut short and left files behind.`
  if (fix) {
    for (const path of left) rmSync(path, { recursive: true, force: true })
    yield mended('bytes', message, 'They are gone.')
  } else yield warning('bytes', message, 'Run `robotrace doctor --fix`, or restart the server.')
}
