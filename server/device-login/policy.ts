import ipaddr from 'ipaddr.js'
import { keyDaysOf } from '../api-keys/policy-days.ts'
import { actorOf, recordEvent } from '../audit/audit.ts'
import type { PersonCaller } from '../caller.ts'
import type { AppContext } from '../context.ts'
import type { Database } from '../db/open.ts'
import { requireRole } from '../organizations/permissions.ts'

/** What an organization asks of the terminals that are signed in to it. */
export interface LoginPolicy {
  /** Whether terminals are let in at all. */
  allowed: boolean
  /** CIDRs they may come from; empty: from anywhere. */
  networks: string[]
  /** How many days a login's key lives; null: until it is revoked. */
  key_days: number | null
  /** Whether every approval asks for the password again. */
  step_up: boolean
}

/** Any member may look. */
export async function getLoginPolicy(
  ctx: Pick<AppContext, 'db'>,
  caller: PersonCaller,
  organization_id: string,
): Promise<LoginPolicy> {
  requireRole(caller, organization_id, 'viewer')
  return readLoginPolicy(ctx.db, organization_id)
}

/** @throws AppError forbidden for members and viewers */
export async function setLoginPolicy(
  ctx: Pick<AppContext, 'db' | 'now'>,
  caller: PersonCaller,
  { organization_id, ...policy }: LoginPolicy & { organization_id: string },
): Promise<LoginPolicy> {
  requireRole(caller, organization_id, 'admin')
  const at = ctx.now().toISOString()
  const row = {
    off_at: policy.allowed ? null : at,
    networks: policy.networks.join(' '),
    key_days: policy.key_days,
    step_up_at: policy.step_up ? at : null,
  }
  await ctx.db.transaction().execute(async (trx) => {
    await trx
      .insertInto('device_login_policies')
      .values({ organization_id, ...row })
      .onConflict((taken) => taken.column('organization_id').doUpdateSet(row))
      .execute()
    await recordEvent(trx, at, {
      action: 'device_login_policy.changed',
      actor: actorOf(caller),
      organization_id,
      target: organization_id,
      detail: { ...row },
    })
  })
  return policy
}

export async function readLoginPolicy(db: Database, organization_id: string): Promise<LoginPolicy> {
  const row = await db
    .selectFrom('device_login_policies')
    .selectAll()
    .where('organization_id', '=', organization_id)
    .executeTakeFirst()
  return {
    allowed: !row?.off_at,
    networks: row?.networks.split(' ').filter(Boolean) ?? [],
    key_days: row?.key_days ?? null,
    step_up: Boolean(row?.step_up_at),
  }
}

/** How many days a login's key lives: what this policy says, within what the organization says of all its keys. */
export async function loginKeyDays(
  db: Database,
  organization_id: string,
  { key_days }: LoginPolicy,
): Promise<number | null> {
  const longest = await keyDaysOf({ db }, { organization_id, account_id: null })
  return key_days !== null && longest !== null ? Math.min(key_days, longest) : (key_days ?? longest)
}

/** Whether a terminal at this address is let in. */
export function letsIn(policy: LoginPolicy, ip: string): boolean {
  if (!policy.allowed) return false
  return policy.networks.length === 0 || policy.networks.some((network) => contains(network, ip))
}

function contains(network: string, ip: string): boolean {
  if (!ipaddr.isValid(ip) || !ipaddr.isValidCIDR(network)) return false
  const address = ipaddr.process(ip)
  const [base, bits] = ipaddr.parseCIDR(network)
  return address.kind() === base.kind() && address.match(base, bits)
}
