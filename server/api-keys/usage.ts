import { breathe } from '../breathe.ts'
import type { Caller } from '../caller.ts'
import type { AppContext } from '../context.ts'
import { networkOf } from '../http/client-address.ts'
import { writeLateUse } from './late-use.ts'
import { type KeyUse, type OriginUse, writeUses } from './usage-rows.ts'
import type { LateUse } from './verify.ts'

const FLUSH_EVERY_MS = 5_000

/** Keys that are remembered between two flushes; with a database that is away for long, the others are not counted. */
const MAX_KEYS = 100_000

/** Places remembered for one key between two flushes, as many as are kept of it at all. */
const MAX_ORIGINS = 50

const MAX_USER_AGENT = 300

/** So many keys share a transaction: enough to spread its cost, few enough not to hold up the requests. */
const KEYS_A_TRANSACTION = 32

/** A key used after its rotation is told once an hour for each network; so many of those are remembered. */
const LATE_EVERY_MS = 3_600_000
const MAX_LATE = 10_000

const MAX_ADDRESSES = 10_000

type Ctx = Pick<AppContext, 'db' | 'now' | 'background'>

/** Remembers in memory what keys were used for, and writes it down behind the requests' backs. */
export interface KeyUsage {
  /** Costs a request no write, no read and no waiting. */
  note(caller: Caller): void
  /** A key that another one has replaced was presented after its time. */
  noteLate(use: LateUse): void
}

/**
 * Time, count, day and place of every use, put together in memory and written every five seconds and when the server
 * stops. What cannot be written now is kept and tried again; a request never hears of it.
 *
 * @example const usage = createKeyUsage(ctx); usage.note(caller)
 */
export function createKeyUsage(ctx: Ctx): KeyUsage {
  let pending = new Map<string, KeyUse>()
  const late = new Map<string, number>()
  const network = rememberNetworks()

  let writing: Promise<void> = Promise.resolve()

  /** One after the other: what the one before could not write, the last one before the end has to find. */
  function flush(): Promise<void> {
    writing = writing.catch(() => {}).then(write)
    return writing
  }

  async function write(): Promise<void> {
    const batch = pending
    pending = new Map()
    const ids = [...batch.keys()]
    for (let from = 0; from < ids.length; from += KEYS_A_TRANSACTION) {
      const some = ids.slice(from, from + KEYS_A_TRANSACTION).flatMap((id) => batch.get(id) ?? [])
      try {
        await writeUses(ctx, some)
      } catch (error) {
        for (const id of ids.slice(from)) keep(pending, batch.get(id))
        throw error
      }
      await breathe()
    }
  }
  ctx.background.every('key usage', FLUSH_EVERY_MS, flush, 'run')

  return {
    note(caller) {
      const { id, kind } = caller.credential
      if (kind !== 'api_key') return
      const at = ctx.now().toISOString()
      const known = pending.get(id)
      if (!known && pending.size >= MAX_KEYS) return
      const use = known ?? newUse(caller, at)
      if (!known) pending.set(id, use)
      use.last_used_at = at
      use.use_count++
      count(use.days, at.slice(0, 10), 1)
      noteOrigin(use, caller, { at, network: network(caller.ip) })
    },
    noteLate(use) {
      const now = ctx.now().getTime()
      const name = `${use.id} ${network(use.from.ip)}`
      if (now - (late.get(name) ?? Number.NEGATIVE_INFINITY) < LATE_EVERY_MS) return
      late.delete(name)
      if (late.size >= MAX_LATE) forgetOldest(late)
      late.set(name, now)
      ctx.background.add('key used after rotation', () => writeLateUse(ctx, use))
    },
  }
}

function newUse(caller: Caller, at: string): KeyUse {
  const organization_id = caller.kind === 'organization' ? caller.organization_id : null
  const { id } = caller.credential
  return { id, organization_id, last_used_at: at, use_count: 0, days: new Map(), origins: new Map() }
}

function noteOrigin(use: KeyUse, caller: Caller, { at, network }: { at: string; network: string }): void {
  const user_agent = caller.user_agent.slice(0, MAX_USER_AGENT)
  const name = `${network} ${user_agent}`
  const known = use.origins.get(name)
  if (known) {
    known.last_used_at = at
    known.use_count++
    return
  }
  if (use.origins.size >= MAX_ORIGINS) forgetOldest(use.origins)
  const { ip, request_id } = caller
  use.origins.set(name, {
    network,
    user_agent,
    ip,
    request_id,
    first_used_at: at,
    last_used_at: at,
    use_count: 1,
  })
}

/** Puts back what was not written, together with what has come since. */
function keep(pending: Map<string, KeyUse>, before: KeyUse | undefined): void {
  if (!before) return
  const since = pending.get(before.id)
  if (!since) {
    if (pending.size < MAX_KEYS) pending.set(before.id, before)
    return
  }
  since.use_count += before.use_count
  for (const [day, uses] of before.days) count(since.days, day, uses)
  for (const [name, origin] of before.origins) keepOrigin(since.origins, name, origin)
}

function keepOrigin(origins: Map<string, OriginUse>, name: string, before: OriginUse): void {
  const since = origins.get(name)
  if (since) {
    since.use_count += before.use_count
    since.first_used_at = before.first_used_at
    since.ip = before.ip
    since.request_id = before.request_id
  } else if (origins.size < MAX_ORIGINS) origins.set(name, before)
}

function count(counts: Map<string, number>, name: string, more: number): void {
  counts.set(name, (counts.get(name) ?? 0) + more)
}

function forgetOldest<Value>(map: Map<string, Value>): void {
  const [oldest] = map.keys()
  if (oldest !== undefined) map.delete(oldest)
}

/** Rigs come from the same few addresses again and again: reading one costs more than finding it. */
function rememberNetworks(): (ip: string) => string {
  const known = new Map<string, string>()
  return (ip) => {
    const ready = known.get(ip)
    if (ready !== undefined) return ready
    if (known.size >= MAX_ADDRESSES) forgetOldest(known)
    const network = networkOf(ip)
    known.set(ip, network)
    return network
  }
}
