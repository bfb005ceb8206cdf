import { JOINT_NAMES } from './arm.ts'
import { CUBE_KG, CUBE_M } from './cube.ts'
import type { Run } from './run.ts'
import type { EpisodeFile } from './sample.ts'
import { batteryCurrent, batteryVoltage, FPS, jointEffort, jointVelocity } from './sensors.ts'

/** What all samples share: the simulated rig and the world it stands in. */
const RIG = { source: 'sim', robot: 'bench-arm-03', env_version: 'tabletop-sim 1.3.0' } as const

/** The policy whose runs the videos show. */
export const POLICY = 'pick-place 0.4.2'

const GIT_SHA = '9c1e7a40d2b85f36ae0417c9d35b62f81e04a7d3'

/**
 * What a run's `episode.json` says: the four reproducibility fields and metadata with typed values
 * (`__type: robotrace.…`) taken from the simulation.
 *
 * @example describeRun(createRun(DROPPED_CUBE)).failure_time_s // 4.1
 */
export function describeRun(run: Run): EpisodeFile {
  const { slip, duration_s, seed } = run.plan
  const end_s = duration_s - 1 / FPS
  return {
    name: slip ? 'Cube to bin: grip lost while carrying' : 'Cube to bin',
    ...RIG,
    status: slip ? 'failed' : 'ready',
    policy_version: POLICY,
    git_sha: GIT_SHA,
    seed,
    fps: FPS,
    duration_s,
    failure_time_s: slip?.lost_s ?? null,
    metadata: {
      task: 'pick_and_place',
      scene: { name: 'tabletop, one cube, one bin', cube: { edge_m: CUBE_M, mass_kg: CUBE_KG } },
      ...(slip && { failure_reason: 'Grip lost: the cube slipped from the fingers while being carried.' }),
      outcome: describeOutcome(run),
      initial_state: describeJoints(run, 0),
      final_state: describeJoints(run, end_s),
      cube_at_start: describeCube(run, 0),
      cube_at_end: describeCube(run, end_s),
      battery: {
        __type: 'robotrace.Battery',
        percent: 87,
        voltage_v: rounded(batteryVoltage(run, end_s)),
        current_a: rounded(batteryCurrent(run, end_s)),
        charging: false,
      },
    },
  }
}

/**
 * The sample without files: what somebody might note about a policy after evaluating it. Its counts are
 * made up; only the two recorded runs were simulated.
 *
 * @example describeNote().fps // null
 */
export function describeNote(): EpisodeFile {
  return {
    name: 'Sample evaluation note: pick-place 0.4.2 on 20 seeds',
    ...RIG,
    status: 'ready',
    policy_version: POLICY,
    git_sha: GIT_SHA,
    seed: 20400,
    fps: null,
    duration_s: null,
    failure_time_s: null,
    metadata: {
      task: 'policy_evaluation',
      note: 'Drops happen only when the cube starts more than 10 mm off the taught place. Widen the close command by 2 mm and repeat.',
      runs: { total: 20, placed: 18, dropped: 2, first_seed: 20412, last_seed: 20431 },
      outcome: {
        __type: 'robotrace.EpisodeOutcome',
        success: true,
        reward_total: 18,
        collision_count: 0,
        time_to_goal_s: null,
      },
    },
  }
}

function describeOutcome(run: Run) {
  const success = run.plan.slip === undefined
  return {
    __type: 'robotrace.EpisodeOutcome',
    success,
    reward_total: success ? 1 : 0,
    collision_count: success ? 0 : 1,
    time_to_goal_s: success ? rounded(run.landed_s) : null,
  }
}

function describeJoints(run: Run, time_s: number) {
  return {
    __type: 'robotrace.JointState',
    positions: run.joints(time_s).map(rounded),
    velocities: jointVelocity(run, time_s).map(rounded),
    efforts: jointEffort(run, time_s).map(rounded),
    names: [...JOINT_NAMES],
  }
}

function describeCube(run: Run, time_s: number) {
  const { x, y, roll } = run.cube(time_s)
  const rotation = [0, Math.sin(roll / 2), 0, Math.cos(roll / 2)]
  return { __type: 'robotrace.Pose3D', translation: [x, 0, y].map(rounded), rotation: rotation.map(rounded) }
}

/** Four decimals; adding zero turns -0 into 0, which JSON writes differently from how it reads it. */
function rounded(value: number): number {
  return Math.round(value * 1e4) / 1e4 + 0
}
