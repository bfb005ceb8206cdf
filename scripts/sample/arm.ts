/** A place in the arm's plane, metres: `x` along the table away from the base, `y` above its surface. */
export interface Point {
  x: number
  y: number
}

/** Where the tool tip is and which way it points; `pitch` in radians, -π/2 straight down. */
export interface Pose extends Point {
  pitch: number
}

/** Shoulder, elbow and wrist, radians; each is counted from the link before it, counter-clockwise. */
export type Joints = readonly [number, number, number]

/** The joints' names, in the order every array of this recording uses. */
export const JOINT_NAMES = ['shoulder', 'elbow', 'wrist'] as const

/** Lengths in metres: upper arm, forearm, wrist to the point between the fingers. */
export const LINKS = [0.36, 0.34, 0.13] as const

/** The fixed end of the upper arm. */
export const SHOULDER: Point = { x: 0, y: 0.2 }

/** Standard gravity, m/s². */
export const GRAVITY = 9.80665

/** Every place of the arm that has a name. */
export interface Posture {
  shoulder: Point
  elbow: Point
  wrist: Point
  tip: Point
  pitch: number
}

/**
 * Where the arm is for given joint angles.
 *
 * @example forward([0, 0, 0]).tip // { x: 0.83, y: 0.2 }: stretched out level
 */
export function forward([shoulder, elbow, wrist]: Joints): Posture {
  const elbowAt = along(SHOULDER, LINKS[0], shoulder)
  const wristAt = along(elbowAt, LINKS[1], shoulder + elbow)
  const pitch = shoulder + elbow + wrist
  return { shoulder: SHOULDER, elbow: elbowAt, wrist: wristAt, tip: along(wristAt, LINKS[2], pitch), pitch }
}

/**
 * The joint angles that put the tool tip at a pose, elbow up (law of cosines on shoulder-elbow-wrist).
 *
 * @throws RangeError when the pose is farther away than the arm is long
 * @example forward(inverse({ x: 0.4, y: 0.1, pitch: -Math.PI / 2 })).tip // { x: 0.4, y: 0.1 }
 */
export function inverse(pose: Pose): Joints {
  const wrist = along(pose, -LINKS[2], pose.pitch)
  const x = wrist.x - SHOULDER.x
  const y = wrist.y - SHOULDER.y
  const [upper, fore] = LINKS
  const cosine = (x * x + y * y - upper * upper - fore * fore) / (2 * upper * fore)
  if (cosine < -1 || cosine > 1) throw new RangeError(`The arm cannot reach x ${pose.x} m, y ${pose.y} m.`)
  const elbow = -Math.acos(cosine)
  const shoulder = Math.atan2(y, x) - Math.atan2(fore * Math.sin(elbow), upper + fore * Math.cos(elbow))
  return [shoulder, elbow, pose.pitch - shoulder - elbow]
}

/**
 * Joint torques in N·m that hold and accelerate the arm, as for masses concentrated in points: each mass
 * needs the force m·(acceleration + gravity), and a joint gives it through its lever arm.
 *
 * @param at joint angles as a function of seconds; asked 10 ms around `time_s`
 * @param payload_kg what the fingers hold
 * @example torquesAt(() => [0, 0, 0], 0, 0.1)[0] // the shoulder holds the stretched arm against gravity
 */
export function torquesAt(at: (time_s: number) => Joints, time_s: number, payload_kg: number): Joints {
  const posture = forward(at(time_s))
  const masses = massPoints(posture, payload_kg)
  const before = massPoints(forward(at(time_s - STEP_S)), payload_kg)
  const after = massPoints(forward(at(time_s + STEP_S)), payload_kg)
  const torqueAround = (joint: number, axis: Point) => {
    let torque = 0
    masses.forEach(({ kg, at: place, carried_by }, i) => {
      if (joint >= carried_by) return
      const [a, b] = [before[i]?.at ?? place, after[i]?.at ?? place]
      const forceX = kg * secondDifference(a.x, place.x, b.x)
      const forceY = kg * (secondDifference(a.y, place.y, b.y) + GRAVITY)
      torque += (place.x - axis.x) * forceY - (place.y - axis.y) * forceX
    })
    return torque
  }
  return [torqueAround(0, posture.shoulder), torqueAround(1, posture.elbow), torqueAround(2, posture.wrist)]
}

/** Half the window in which accelerations are taken. */
const STEP_S = 0.01

interface MassPoint {
  kg: number
  at: Point
  /** How many joints, counted from the shoulder, have this mass hanging beyond them. */
  carried_by: number
}

function massPoints({ shoulder, elbow, wrist, tip }: Posture, payload_kg: number): MassPoint[] {
  return [
    { kg: 1.4, at: middle(shoulder, elbow), carried_by: 1 },
    { kg: 0.9, at: middle(elbow, wrist), carried_by: 2 },
    { kg: 0.35, at: middle(wrist, tip), carried_by: 3 },
    { kg: payload_kg, at: tip, carried_by: 3 },
  ]
}

function secondDifference(before: number, now: number, after: number): number {
  return (before - 2 * now + after) / (STEP_S * STEP_S)
}

function along(from: Point, length: number, angle: number): Point {
  return { x: from.x + length * Math.cos(angle), y: from.y + length * Math.sin(angle) }
}

function middle(a: Point, b: Point): Point {
  return { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 }
}
