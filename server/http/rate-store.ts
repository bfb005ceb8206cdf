/** How a bucket stands after a request has, or has not, been let through. */
export interface RateReading {
  allowed: boolean
  /** How many more would be let through right now. */
  remaining: number
  /** Milliseconds until one more than `remaining` is let through; 0 when the bucket is full. */
  next_ms: number
  /** Milliseconds until the bucket is full again. */
  full_ms: number
}

/**
 * Counts requests. In memory now, so for one process; a store that several processes share answers with a promise.
 */
export interface RateStore {
  /**
   * Takes from a bucket of `limit` requests that fills up at `limit` a minute.
   *
   * @param cost 1 for a request, 0 to look only
   */
  take(bucket: string, limit: number, cost: number): RateReading | Promise<RateReading>
}

/** What a bucket of any size takes to fill up again. */
export const WINDOW_MS = 60_000

/** An attacker has as many addresses as they like; beyond this many, the buckets used least lately are forgotten. */
const MAX_BUCKETS = 100_000

interface Options {
  now: () => Date
  max_buckets?: number
}

/** @example const store = createMemoryStore({ now }); store.take('key:8a4f01c2b3', 60, 1).remaining // 59 */
export function createMemoryStore({ now, max_buckets = MAX_BUCKETS }: Options): MemoryStore {
  const debts = createRecentNumbers(max_buckets)
  // Counted from here, milliseconds since 1970 leave a double too few digits for the largest limits.
  const epoch = now().getTime()
  return {
    get size() {
      return debts.size
    },
    take(bucket, limit, cost) {
      const at = now().getTime() - epoch
      const known = debts.get(bucket)
      // A bucket owes one window at most, even when the clock was set back.
      const paid_at = known === undefined ? at : Math.min(Math.max(known, at), at + WINDOW_MS)
      const each_ms = WINDOW_MS / limit
      // Sums of fractions are never exact: a microsecond decides nothing.
      const room_ms = WINDOW_MS + Math.min(each_ms / 1000, 0.001)
      const allowed = paid_at + cost * each_ms - at <= room_ms
      const debt_ms = paid_at - at + (allowed ? cost * each_ms : 0)
      if (cost === 1) debts.set(bucket, at + debt_ms)
      const remaining = Math.max(0, Math.floor((room_ms - debt_ms) / each_ms))
      const next_ms = remaining >= limit ? 0 : debt_ms - (WINDOW_MS - (remaining + 1) * each_ms)
      return { allowed, remaining, next_ms: Math.max(0, next_ms), full_ms: debt_ms }
    },
  }
}

/** A store whose answers need not be waited for. */
export interface MemoryStore extends RateStore {
  take(bucket: string, limit: number, cost: number): RateReading
  /** How many buckets are remembered. */
  readonly size: number
}

/**
 * A map that forgets what was not used lately: when the young half is full it becomes the old one, and what is in
 * the old one by then is gone. Unlike moving each entry to the end of one map, using an entry again costs nothing.
 */
function createRecentNumbers(max: number) {
  let young = new Map<string, number>()
  let old = new Map<string, number>()
  return {
    get size() {
      return young.size + old.size
    },
    get: (name: string): number | undefined => young.get(name) ?? old.get(name),
    set(name: string, value: number): void {
      if (young.size >= max / 2 && !young.has(name)) {
        old = young
        young = new Map()
      }
      young.set(name, value)
    },
  }
}
