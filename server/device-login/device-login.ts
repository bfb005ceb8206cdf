import { createHash, randomBytes } from 'node:crypto'
import { recordEvent } from '../audit/audit.ts'
import type { AppContext } from '../context.ts'
import { isUniqueViolation } from '../db/errors.ts'
import { newId } from '../db/ids.ts'
import type { Database } from '../db/open.ts'
import type { DeviceLoginsTable } from '../db/schema.gen.ts'
import { AppError } from '../errors.ts'
import { networkOf } from '../http/client-address.ts'
import { publicKeyOf } from './sealed-key.ts'
import { LIFE_MS, makeUserCode, showUserCode, userCodeHmac } from './user-code.ts'

/** The one public client that is registered: our own CLI, and the stock RoboTrace client speaks as it. */
export const CLI_CLIENT = 'robotrace-cli'

/** Starts per network in an hour, and logins alive at the same moment. */
const STARTS_PER_HOUR = 20
const LIVE_PER_NETWORK = 5

export interface StartLogin {
  client_id: string
  scopes: string
  hostname: string | null
  sdk_version: string | null
  /** Seconds between polls: 2 in the RoboTrace dialect, 5 in OAuth's. */
  interval_s: number
  ip: string
  user_agent: string
  request_id: string
}

export interface StartedLogin {
  /** The terminal's secret: 43 characters, 256 bits. Known to nobody else from here on. */
  device_code: string
  /** XXXX-XXXX */
  user_code: string
  expires_in: number
  interval: number
}

/**
 * Begins a login (RFC 8628 section 3.1). Kept are hashes and the public half of the device_code's key pair.
 *
 * @throws AppError rate_limited when the network has started too many
 */
export async function startDeviceLogin(
  ctx: Pick<AppContext, 'db' | 'now' | 'signing'>,
  input: StartLogin,
): Promise<StartedLogin> {
  const now = ctx.now()
  const device_code = randomBytes(32).toString('base64url')
  const hpke_public_key = await publicKeyOf(device_code)
  const user_code = await insertLogin(
    ctx,
    { ...input, hpke_public_key, device_code_hash: hashDeviceCode(device_code) },
    now,
  )
  return {
    device_code,
    user_code: showUserCode(user_code),
    expires_in: LIFE_MS / 1000,
    interval: input.interval_s,
  }
}

export function hashDeviceCode(device_code: string): string {
  return createHash('sha256').update(device_code).digest('hex')
}

/** Draws a code that is not taken: two draws in a row that are taken are luck, four are a broken generator. */
const DRAWS = 4

async function insertLogin(
  ctx: Pick<AppContext, 'db' | 'signing'>,
  input: StartLogin & Pick<DeviceLoginsTable, 'hpke_public_key' | 'device_code_hash'>,
  now: Date,
): Promise<string> {
  const created_at = now.toISOString()
  const id = newId('dl')
  const { request_id, ...login } = input
  for (let draw = 0; draw < DRAWS; draw++) {
    const user_code = makeUserCode()
    const row = {
      ...login,
      id,
      network: networkOf(input.ip),
      user_agent: input.user_agent.slice(0, 300),
      user_code_hmac: userCodeHmac(ctx, user_code),
      status: 'pending' as const,
      poll_count: 0,
      created_at,
      expires_at: new Date(now.getTime() + LIFE_MS).toISOString(),
    }
    try {
      await ctx.db.transaction().execute(async (trx) => {
        await limitStarts(trx, row.network, now)
        await trx.insertInto('device_logins').values(row).execute()
        const { ip, user_agent } = input
        const actor = { kind: 'anonymous' as const, id: null, ip, user_agent, request_id }
        await recordEvent(trx, created_at, {
          action: 'device_login.started',
          actor,
          target: id,
          detail: { hostname: input.hostname, client_id: input.client_id },
        })
      })
      return user_code
    } catch (error) {
      if (!isUniqueViolation(error)) throw error
    }
  }
  throw new AppError('unavailable', 'No free confirmation code was found. Try again.', { retry_after: 5 })
}

/** Counted in the transaction of the insert, so that starts at the same moment count each other. */
async function limitStarts(trx: Database, network: string, now: Date): Promise<void> {
  const hourAgo = new Date(now.getTime() - 3_600_000).toISOString()
  const recent = await trx
    .selectFrom('device_logins')
    .select(['status', 'created_at', 'expires_at'])
    .where('network', '=', network)
    .where('created_at', '>', hourAgo)
    .orderBy('created_at')
    .execute()
  const live = recent.filter((row) => row.status === 'pending' && row.expires_at > now.toISOString())
  if (recent.length < STARTS_PER_HOUR && live.length < LIVE_PER_NETWORK) return
  const oldest = live.length >= LIVE_PER_NETWORK ? live[0]?.expires_at : recent[0]?.created_at
  const free = Date.parse(oldest ?? now.toISOString()) + (live.length >= LIVE_PER_NETWORK ? 0 : 3_600_000)
  const retry_after = Math.max(1, Math.ceil((free - now.getTime()) / 1000))
  throw new AppError(
    'rate_limited',
    `Too many logins were started from this network. Try again in ${retry_after} seconds.`,
    {
      retry_after,
    },
  )
}
