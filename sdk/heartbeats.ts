import { APIError } from './errors.ts'
import type { Heartbeat, HeartbeatAnswer } from './wire.ts'

/** How to go on saying that a device is there. */
export interface HeartbeatOptions {
  /** Seconds between two. Default: what the server asks for, which is 30. */
  every_s?: number
  /** What to say each time. */
  metrics?: () => Heartbeat | Promise<Heartbeat>
  /** Told of a beat that did not arrive, and of metrics that could not be taken; the beats go on. */
  on_trouble?: (error: unknown) => void
}

/** Heartbeats under way. Disposing ends them: `using beats = client.startHeartbeats()`. */
export interface Heartbeats extends Disposable {
  /** Ends them; what is on its way still arrives. */
  stop(): void
}

const DEFAULT_S = 30
const LEAST_S = 1
const LONGEST_S = 600

/**
 * Beats now and then again and again. Nothing it meets is thrown into the program around it; on Node and Bun it does
 * not keep the program running either.
 *
 * @example using beats = startHeartbeats((metrics) => client.heartbeat(metrics), { every_s: 30 })
 */
export function startHeartbeats(
  beat: (metrics: Heartbeat) => Promise<HeartbeatAnswer>,
  { every_s, metrics, on_trouble }: HeartbeatOptions,
): Heartbeats {
  let timer: ReturnType<typeof setTimeout> | undefined
  let stopped = false
  let refusals = 0

  const tell = (error: unknown): void => {
    try {
      on_trouble?.(error)
    } catch {
      // Whoever listens must not end the beats either.
    }
  }

  const measured = async (): Promise<Heartbeat> => {
    try {
      return (await metrics?.()) ?? {}
    } catch (error) {
      tell(error)
      return {}
    }
  }

  const once = async (): Promise<number> => {
    try {
      const { next_in_s } = await beat(await measured())
      refusals = 0
      return every_s ?? next_in_s
    } catch (error) {
      tell(error)
      // A network that is gone comes back; a key that was revoked does not, and asks ever more rarely.
      refusals = error instanceof APIError && error.status < 500 ? refusals + 1 : 0
      return (every_s ?? DEFAULT_S) * 2 ** Math.min(refusals, 10)
    }
  }

  const run = async (): Promise<void> => {
    const wait_s = await once()
    if (stopped) return
    timer = setTimeout(run, jittered(wait_s) * 1000)
    letGo(timer)
  }

  const stop = (): void => {
    stopped = true
    clearTimeout(timer)
  }
  void run()
  return { stop, [Symbol.dispose]: stop }
}

/** Where timers are objects that can be let go (Node, Bun), a program that has nothing else to do ends. */
function letGo(timer: unknown): void {
  if (typeof timer !== 'object' || timer === null || !('unref' in timer)) return
  if (typeof timer.unref === 'function') timer.unref()
}

/** A tenth earlier or later: a thousand robots that were switched on together must not go on asking together. */
function jittered(wait_s: number): number {
  const sane = Number.isFinite(wait_s) ? Math.min(Math.max(wait_s, LEAST_S), LONGEST_S) : DEFAULT_S
  return sane * (0.9 + Math.random() * 0.2)
}
