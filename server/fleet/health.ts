import type { DeviceHealth } from '../../sdk/wire.ts'
import type { Caller } from '../caller.ts'
import type { AppContext } from '../context.ts'
import { type DeviceAddress, findDevice } from './devices.ts'

/** A day is kept in steps of so long; */
const STEP_MS = 300_000

/** after so many of them the ring writes over itself. */
const SLOTS = 288

/** Where in the ring a moment is written down. @example healthSlot(new Date(0)) // 0 */
export function healthSlot(at: Date): number {
  return Math.floor(at.getTime() / STEP_MS) % SLOTS
}

/**
 * The last 24 hours of a device in steps of five minutes, oldest first. What the ring still holds of an older day is
 * left out.
 *
 * @throws AppError not_found, insufficient_scope, forbidden
 */
export async function readHealth(
  ctx: Pick<AppContext, 'db' | 'now'>,
  caller: Caller,
  input: DeviceAddress,
): Promise<DeviceHealth> {
  const { device_id } = await findDevice(ctx, caller, input, 'fleet:read')
  const since = new Date(ctx.now().getTime() - SLOTS * STEP_MS).toISOString()
  const items = await ctx.db
    .selectFrom('device_health')
    .select(['at', 'cpu_usage', 'memory_usage', 'disk_usage', 'clock_offset_ms'])
    .select(['backlog_episodes', 'backlog_bytes'])
    .where('device_id', '=', device_id)
    .where('at', '>', since)
    .orderBy('at')
    .execute()
  return { items }
}
