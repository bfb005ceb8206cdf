import { forward, inverse, type Joints, type Pose, type Posture } from './arm.ts'
import { CUBE_M, type CubePose, type Fall, fallen, impactAfter } from './cube.ts'
import { braked, type FingerMove, type Leg, minimumJerk, phaseAt, poseAt, widthAt } from './motion.ts'
import { createRandom } from './random.ts'

/** What makes one run differ from another. */
export interface RunPlan {
  seed: number
  duration_s: number
  /** A grip that loosens from `begins_s` on and lets the cube go at `lost_s`. */
  slip?: { begins_s: number; lost_s: number }
}

/** A simulated run: every quantity is a function of seconds since the start, so any rate can sample it. */
export interface Run {
  plan: RunPlan
  command: (time_s: number) => Joints
  joints: (time_s: number) => Joints
  posture: (time_s: number) => Posture
  commandedWidth: (time_s: number) => number
  width: (time_s: number) => number
  cube: (time_s: number) => CubePose
  phase: (time_s: number) => string
  /** The fingers hold the cube from `held_s` until `freed_s`; it touches the ground at `landed_s`. */
  held_s: number
  freed_s: number
  landed_s: number
}

/** The bin in which the cube belongs: its middle, inner width, height and the thickness of its floor, metres. */
export const BIN = { x: 0.62, width: 0.15, height: 0.085, floor: 0.012 } as const

/** How far the joints and fingers run behind their commands, seconds. */
const LAG_S = 0.04
const DOWN = -Math.PI / 2
const HOME: Pose = { x: 0.24, y: 0.36, pitch: -1.2 }
const OPEN_M = 0.09
/** Less than the cube is wide, so that the fingers press on it. */
const SQUEEZE_M = 0.042

/** The recorded success: the cube goes from the table into the bin. */
export const PICK_AND_PLACE: RunPlan = { seed: 20417, duration_s: 8 }

/** The recorded failure: the grip loosens on the way and the cube falls at 4.1 s. */
export const DROPPED_CUBE: RunPlan = { seed: 20431, duration_s: 6, slip: { begins_s: 3.75, lost_s: 4.1 } }

/**
 * Works out a whole run from its plan. The seed also moves the cube up to 12 mm from its usual place.
 *
 * @example createRun(PICK_AND_PLACE).posture(2.5).tip
 */
export function createRun(plan: RunPlan): Run {
  const cube_x = 0.34 + (createRandom(plan.seed).uniform() - 0.5) * 0.024
  const legs = planLegs(cube_x)
  const fingers = planFingers(plan)
  // After a drop the controller notices the missing load and brings the arm to a halt.
  const clock = (t: number) => (plan.slip ? braked(t, plan.slip.lost_s + 0.12, 0.4) : t)
  const command = (t: number) => inverse(poseAt(HOME, legs, clock(t)))
  const joints = (t: number) => command(t - LAG_S)
  const posture = (t: number) => forward(joints(t))
  const commandedWidth = (t: number) => widthAt(OPEN_M, fingers, t)
  const closing = (t: number) => commandedWidth(t - LAG_S)
  const held_s = firstTime((t) => closing(t) < CUBE_M, plan.duration_s)
  const freed_s =
    plan.slip?.lost_s ?? firstTime((t) => t > held_s + 0.5 && closing(t) > CUBE_M, plan.duration_s)
  const width = (t: number) =>
    t < freed_s ? Math.max(CUBE_M, closing(t)) : afterRelease(closing, freed_s, t)
  const fall = planFall(plan, posture, freed_s)
  const cube = (t: number): CubePose => {
    if (t < held_s) return { x: cube_x, y: CUBE_M / 2, roll: 0 }
    return t < freed_s ? heldCube(plan, posture(t), t) : fallen(fall, t - freed_s)
  }
  const phase = (t: number) => {
    if (plan.slip && t >= plan.slip.lost_s) return t < plan.slip.lost_s + 0.52 ? 'stop' : 'halted'
    return phaseAt(legs, t)
  }
  const landed_s = freed_s + impactAfter(fall)
  return { plan, command, joints, posture, commandedWidth, width, cube, phase, held_s, freed_s, landed_s }
}

function planLegs(cube_x: number): Leg[] {
  const above = { x: cube_x, y: 0.19, pitch: DOWN }
  const grasp = { x: cube_x, y: CUBE_M / 2, pitch: DOWN }
  const carry = { x: cube_x + 0.02, y: 0.25, pitch: DOWN }
  const over = { x: BIN.x, y: 0.23, pitch: DOWN }
  const inside = { x: BIN.x, y: 0.1, pitch: DOWN }
  return [
    { phase: 'ready', until_s: 0.4, to: HOME },
    { phase: 'reach', until_s: 1.5, to: above },
    { phase: 'descend', until_s: 2.2, to: grasp },
    { phase: 'grasp', until_s: 2.8, to: grasp },
    { phase: 'lift', until_s: 3.6, to: carry },
    { phase: 'carry', until_s: 4.8, to: over },
    { phase: 'lower', until_s: 5.4, to: inside },
    { phase: 'release', until_s: 5.8, to: inside },
    { phase: 'retreat', until_s: 6.4, to: over },
    { phase: 'return', until_s: 7.6, to: HOME },
    { phase: 'done', until_s: 8, to: HOME },
  ]
}

function planFingers(plan: RunPlan): FingerMove[] {
  const close = { from_s: 2.25, until_s: 2.7, width_m: SQUEEZE_M }
  if (plan.slip) return [close]
  return [close, { from_s: 5.42, until_s: 5.72, width_m: OPEN_M }]
}

/** A cube between the fingers moves with the tip; a loosening grip lets it sink and tilt first. */
function heldCube(plan: RunPlan, { tip, pitch }: Posture, time_s: number): CubePose {
  const sink = plan.slip ? SINK_M * slipShare(plan.slip, time_s) : 0
  return { x: tip.x, y: tip.y - sink, roll: DOWN - pitch }
}

/** How far a cube slides down between the fingers before it falls. */
const SINK_M = 0.022

function slipShare(slip: { begins_s: number; lost_s: number }, time_s: number): number {
  const u = (time_s - slip.begins_s) / (slip.lost_s - slip.begins_s)
  return u <= 0 ? 0 : Math.min(1, u * u)
}

function planFall(plan: RunPlan, posture: (time_s: number) => Posture, freed_s: number): Fall {
  const h = 0.005
  const [before, at, after] = [freed_s - h, freed_s, freed_s + h].map((t) => posture(t).tip)
  if (!before || !at || !after) throw new Error('Three moments were asked for.')
  const velocity = { x: (after.x - before.x) / (2 * h), y: (after.y - before.y) / (2 * h) }
  if (!plan.slip) return { from: at, velocity, floor_m: BIN.floor, roll: 0 }
  const sunk = { x: at.x, y: at.y - SINK_M }
  return { from: sunk, velocity: { x: velocity.x * 0.35, y: velocity.y }, floor_m: 0, roll: Math.PI / 2 }
}

/** Nothing is between the fingers any more: they go on to where the command already is. */
function afterRelease(closing: (time_s: number) => number, freed_s: number, time_s: number): number {
  const missing = CUBE_M - closing(freed_s)
  return closing(time_s) + missing * (1 - minimumJerk((time_s - freed_s) / 0.08))
}

/** The first millisecond at which something holds; the end when it never does. */
function firstTime(holds: (time_s: number) => boolean, end_s: number): number {
  for (let ms = 0; ms < end_s * 1000; ms++) if (holds(ms / 1000)) return ms / 1000
  return end_s
}
