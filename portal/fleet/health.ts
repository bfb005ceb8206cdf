import type { DeviceMetrics, HealthSample } from '../../sdk/wire.ts'

/** What a device says of itself, as lines over a day. */
export type Metric = 'cpu_usage' | 'memory_usage' | 'disk_usage' | 'backlog_bytes' | 'clock_offset_ms'

export const DAY_MS = 86_400_000
/** Samples lie five minutes apart, at any moment within theirs: two of them in a row are never further apart. */
const SILENT_MS = 10 * 60_000
/** A clock that is further off than this makes the times of episodes and logs wrong. */
export const CLOCK_LIMIT_MS = 1_000

/** From here on a disk is nearly full. */
export const FULL_PERCENT = 90

export interface Point {
  /** 0: a day ago, 1: now. */
  x: number
  /** 0: the bottom of the scale, 1: its top. */
  y: number
}

export interface Scale {
  low: number
  high: number
}

/** A day of one metric, ready to be drawn. */
export interface Line {
  /** Unbroken stretches; between them the device was silent, or did not say this. */
  runs: Point[][]
  scale: Scale
  /** The lowest and the highest value; null: nothing was said. */
  range: { least: number; most: number } | null
}

/**
 * The line of one metric over the 24 hours before `now`.
 *
 * @param samples oldest first
 */
export function lineOf(samples: readonly HealthSample[], metric: Metric, now: number): Line {
  const known = samples.flatMap((sample) => {
    const value = sample[metric]
    const at = Date.parse(sample.at)
    return value === null || at < now - DAY_MS ? [] : [{ at, value }]
  })
  const values = known.map(({ value }) => value)
  const range = known.length === 0 ? null : { least: Math.min(...values), most: Math.max(...values) }
  const scale = scaleOf(metric, range)
  const runs: Point[][] = []
  let before = Number.NEGATIVE_INFINITY
  for (const { at, value } of known) {
    const point = {
      x: (at - (now - DAY_MS)) / DAY_MS,
      y: clamp((value - scale.low) / (scale.high - scale.low)),
    }
    if (at - before > SILENT_MS) runs.push([point])
    else runs.at(-1)?.push(point)
    before = at
  }
  return { runs, scale, range }
}

/** Percents fill the whole height; a clock's zero lies in the middle, and small offsets stay small. */
function scaleOf(metric: Metric, range: Line['range']): Scale {
  if (metric === 'clock_offset_ms') {
    const far = Math.max(1.25 * CLOCK_LIMIT_MS, Math.abs(range?.least ?? 0), Math.abs(range?.most ?? 0))
    return { low: -far, high: far }
  }
  if (metric === 'backlog_bytes') return { low: 0, high: Math.max(1, (range?.most ?? 0) * 1.1) }
  return { low: 0, high: 100 }
}

function clamp(share: number): number {
  return Math.min(1, Math.max(0, share))
}

/** A stretch without a heartbeat, milliseconds since 1970. */
export interface Silence {
  from: number
  to: number
}

/** When the device said nothing within the last 24 hours, from its first known heartbeat on. */
export function silencesOf(samples: readonly HealthSample[], now: number): Silence[] {
  const times = samples.map(({ at }) => Date.parse(at)).filter((at) => at >= now - DAY_MS)
  return times.flatMap((at, index) => {
    const next = times[index + 1] ?? now
    return next - at > SILENT_MS ? [{ from: at, to: next }] : []
  })
}

/** The sample nearest to a time, if one is within five minutes of it. */
export function sampleAt(samples: readonly HealthSample[], at: number): HealthSample | undefined {
  let best: HealthSample | undefined
  let distance = SILENT_MS / 2
  for (const sample of samples) {
    const away = Math.abs(Date.parse(sample.at) - at)
    if (away > distance) continue
    best = sample
    distance = away
  }
  return best
}

/** Whether a device's clock is too far off, either way. */
export function isClockOff({ clock_offset_ms }: DeviceMetrics): boolean {
  return clock_offset_ms !== null && Math.abs(clock_offset_ms) > CLOCK_LIMIT_MS
}
