import { createBackupSchedule } from '../backup/scheduled.ts'
import { removeOrphans, tellMissing } from '../blobs/reconcile-jobs.ts'
import { removeBlobs } from '../blobs/removals.ts'
import type { AppContext } from '../context.ts'
import { interruptSilent } from '../episodes/lease.ts'
import { sweepTrash } from '../episodes/trash-jobs.ts'
import { moveMerged } from '../fleet/merge.ts'
import { sweepSilent } from '../fleet/status.ts'
import { runRules } from '../storage/run-rules.ts'
import { forgetDeliveries } from '../webhooks/deliveries.ts'
import { createTeller, TELL_EVERY_MS } from '../webhooks/teller.ts'

const SECOND_MS = 1_000
const MINUTE_MS = 60 * SECOND_MS
const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

/** Logins stay findable for a week: long enough to answer what became of one. Their audit events stay for good. */
const LOGINS_KEPT_MS = 7 * DAY_MS

/** What was delivered to webhooks, or was not, can be looked up for so long. */
const DELIVERIES_KEPT_MS = 30 * DAY_MS

/** Starts the work that comes back by itself. */
export function scheduleJobs(ctx: AppContext): void {
  ctx.background.every('tell webhooks', TELL_EVERY_MS, createTeller(ctx))
  ctx.background.every('forget what has expired', HOUR_MS, () => forgetExpired(ctx))
  ctx.background.every('devices that fell silent', 10 * SECOND_MS, () => sweepSilent(ctx))
  ctx.background.every('episodes of merged devices', MINUTE_MS, () => moveMerged(ctx))
  ctx.background.every('bytes that nothing names any more', MINUTE_MS, () => removeBlobs(ctx))
  ctx.background.every('files that nothing names', DAY_MS, () => removeOrphans(ctx))
  // One after the other: a start has enough to do.
  ctx.background.add('files and rows', async () => {
    await removeOrphans(ctx)
    await tellMissing(ctx)
  })
  ctx.background.every('bytes that are missing', DAY_MS, () => tellMissing(ctx))
  ctx.background.every('episodes that fell silent', 5 * MINUTE_MS, () => interruptSilent(ctx))
  ctx.background.every('retention rules', HOUR_MS, () => runRules(ctx))
  ctx.background.every('what was long enough in the trash', 10 * MINUTE_MS, () => sweepTrash(ctx))
  ctx.background.every('backup', MINUTE_MS, createBackupSchedule(ctx))
}

/** Removes rows that nothing can be done with any more: what strangers can make must not pile up. */
async function forgetExpired({ db, now }: Pick<AppContext, 'db' | 'now'>): Promise<void> {
  const at = now().toISOString()
  const weekAgo = new Date(now().getTime() - LOGINS_KEPT_MS).toISOString()
  await db.deleteFrom('device_logins').where('expires_at', '<', weekAgo).execute()
  const monthAgo = new Date(now().getTime() - DELIVERIES_KEPT_MS).toISOString()
  await forgetDeliveries(db, monthAgo)
  await db.deleteFrom('guess_budgets').where('renews_at', '<', at).execute()
  await db.deleteFrom('sessions').where('expires_at', '<', at).execute()
  await db.deleteFrom('password_resets').where('expires_at', '<', weekAgo).execute()
}
