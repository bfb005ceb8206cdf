import { GRAVITY, type Joints, torquesAt } from './arm.ts'
import { CUBE_KG } from './cube.ts'
import type { NpyArray } from './npz.ts'
import { createRandom, type Random } from './random.ts'
import type { Run } from './run.ts'

/** Video frames and commands a second. */
export const FPS = 30

/** What the arm measures, as NPZ arrays `<namespace>/<field>` with one `_t_ns` (int64, from 0) each. */
export type Recording = Record<string, NpyArray>

/**
 * Everything the robot measured. Rates: joints and tool pose 100 Hz, gripper 50 Hz, wrist force 500 Hz,
 * battery 10 Hz. Units: rad, rad/s, N·m, m, N, V, A; rotations are quaternions x, y, z, w. Values float32.
 *
 * @example Object.keys(recordSensors(createRun(PICK_AND_PLACE))).includes('joint_states/position') // true
 */
export function recordSensors(run: Run): Recording {
  const random = createRandom(run.plan.seed + 1)
  const noisy = (joints: Joints, deviation: number) =>
    joints.map((value) => value + deviation * random.normal())
  return {
    ...sampled(run, 'joint_states', 100, {
      position: (t) => noisy(run.joints(t), 0.0004),
      velocity: (t) => noisy(jointVelocity(run, t), 0.006),
      effort: (t) => noisy(jointEffort(run, t), 0.05),
    }),
    ...sampled(run, 'gripper', 50, { width: (t) => run.width(t) + 0.00008 * random.normal() }),
    ...sampled(run, 'wrist_force', 500, { force: (t) => wristForce(run, random, t) }),
    ...sampled(run, 'ee_pose', 100, {
      translation: (t) => toolPlace(run, t),
      rotation: (t) => toolTurn(run, t),
    }),
    ...sampled(run, 'battery', 10, {
      voltage: (t) => batteryVoltage(run, t) + 0.008 * random.normal(),
      current: (t) => batteryCurrent(run, t) + 0.03 * random.normal(),
    }),
  }
}

/** What the policy commanded, 30 Hz: joint targets in rad and the finger width in m, float32. */
export function recordActions(run: Run): Recording {
  return {
    ...sampled(run, 'joint_command', FPS, { position: (t) => [...run.command(t)] }),
    ...sampled(run, 'gripper_command', FPS, { width: (t) => run.commandedWidth(t) }),
  }
}

/** Joint velocities, rad/s. */
export function jointVelocity(run: Run, time_s: number): Joints {
  const h = 0.004
  const [a, b] = [run.joints(time_s - h), run.joints(time_s + h)]
  return [(b[0] - a[0]) / (2 * h), (b[1] - a[1]) / (2 * h), (b[2] - a[2]) / (2 * h)]
}

/** Joint torques, N·m: gravity, acceleration, the load between the fingers and friction in the gears. */
export function jointEffort(run: Run, time_s: number): Joints {
  const [a, b, c] = torquesAt(run.joints, time_s, isHolding(run, time_s) ? CUBE_KG : 0)
  const [u, v, w] = jointVelocity(run, time_s)
  return [a + 0.35 * u, b + 0.25 * v, c + 0.08 * w]
}

/** Amperes out of the battery: electronics plus what the motors need. */
export function batteryCurrent(run: Run, time_s: number): number {
  const effort = jointEffort(run, time_s)
  const velocity = jointVelocity(run, time_s)
  return effort.reduce(
    (sum, torque, i) => sum + 0.05 * Math.abs(torque) + 0.12 * Math.abs(torque * (velocity[i] ?? 0)),
    1.1,
  )
}

/** Volts of a 24 V pack: it sags under load and slowly runs down. */
export function batteryVoltage(run: Run, time_s: number): number {
  return 25.32 - 0.012 * time_s - 0.085 * batteryCurrent(run, time_s)
}

/**
 * Every reading is a multiple of this, as from a converter. It is also far coarser than the last bits in
 * which the sines of JavaScript engines differ, so that all of them write the same file.
 */
const RESOLUTION = 2 ** -16

type Sample = (time_s: number) => number | number[]

function sampled(run: Run, namespace: string, rate_hz: number, fields: Record<string, Sample>): Recording {
  const count = Math.round(run.plan.duration_s * rate_hz)
  const recording: Recording = {}
  for (const [field, sample] of Object.entries(fields)) {
    const rows = Array.from({ length: count }, (_, i) => sample(i / rate_hz))
    const first = rows[0]
    const shape = Array.isArray(first) ? [count, first.length] : [count]
    recording[`${namespace}/${field}`] = {
      shape,
      values: Float32Array.from(rows.flat(), (value) => Math.round(value / RESOLUTION) * RESOLUTION),
    }
  }
  const stamps = Array.from({ length: count }, (_, i) => BigInt(Math.round((i * 1e9) / rate_hz)))
  recording[`${namespace}/_t_ns`] = { shape: [count], values: BigInt64Array.from(stamps) }
  return recording
}

function isHolding(run: Run, time_s: number): boolean {
  return time_s >= run.held_s && time_s < run.freed_s
}

/** The force the wrist feels, N (x forward, y sideways, z up): load, knocks that ring out, and noise. */
function wristForce(run: Run, random: Random, time_s: number): number[] {
  const h = 0.005
  const [a, b, c] = [time_s - h, time_s, time_s + h].map((t) => run.posture(t).tip)
  const kg = TOOL_KG + (isHolding(run, time_s) ? CUBE_KG : 0)
  // The sensor is zeroed with empty fingers, so the tool's own weight is not in its readings.
  const weight = isHolding(run, time_s) ? CUBE_KG * GRAVITY : 0
  const push =
    a && b && c
      ? { x: (kg * (a.x - 2 * b.x + c.x)) / (h * h), z: (kg * (a.y - 2 * b.y + c.y)) / (h * h) }
      : { x: 0, z: 0 }
  const contact = knock(time_s - run.held_s, 5.5, 0.035, 38)
  const freed = knock(time_s - run.freed_s, run.plan.slip ? 7.5 : 2.2, 0.045, 31)
  const landed = knock(time_s - run.landed_s, 0.9, 0.03, 55)
  return [
    push.x + contact + 0.35 * freed + 0.12 * random.normal(),
    0.3 * contact + 0.09 * random.normal(),
    push.z - weight - 0.4 * contact + freed + landed + 0.15 * random.normal(),
  ]
}

const TOOL_KG = 0.2

/** A knock at time 0 that rings out: newtons at its height, seconds to fade, cycles a second. */
function knock(after_s: number, height: number, fade_s: number, hz: number): number {
  if (after_s < 0) return 0
  return height * Math.exp(-after_s / fade_s) * Math.cos(2 * Math.PI * hz * after_s)
}

function toolPlace(run: Run, time_s: number): number[] {
  const { tip } = run.posture(time_s)
  return [tip.x, 0, tip.y]
}

/** The arm's plane is x-z; lifting the tool is a negative turn around y. */
function toolTurn(run: Run, time_s: number): number[] {
  const half = -run.posture(time_s).pitch / 2
  return [0, Math.sin(half), 0, Math.cos(half)]
}
