import { insertApiKey } from '../api-keys/api-keys.ts'
import { recordEvent } from '../audit/audit.ts'
import type { AppContext } from '../context.ts'
import type { Database } from '../db/open.ts'
import type { DeviceLoginsTable } from '../db/schema.gen.ts'
import { networkOf } from '../http/client-address.ts'
import { notify } from '../notices/notices.ts'
import { mayMint } from '../organizations/entitlements.ts'
import { hashDeviceCode } from './device-login.ts'
import { grantedScopes } from './login-view.ts'
import { letsIn, loginKeyDays, readLoginPolicy } from './policy.ts'
import { type Handoff, openSealed } from './sealed-key.ts'

/** What a poll comes to; both dialects are made of it. */
export type PollOutcome =
  | { state: 'unknown' }
  | { state: 'denied' }
  | { state: 'consumed' }
  | { state: 'expired'; long_ago: boolean }
  | { state: 'pending' | 'too_fast'; interval_s: number }
  | { state: 'approved'; grant: Grant }

/** What the terminal gets, once. */
export interface Grant {
  api_key: string
  scopes: string
  user_email: string
  organization: { id: string; slug: string; name: string }
}

export interface Poll {
  device_code: string
  /** The OAuth client that polls: a code issued to another one is unknown to it. */
  client_id: string
  ip: string
  user_agent: string
  request_id: string
}

type Login = DeviceLoginsTable
type Ctx = Pick<AppContext, 'db' | 'now'>

/** After that, an expired code is as unknown as one that never was. */
const REMEMBERED_MS = 3_600_000
/** Polling too fast makes the interval longer for good (RFC 8628 section 3.5), up to a minute. */
const SLOWER_BY_S = 5
const SLOWEST_S = 60

/**
 * One poll of a terminal: every change of state is one conditional UPDATE, so of any number of polls at the same
 * moment exactly one gets the key.
 */
export async function pollDeviceLogin(ctx: Ctx, poll: Poll): Promise<PollOutcome> {
  const login = await ctx.db
    .selectFrom('device_logins')
    .selectAll()
    .where('device_code_hash', '=', hashDeviceCode(poll.device_code))
    .executeTakeFirst()
  if (!login || login.client_id !== poll.client_id) return { state: 'unknown' }
  if (login.status === 'consumed') {
    await noteReplay(ctx, login, poll)
    return { state: 'consumed' }
  }
  if (login.status === 'denied') return { state: 'denied' }
  const late_ms = ctx.now().getTime() - Date.parse(login.expires_at)
  if (late_ms >= 0) return { state: 'expired', long_ago: late_ms >= REMEMBERED_MS }
  return login.status === 'approved' ? redeem(ctx, login, poll) : pace(ctx, login)
}

/**
 * Up to 20 % or one second early is drift (clocks under WSL run 5 to 30 % off), not haste. `poll_count` is what
 * two polls at the same moment compete for: one passes, the other one was too fast.
 */
async function pace(ctx: Ctx, login: Login): Promise<PollOutcome> {
  const now = ctx.now()
  const waited_s =
    login.last_polled_at === null ? Infinity : (now.getTime() - Date.parse(login.last_polled_at)) / 1000
  const drift_s = Math.max(1, login.interval_s * 0.2)
  const hasty = waited_s < login.interval_s - drift_s
  const slower = Math.min(SLOWEST_S, login.interval_s + SLOWER_BY_S)
  const passed = await ctx.db
    .updateTable('device_logins')
    .set({
      last_polled_at: now.toISOString(),
      poll_count: login.poll_count + 1,
      interval_s: hasty ? slower : login.interval_s,
    })
    .where('id', '=', login.id)
    .where('status', '=', 'pending')
    .where('poll_count', '=', login.poll_count)
    .returning('interval_s')
    .executeTakeFirst()
  if (passed && !hasty) return { state: 'pending', interval_s: login.interval_s }
  if (!passed) await slowDown(ctx, login.id, slower)
  return { state: 'too_fast', interval_s: slower }
}

/** A poll that lost to another one at the same moment: what it is told to wait holds from now on. */
async function slowDown(ctx: Ctx, id: string, interval_s: number): Promise<void> {
  await ctx.db
    .updateTable('device_logins')
    .set({ interval_s })
    .where('id', '=', id)
    .where('status', '=', 'pending')
    .where('interval_s', '<', interval_s)
    .execute()
}

async function redeem(ctx: Ctx, login: Login, poll: Poll): Promise<PollOutcome> {
  const { sealed_key, sealed_secret } = login
  if (sealed_key === null || sealed_secret === null) return { state: 'consumed' }
  // Opened before the transaction: nothing but SQL is awaited inside one.
  const handoff = await openSealed(poll.device_code, login.id, { sealed_key, sealed_secret })
  const at = ctx.now().toISOString()
  return ctx.db.transaction().execute((trx) => consume(trx, { login, handoff, poll, at }))
}

async function consume(
  trx: Database,
  { login, handoff, poll, at }: { login: Login; handoff: Handoff; poll: Poll; at: string },
): Promise<PollOutcome> {
  const { organization_id, claimed_by, api_key_id, api_key_hash } = login
  if (!organization_id || !claimed_by || !api_key_id || !api_key_hash) return { state: 'denied' }
  const policy = await readLoginPolicy(trx, organization_id)
  const minter = letsIn(policy, login.ip) ? await mayMint(trx, claimed_by, organization_id) : undefined
  const scopes = minter ? grantedScopes(login, minter.role) : ''
  const approver = scopes === '' ? undefined : minter
  const { ip, user_agent, request_id } = poll
  const actor = { kind: 'person' as const, id: claimed_by, ip, user_agent, request_id }
  const claimed = await trx
    .updateTable('device_logins')
    .set({
      ...(approver ? { status: 'consumed', consumed_at: at, consumed_ip: poll.ip } : NOT_ENTITLED),
      ...UNSEALED,
    })
    .where('id', '=', login.id)
    .where('status', '=', 'approved')
    .where('expires_at', '>', at)
    .returning('id')
    .executeTakeFirst()
  if (!claimed) return { state: 'consumed' }
  const event = { actor, organization_id, target: login.id }
  if (!approver) {
    await recordEvent(trx, at, { ...event, action: 'device_login.withdrawn' })
    return { state: 'denied' }
  }
  await insertApiKey(trx, {
    id: api_key_id,
    secret_hash: api_key_hash,
    prefix: 'rt',
    organization_id,
    account_id: claimed_by,
    use_count: 0,
    label: `robotrace-cli (${handoff.user_code})`,
    scopes,
    hostname: login.hostname,
    sdk_version: login.sdk_version,
    created_by: claimed_by,
    created_at: at,
    expires_at: keyEnd(await loginKeyDays(trx, organization_id, policy), at),
  })
  await recordEvent(trx, at, { ...event, action: 'device_login.consumed', detail: { api_key_id } })
  const { email, organization } = approver
  return {
    state: 'approved',
    grant: { api_key: handoff.api_key, scopes, user_email: email, organization },
  }
}

function keyEnd(key_days: number | null, at: string): string | null {
  return key_days === null ? null : new Date(Date.parse(at) + key_days * DAY_MS).toISOString()
}

const DAY_MS = 86_400_000

const NOT_ENTITLED = { status: 'denied', denied_because: 'not_entitled' } as const
const UNSEALED = { sealed_key: null, sealed_secret: null }

/**
 * A code that is presented again after it was used was copied by somebody. The trail keeps the first time, and the
 * first time from elsewhere, of which its owner hears: whoever has the code cannot fill the table with the rest.
 */
async function noteReplay(ctx: Ctx, login: Login, poll: Poll): Promise<void> {
  const elsewhere = networkOf(poll.ip) !== networkOf(login.consumed_ip ?? login.ip)
  if (elsewhere ? login.replayed_at !== null : await isReplayKnown(ctx.db, login.id)) return
  const at = ctx.now().toISOString()
  await ctx.db.transaction().execute(async (trx) => {
    if (elsewhere && !(await markReplayed(trx, login.id, at))) return
    await recordEvent(trx, at, {
      action: 'device_login.replayed',
      actor: {
        kind: 'anonymous',
        id: null,
        ip: poll.ip,
        user_agent: poll.user_agent,
        request_id: poll.request_id,
      },
      organization_id: login.organization_id,
      target: login.id,
    })
    if (!elsewhere || !login.claimed_by) return
    const detail = { ip: poll.ip, hostname: login.hostname, api_key_id: login.api_key_id }
    await notify(trx, at, { account_id: login.claimed_by, kind: 'device_login_replayed', detail })
  })
}

async function isReplayKnown(db: Database, login_id: string): Promise<boolean> {
  const row = await db
    .selectFrom('audit_events')
    .select('id')
    .where('target', '=', login_id)
    .where('action', '=', 'device_login.replayed')
    .executeTakeFirst()
  return row !== undefined
}

async function markReplayed(trx: Database, login_id: string, at: string): Promise<boolean> {
  const row = await trx
    .updateTable('device_logins')
    .set({ replayed_at: at })
    .where('id', '=', login_id)
    .where('replayed_at', 'is', null)
    .returning('id')
    .executeTakeFirst()
  return row !== undefined
}
