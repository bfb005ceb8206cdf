import { GRAVITY, type Point } from './arm.ts'

/** The cube in the arm's plane: its centre, metres, and how far it has rolled, radians clockwise. */
export interface CubePose extends Point {
  roll: number
}

/** Edge length, metres. */
export const CUBE_M = 0.05

/** Mass, kilograms. */
export const CUBE_KG = 0.14

/** A cube let go: where, how fast, onto which height it falls, and how far it rolls before it lies still. */
export interface Fall {
  from: Point
  velocity: Point
  floor_m: number
  roll: number
}

/**
 * Where a falling cube is some seconds after it was let go. It bounces with a third of its speed until it
 * lies; a rolling cube is lifted so that no corner sinks into the floor.
 *
 * @example fallen({ from: { x: 0, y: 1 }, velocity: { x: 0, y: 0 }, floor_m: 0, roll: 0 }, 9).y // 0.025
 */
export function fallen(fall: Fall, after_s: number): CubePose {
  const impact_s = impactAfter(fall)
  const { height, settled_s } = bounce(fall, after_s)
  const slide_s =
    after_s <= impact_s ? after_s : impact_s + SLIDE_S * (1 - Math.exp((impact_s - after_s) / SLIDE_S))
  const roll = fall.roll * Math.min(1, after_s / settled_s)
  const standing = (CUBE_M / 2) * (Math.abs(Math.cos(roll)) + Math.abs(Math.sin(roll)))
  return {
    x: fall.from.x + fall.velocity.x * slide_s,
    y: Math.max(fall.floor_m + CUBE_M / 2 + height, fall.floor_m + standing),
    roll,
  }
}

/** Seconds from letting go to the first touch of the floor. */
export function impactAfter(fall: Fall): number {
  const drop = Math.max(0, fall.from.y - fall.floor_m - CUBE_M / 2)
  const up = fall.velocity.y
  return (up + Math.sqrt(up * up + 2 * GRAVITY * drop)) / GRAVITY
}

/** Share of the speed that a bounce gives back. */
const BOUNCE = 0.34
/** How long a sliding cube takes to lose most of its speed. */
const SLIDE_S = 0.11
/** Slower bounces than this, m/s, are not worth drawing. */
const STILL = 0.08

function bounce(fall: Fall, after_s: number): { height: number; settled_s: number } {
  let rise = fall.velocity.y
  let height = fall.from.y - fall.floor_m - CUBE_M / 2
  let begin_s = 0
  let flight_s = impactAfter(fall)
  let found: number | undefined
  while (true) {
    const t = after_s - begin_s
    if (found === undefined && t < flight_s) found = height + rise * t - (GRAVITY * t * t) / 2
    begin_s += flight_s
    rise = (GRAVITY * flight_s - rise) * BOUNCE
    if (rise < STILL) return { height: found ?? 0, settled_s: begin_s }
    height = 0
    flight_s = (2 * rise) / GRAVITY
  }
}
