import { actorOf, recordEvent } from '../audit/audit.ts'
import type { PersonCaller } from '../caller.ts'
import type { AppContext } from '../context.ts'
import type { Database } from '../db/open.ts'
import { AppError } from '../errors.ts'
import { requireRole } from './permissions.ts'

/** What an organization asks of its keys. */
export interface KeyPolicy {
  /** How many days a new key may live; null: until it is revoked. Keys that exist stay as they are. */
  key_days_max: number | null
  /** What a scanner's alert about a leaked key does. */
  leaked_keys: 'revoke' | 'notify'
  /** Requests a minute for each of its keys, set by staff; null: the server's default. */
  rate_limit: number | null
}

/** Any member may look. */
export async function getKeyPolicy(
  ctx: Pick<AppContext, 'db'>,
  caller: PersonCaller,
  organization_id: string,
): Promise<KeyPolicy> {
  requireRole(caller, organization_id, 'viewer')
  const policy = await readKeyPolicy(ctx.db, organization_id)
  if (!policy) throw new AppError('not_found', 'No such organization.')
  return policy
}

/** @throws AppError forbidden for members and viewers */
export async function setKeyPolicy(
  ctx: Pick<AppContext, 'db' | 'now'>,
  caller: PersonCaller,
  { organization_id, key_days_max, leaked_keys }: Omit<KeyPolicy, 'rate_limit'> & { organization_id: string },
): Promise<KeyPolicy> {
  requireRole(caller, organization_id, 'admin')
  return change(ctx, caller, organization_id, {
    action: 'organization.key_policy_changed',
    set: { key_days_max, leaked_keys },
  })
}

/** How much one client may ask is the installation's to say. For staff: the procedure sees to it. */
export async function setRateLimit(
  ctx: Pick<AppContext, 'db' | 'now'>,
  caller: PersonCaller,
  { organization_id, rate_limit }: { organization_id: string; rate_limit: number | null },
): Promise<KeyPolicy> {
  if (!caller.staff) throw new AppError('forbidden')
  return change(ctx, caller, organization_id, {
    action: 'organization.rate_limit_changed',
    set: { rate_limit },
  })
}

async function change(
  ctx: Pick<AppContext, 'db' | 'now'>,
  caller: PersonCaller,
  organization_id: string,
  { action, set }: { action: string; set: Partial<KeyPolicy> },
): Promise<KeyPolicy> {
  const at = ctx.now().toISOString()
  return ctx.db.transaction().execute(async (trx) => {
    await trx.updateTable('organizations').set(set).where('id', '=', organization_id).execute()
    const policy = await readKeyPolicy(trx, organization_id)
    if (!policy) throw new AppError('not_found', 'No such organization.')
    await recordEvent(trx, at, {
      action,
      actor: actorOf(caller),
      organization_id,
      target: organization_id,
      detail: set,
    })
    return policy
  })
}

async function readKeyPolicy(db: Database, organization_id: string): Promise<KeyPolicy | undefined> {
  return db
    .selectFrom('organizations')
    .select(['key_days_max', 'leaked_keys', 'rate_limit'])
    .where('id', '=', organization_id)
    .executeTakeFirst()
}
