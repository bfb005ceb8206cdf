import type { Rotation } from '../caller.ts'

const DAY_MS = 86_400_000

/** "Aim to rotate at least quarterly" (seed 003). */
export const ROTATE_AFTER_DAYS = 90

/** A key that ends says so two weeks before, or from the middle of its life when that is shorter. */
const WARN_DAYS = 14

interface Times {
  created_at: string
  expires_at: string | null
  rotated_to: string | null
}

/**
 * Whether it is time to rotate a key. Pure: what it needs stands in the row that every verification reads anyway.
 *
 * @example rotationOf({ created_at: '2026-01-01T…', expires_at: null, rotated_to: null }, now).due // in April: true
 */
export function rotationOf(key: Times, now: Date): Rotation {
  const made_ms = Date.parse(key.created_at)
  const age_days = Math.floor((now.getTime() - made_ms) / DAY_MS)
  const old_ms = made_ms + ROTATE_AFTER_DAYS * DAY_MS
  const ends_ms = key.expires_at === null ? Number.POSITIVE_INFINITY : Date.parse(key.expires_at)
  const by = new Date(Math.min(old_ms, ends_ms)).toISOString()
  if (key.rotated_to !== null && key.expires_at !== null) {
    return { due: true, reason: 'rotated', by: key.expires_at, age_days }
  }
  const warned_ms = ends_ms - Math.min(WARN_DAYS * DAY_MS, (ends_ms - made_ms) / 2)
  if (ends_ms < Number.POSITIVE_INFINITY && now.getTime() >= warned_ms) {
    return { due: true, reason: 'expiry', by: new Date(ends_ms).toISOString(), age_days }
  }
  const due = now.getTime() >= old_ms
  return { due, reason: due ? 'age' : null, by, age_days }
}

/**
 * What the header X-RoboTrace-Key-Rotation says to a program that never sees the portal; undefined while nothing is due.
 *
 * @example rotationHeader(rotation) // 'due; reason=age; age=94; by=2026-11-18T09:00:00.000Z'
 */
export function rotationHeader(rotation: Rotation | undefined): string | undefined {
  if (!rotation?.due) return undefined
  return `due; reason=${rotation.reason}; age=${rotation.age_days}; by=${rotation.by}`
}
