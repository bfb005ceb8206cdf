import type { AppContext } from '../context.ts'
import { notify } from '../notices/notices.ts'
import { backupToFolder } from './backup.ts'
import { BackupBusyError, BackupError, listBackups, newestAt, StoppedError } from './layout.ts'
import { installationIn, requireOwn } from './owner.ts'
import { pruneBackups } from './prune.ts'

type Ctx = Pick<AppContext, 'db' | 'now' | 'log' | 'config' | 'background'>

const HOUR_MS = 3_600_000

/** After a failure: a full disk is not tried again every minute. */
const AGAIN_MS = HOUR_MS

/** Side by side: requests are served on the same threads. */
const AT_ONCE = 2

/**
 * Makes a backup when the newest one in the folder is older than the configuration asks for: what counts is what is
 * there, so a server that was off catches up, and one that is restarted often does not make more. One at a time.
 *
 * @returns what a timer calls; it does nothing when no backups are configured, or none is due
 */
export function createBackupSchedule(ctx: Ctx): () => Promise<void> {
  const { backup } = ctx.config
  let running = false
  let not_before = 0
  return async () => {
    if (!backup || running || ctx.background.ending || ctx.now().getTime() < not_before) return
    running = true
    try {
      if (!(await isDue(ctx, backup))) return
      await makeScheduled(ctx, backup)
    } catch (error) {
      // One that is made by hand is as good: whether another is due is asked again in a minute.
      if (error instanceof StoppedError || error instanceof BackupBusyError) return
      not_before = ctx.now().getTime() + AGAIN_MS
      ctx.log.error({ err: error, folder: backup.to }, 'the scheduled backup failed')
      await tellStaff(ctx, backup.to, error instanceof Error ? error.message : String(error))
    } finally {
      running = false
    }
  }
}

type Wanted = NonNullable<AppContext['config']['backup']>

/** @throws BackupError when somebody else backs up there: it would look as if none were due, for as long as they do */
async function isDue(ctx: Ctx, { to, every_h }: Wanted): Promise<boolean> {
  const [listed, installation] = [await listBackups(to), installationIn(ctx.config.data)]
  requireOwn(to, listed, installation)
  const at = newestAt(listed, ctx.now(), installation)
  return at === undefined || ctx.now().getTime() - Date.parse(at) >= every_h * HOUR_MS
}

async function makeScheduled(ctx: Ctx, { to, keep }: Wanted): Promise<void> {
  const made = await backupToFolder({
    data: ctx.config.data,
    to,
    now: ctx.now,
    at_once: AT_ONCE,
    // The next start goes on from what has been copied.
    stop: () => ctx.background.ending,
  })
  const { name, size_bytes, blobs, copied } = made
  ctx.log.info({ folder: to, backup: name, size_bytes, blobs, copied }, 'backup made')
  const pruned = await pruneBackups(to, keep, ctx.now())
  if (pruned.backups.length > 0) ctx.log.info({ folder: to, ...pruned }, 'old backups let go')
  if (blobs.damaged === 0) return
  throw new BackupError(
    `The backup was made, but ${blobs.damaged} files of the data folder are missing or damaged: ${made.damage[0]}`,
  )
}

/** Everybody who administers the installation, once: not again while the first notice stands unread. */
async function tellStaff(ctx: Ctx, folder: string, reason: string): Promise<void> {
  const at = ctx.now().toISOString()
  await ctx.db.transaction().execute(async (trx) => {
    const staff = await trx
      .selectFrom('accounts')
      .select('id')
      .where('staff_since', 'is not', null)
      .where('disabled_at', 'is', null)
      .where(({ not, exists, selectFrom }) =>
        not(
          exists(
            selectFrom('notices')
              .select('notices.id')
              .whereRef('notices.account_id', '=', 'accounts.id')
              .where('notices.kind', '=', 'backup_failed')
              .where('notices.read_at', 'is', null),
          ),
        ),
      )
      .execute()
    for (const { id: account_id } of staff) {
      await notify(trx, at, { account_id, kind: 'backup_failed', detail: { folder, reason } })
    }
  })
}
