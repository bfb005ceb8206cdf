import type { Pose } from './arm.ts'

/** One stretch of a movement: from wherever the one before ended to a pose, at rest at both ends. */
export interface Leg {
  /** What the arm is doing, for the caption. */
  phase: string
  until_s: number
  to: Pose
}

/** One movement of the fingers; between two of them the width stays. */
export interface FingerMove {
  from_s: number
  until_s: number
  width_m: number
}

/**
 * Share of the way covered after a share of the time, with the least possible jerk:
 * 10u³ - 15u⁴ + 6u⁵, at rest and without acceleration at both ends. Clamped outside 0 to 1.
 *
 * @example minimumJerk(0.5) // 0.5
 */
export function minimumJerk(u: number): number {
  if (u <= 0) return 0
  if (u >= 1) return 1
  return u * u * u * (10 + u * (6 * u - 15))
}

/**
 * The pose at a time along straight legs; before the first it is `start`, after the last it stays.
 *
 * @example poseAt(home, [{ phase: 'rest', until_s: 1, to: home }], 0.5) // home
 */
export function poseAt(start: Pose, legs: readonly Leg[], time_s: number): Pose {
  let from = start
  let begin_s = 0
  for (const leg of legs) {
    if (time_s < leg.until_s) return between(from, leg.to, (time_s - begin_s) / (leg.until_s - begin_s))
    from = leg.to
    begin_s = leg.until_s
  }
  return from
}

/** What the arm is doing at a time; the last leg's phase after its end. */
export function phaseAt(legs: readonly Leg[], time_s: number): string {
  return (legs.find((leg) => time_s < leg.until_s) ?? legs.at(-1))?.phase ?? ''
}

/** The commanded finger width at a time, metres. */
export function widthAt(open_m: number, moves: readonly FingerMove[], time_s: number): number {
  let width = open_m
  for (const move of moves) {
    const share = minimumJerk((time_s - move.from_s) / (move.until_s - move.from_s))
    width += (move.width_m - width) * share
  }
  return width
}

/**
 * The time along a movement that is brought to a halt: it runs as the clock until `brake_s`, then slows
 * down evenly and stands after `over_s` more seconds.
 */
export function braked(time_s: number, brake_s: number, over_s: number): number {
  if (time_s <= brake_s) return time_s
  const u = Math.min(1, (time_s - brake_s) / over_s)
  return brake_s + over_s * (u - u ** 3 + u ** 4 / 2)
}

function between(from: Pose, to: Pose, share: number): Pose {
  const s = minimumJerk(share)
  return {
    x: from.x + (to.x - from.x) * s,
    y: from.y + (to.y - from.y) * s,
    pitch: from.pitch + (to.pitch - from.pitch) * s,
  }
}
