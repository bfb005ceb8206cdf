import type { Json } from '../api.ts'

/** How a tagged value is announced, and the units of its members. */
export interface TypedValue {
  label: string
  units: Record<string, string>
}

const KNOWN: Record<string, TypedValue> = {
  'robotrace.JointState': {
    label: 'Joint state',
    units: { positions: 'rad or m', velocities: 'rad/s or m/s', efforts: 'N·m or N' },
  },
  'robotrace.Pose3D': { label: 'Pose', units: { translation: 'm', rotation: 'x, y, z, w' } },
  'robotrace.Twist': { label: 'Twist', units: { linear: 'm/s', angular: 'rad/s' } },
  'robotrace.Imu': {
    label: 'IMU',
    units: { linear_acceleration: 'm/s²', angular_velocity: 'rad/s', orientation: 'x, y, z, w' },
  },
  'robotrace.Battery': { label: 'Battery', units: { percent: '%', voltage_v: 'V', current_a: 'A' } },
  'robotrace.EpisodeOutcome': { label: 'Outcome', units: { time_to_goal_s: 's' } },
}

/** What a value with a `__type` is; tags we do not know keep their own name. */
export function typedValue(value: Json): TypedValue | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  const tag = value.__type
  if (typeof tag !== 'string' || tag === '') return undefined
  return KNOWN[tag] ?? { label: tag, units: {} }
}

/** A short list of plain values is clearer on one line: `[0.12, -0.4, 1]`. */
export function inlineList(value: Json): string | undefined {
  if (!Array.isArray(value) || value.length > 12) return undefined
  if (
    value.some(
      (one) => (typeof one === 'object' && one !== null) || (typeof one === 'string' && one.length > 24),
    )
  )
    return undefined
  return `[${value.map((one) => (typeof one === 'string' ? one : JSON.stringify(one))).join(', ')}]`
}
