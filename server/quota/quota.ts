import { type Actor, recordEvent } from '../audit/audit.ts'
import type { AppContext } from '../context.ts'
import type { Database } from '../db/open.ts'
import { AppError } from '../errors.ts'
import { ownersOf } from '../members/admins.ts'
import { notify } from '../notices/notices.ts'

/** What an organization stores and may store, bytes. */
export interface Usage {
  used_bytes: number
  /** Null: as much as the disk holds. */
  quota_bytes: number | null
}

/** How much is stored, artifacts that wait to be removed included; kept by triggers. */
export async function readUsage(db: Database, organization_id: string): Promise<Usage> {
  const row = await db
    .selectFrom('organizations as o')
    .leftJoin('organization_usage as u', 'u.organization_id', 'o.id')
    .select(['o.quota_bytes', 'u.bytes'])
    .where('o.id', '=', organization_id)
    .executeTakeFirst()
  return { used_bytes: row?.bytes ?? 0, quota_bytes: row?.quota_bytes ?? null }
}

/**
 * Claims room for an upload before its first byte is read. Uploads under way count with their whole announced size, so
 * many that begin together cannot store more than the quota.
 *
 * @param size announced by the sender, bytes
 * @returns to be called when the upload is over: from then on what was stored counts by itself
 * @throws AppError quota_exceeded; the owners are told, once until less is stored again
 * @example const over = await claimRoom(ctx, organization_id, size)
 */
export async function claimRoom(
  ctx: Pick<AppContext, 'db' | 'now' | 'under_way'>,
  organization_id: string,
  size: number,
): Promise<() => void> {
  for (;;) {
    const ended = ctx.under_way.ended(organization_id)
    const { used_bytes, quota_bytes } = await readUsage(ctx.db, organization_id)
    // An upload that was over in between is in neither number. From here on nothing is awaited before the claim.
    if (ctx.under_way.ended(organization_id) !== ended) continue
    const used = used_bytes + ctx.under_way.of(organization_id)
    if (quota_bytes === null || used + size <= quota_bytes) return ctx.under_way.claim(organization_id, size)
    await tellOwners(ctx, organization_id, { used_bytes, quota_bytes })
    throw new AppError(
      'quota_exceeded',
      `This upload has ${bytes(size)}; the organization stores ${bytes(used)} of the ${bytes(quota_bytes)} it may. ` +
        'Delete episodes and empty the trash, or ask the administrator of this server for a larger quota.',
    )
  }
}

/** @example bytes(1_500_000_000) // '1500000000 bytes (1.5 GB)' */
function bytes(size: number): string {
  const units = ['kB', 'MB', 'GB', 'TB', 'PB']
  const power = Math.min(Math.floor(Math.log10(Math.max(size, 1)) / 3), units.length)
  if (power === 0) return `${size} bytes`
  return `${size} bytes (${(size / 1000 ** power).toFixed(1)} ${units[power - 1]})`
}

async function tellOwners(
  ctx: Pick<AppContext, 'db' | 'now'>,
  organization_id: string,
  { used_bytes, quota_bytes }: { used_bytes: number; quota_bytes: number },
): Promise<void> {
  const at = ctx.now().toISOString()
  await ctx.db.transaction().execute(async (trx) => {
    const told = await trx
      .updateTable('organizations')
      .set({ quota_reached_bytes: used_bytes })
      .where('id', '=', organization_id)
      .where('quota_reached_bytes', 'is', null)
      .returning(['name', 'slug'])
      .executeTakeFirst()
    if (!told) return
    const detail = {
      organization: told.name,
      organization_slug: told.slug,
      used_bytes: String(used_bytes),
      quota_bytes: String(quota_bytes),
    }
    for (const account_id of await ownersOf(trx, organization_id))
      await notify(trx, at, { account_id, kind: 'quota_reached', detail })
  })
}

/**
 * Sets how much an organization may store. Staff's to say, or the operator's: whoever calls has checked that. What is
 * stored already stays, also when it is more.
 *
 * @param quota_bytes null: as much as the disk holds
 * @param operator who it is at the machine, where nobody asked over the network
 * @throws AppError not_found
 */
export async function setQuota(
  ctx: Pick<AppContext, 'db' | 'now'>,
  actor: Actor,
  {
    organization_id,
    quota_bytes,
    operator,
  }: { organization_id: string; quota_bytes: number | null; operator?: string },
): Promise<Usage> {
  const at = ctx.now().toISOString()
  return ctx.db.transaction().execute(async (trx) => {
    const changed = await trx
      .updateTable('organizations')
      // A new quota is a new thing to be told about.
      .set({ quota_bytes, quota_reached_bytes: null })
      .where('id', '=', organization_id)
      .returning('id')
      .executeTakeFirst()
    if (!changed) throw new AppError('not_found', 'No such organization.')
    await recordEvent(trx, at, {
      action: 'organization.quota_changed',
      actor,
      organization_id,
      target: organization_id,
      detail: { quota_bytes, ...(operator === undefined ? {} : { operator }) },
    })
    return readUsage(trx, organization_id)
  })
}
