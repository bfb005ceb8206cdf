import { sql } from 'kysely'
import { recordEvent } from '../audit/audit.ts'
import type { AppContext } from '../context.ts'
import type { Database } from '../db/open.ts'

/** What one key was used for since the last flush. */
export interface KeyUse {
  id: string
  organization_id: string | null
  last_used_at: string
  use_count: number
  /** UTC day → uses. */
  days: Map<string, number>
  origins: Map<string, OriginUse>
}

/** One place and program; address and request are those of the first use from there. */
export interface OriginUse {
  network: string
  user_agent: string
  ip: string
  request_id: string
  first_used_at: string
  last_used_at: string
  use_count: number
}

/** Places kept of one key. */
const ORIGINS_KEPT = 50

/** Days kept of one key. */
const DAYS_KEPT = 90

/** New networks of one key that are told apart in one flush: whoever has a key must not flood the trail. */
const TOLD_APART = 10

/**
 * Adds up the uses of some keys in one transaction, new networks in the audit trail included. Times never move
 * backwards.
 */
export async function writeUses(ctx: Pick<AppContext, 'db'>, uses: readonly KeyUse[]): Promise<void> {
  if (uses.length === 0) return
  await ctx.db.transaction().execute(async (trx) => {
    for (const use of uses) {
      if (await addToKey(trx, use)) await addDetails(trx, use)
    }
  })
}

/** @returns whether there is such a key */
async function addToKey(trx: Database, use: KeyUse): Promise<boolean> {
  const row = await trx
    .updateTable('api_keys')
    .set((set) => ({
      use_count: set('use_count', '+', use.use_count),
      last_used_at: sql<string>`CASE WHEN last_used_at > ${use.last_used_at} THEN last_used_at ELSE ${use.last_used_at} END`,
    }))
    .where('id', '=', use.id)
    .returning('id')
    .executeTakeFirst()
  return row !== undefined
}

async function addDetails(trx: Database, use: KeyUse): Promise<void> {
  let begun = false
  for (const [day, uses] of use.days) if (await addToDay(trx, use.id, day, uses)) begun = true
  if (begun) await forgetOldDays(trx, use)
  const known = await trx
    .selectFrom('api_key_origins')
    .select(['network', 'user_agent'])
    .where('api_key_id', '=', use.id)
    .execute()
  const origins = [...use.origins.values()]
  await tellNewNetworks(trx, use, new Set(known.map(({ network }) => network)))
  for (const origin of origins) await addOrigin(trx, use.id, origin)
  if (known.length + origins.length > ORIGINS_KEPT) await forgetOldOrigins(trx, use)
}

/** @returns whether it is the first use of that day */
async function addToDay(trx: Database, api_key_id: string, day: string, uses: number): Promise<boolean> {
  const { use_count } = await trx
    .insertInto('api_key_days')
    .values({ api_key_id, day, use_count: uses })
    .onConflict((same) =>
      same.columns(['api_key_id', 'day']).doUpdateSet((set) => ({
        use_count: set('api_key_days.use_count', '+', uses),
      })),
    )
    .returning('use_count')
    .executeTakeFirstOrThrow()
  return use_count === uses
}

async function addOrigin(trx: Database, api_key_id: string, origin: OriginUse): Promise<void> {
  const { network, user_agent, first_used_at, last_used_at, use_count } = origin
  await trx
    .insertInto('api_key_origins')
    .values({ api_key_id, network, user_agent, first_used_at, last_used_at, use_count })
    .onConflict((same) =>
      same.columns(['api_key_id', 'network', 'user_agent']).doUpdateSet((set) => ({
        last_used_at,
        use_count: set('api_key_origins.use_count', '+', use_count),
      })),
    )
    .execute()
}

async function tellNewNetworks(trx: Database, use: KeyUse, known: ReadonlySet<string>): Promise<void> {
  const networks = new Set(known)
  const first = [...use.origins.values()].filter(
    ({ network }) => !networks.has(network) && networks.add(network),
  )
  for (const origin of first.slice(0, TOLD_APART)) {
    await recordEvent(trx, origin.first_used_at, {
      action: 'api_key.used_from_new_network',
      actor: {
        kind: 'api_key',
        id: use.id,
        credential_id: use.id,
        ip: origin.ip,
        user_agent: origin.user_agent,
        request_id: origin.request_id,
      },
      organization_id: use.organization_id,
      target: use.id,
      detail: { network: origin.network, networks_before: known.size, new_networks: first.length },
    })
  }
}

async function forgetOldDays(trx: Database, use: KeyUse): Promise<void> {
  const [today] = [...use.days.keys()].sort().reverse()
  const oldest = new Date(Date.parse(today ?? use.last_used_at) - DAYS_KEPT * 86_400_000)
  await trx
    .deleteFrom('api_key_days')
    .where('api_key_id', '=', use.id)
    .where('day', '<', oldest.toISOString().slice(0, 10))
    .execute()
}

async function forgetOldOrigins(trx: Database, use: KeyUse): Promise<void> {
  const kept = await trx
    .selectFrom('api_key_origins')
    .select(['network', 'user_agent'])
    .where('api_key_id', '=', use.id)
    .orderBy('last_used_at', 'desc')
    .execute()
  for (const { network, user_agent } of kept.slice(ORIGINS_KEPT)) {
    await trx
      .deleteFrom('api_key_origins')
      .where('api_key_id', '=', use.id)
      .where('network', '=', network)
      .where('user_agent', '=', user_agent)
      .execute()
  }
}
