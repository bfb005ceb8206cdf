import { Client } from '../sdk/mod.ts'
import type { AppContext } from '../server/context.ts'
import { updateDevice } from '../server/fleet/change.ts'
import { enrollDevice } from '../server/fleet/enroll.ts'
import { makeEnrolmentToken } from '../server/fleet/enrolment-tokens.ts'
import { createGroup } from '../server/fleet/groups.ts'
import { healthSlot } from '../server/fleet/health.ts'
import { createProject } from '../server/organizations/projects.ts'
import { createRandom } from './sample/random.ts'
import type { SeededOrganization } from './seed.ts'

/** What a robot of the demo is, and how it is doing. */
interface Robot {
  name: string
  dsn: string
  /** Hours ago at which it fell silent; left out: it beats. */
  silent_h?: number
  maintenance?: true
  /** Bytes that pile up in an hour, because its network is slower than its cameras. */
  backlog_per_h?: number
  /** Milliseconds its clock is ahead. */
  clock_ms?: number
  disk: number
}

interface Crew {
  project: string
  type: string
  environment: string
  group: string
  description: string
  robots: Robot[]
}

/** A small company: a bench where policies are tried, and a warehouse where they work. */
const CREWS: Crew[] = [
  {
    ...{ project: 'default', type: 'arm', environment: 'lab', group: 'Bench' },
    description: 'Where policies are tried first',
    robots: [
      { name: 'bench-arm-01', dsn: 'UR-2291-01', disk: 41 },
      { name: 'bench-arm-02', dsn: 'UR-2291-02', disk: 67, maintenance: true },
      { name: 'bench-arm-03', dsn: 'UR-2291-03', disk: 38 },
    ],
  },
  {
    ...{ project: 'warehouse', type: 'arm', environment: 'production', group: 'Line 2' },
    description: 'Picking cells along the second conveyor',
    robots: [
      { name: 'picker-11', dsn: 'UR-4107-11', disk: 52 },
      { name: 'picker-12', dsn: 'UR-4107-12', disk: 48 },
      { name: 'picker-13', dsn: 'UR-4107-13', disk: 91, backlog_per_h: 240e6, clock_ms: 2_380 },
      { name: 'picker-14', dsn: 'UR-4107-14', disk: 55 },
    ],
  },
  {
    ...{ project: 'warehouse', type: 'amr', environment: 'production', group: 'Night shift' },
    description: 'Carriers that drive while nobody is there',
    robots: [
      { name: 'carrier-1', dsn: 'AMR-88-1', disk: 33 },
      { name: 'carrier-2', dsn: 'AMR-88-2', disk: 29 },
      { name: 'carrier-3', dsn: 'AMR-88-3', disk: 61, silent_h: 5.4 },
      { name: 'carrier-4', dsn: 'AMR-88-4', disk: 36 },
    ],
  },
  {
    ...{ project: 'warehouse', type: 'inspection', environment: 'staging', group: 'Cameras' },
    description: 'What looks at parcels',
    robots: [
      { name: 'gantry-east', dsn: 'CAM-17-E', disk: 72 },
      { name: 'gantry-west', dsn: 'CAM-17-W', disk: 74 },
    ],
  },
]

/** A robot that is enrolled, with the key that is good for it alone. */
export interface EnrolledRobot {
  id: string
  project: string
  api_key: string
  robot: Robot
}

const HERE = { ip: '127.0.0.1', user_agent: 'robotrace demo', request_id: '' }
const [MINUTE, HOUR] = [60_000, 3_600_000]

/** Enrols the demo's robots the way real ones do: each swaps a token for a key of its own. */
export async function enrolFleet(
  ctx: AppContext,
  { caller, client_id: org }: SeededOrganization,
): Promise<EnrolledRobot[]> {
  await createProject(ctx, caller, { org, name: 'Warehouse' })
  const enrolled: EnrolledRobot[] = []
  for (const { project, type, environment, group, description, robots } of CREWS) {
    const place = { org, project }
    const { id: group_id } = await createGroup(ctx, caller, { ...place, name: group, description })
    const uses = robots.length + 1
    const wish = { ...place, label: `${group} robots`, uses, type, environment, group_id }
    const { token } = await makeEnrolmentToken(ctx, caller, wish)
    for (const robot of robots) {
      const { name, dsn, maintenance } = robot
      const nonce = `the demo's robot ${name}`
      const { api_key, device } = await enrollDevice(ctx, token, { name, dsn, nonce }, HERE)
      if (maintenance) await updateDevice(ctx, caller, { ...place, device: device.id, maintenance })
      enrolled.push({ id: device.id, project, api_key, robot })
    }
  }
  return enrolled
}

/** What the working robots of the demo have to show: short episodes of each, and one that is being recorded. */
export async function logFleetEpisodes(
  base_url: string,
  { api_key }: SeededOrganization,
  robots: readonly EnrolledRobot[],
): Promise<void> {
  const live = { name: 'Tote to belt, third of the shift', policy_version: 'pick-place 0.4.2' }
  const working = robots.filter(({ project, robot }) => project === 'warehouse' && isAlive(robot))
  await Promise.all(
    working.map(async ({ robot: { name }, api_key }) => {
      const client = new Client({ base_url, api_key, verbose: false })
      const random = createRandom(seedOf(name))
      for (const part of ['first', 'second']) {
        const duration_s = Math.round(300 + 600 * random.uniform()) / 10
        const failed = random.uniform() < 0.15
        await client.logEpisode({
          name: `${name.startsWith('picker') ? 'Tote to belt' : 'Round trip'}, ${part} of the shift`,
          robot: name,
          policy_version: name.startsWith('picker') ? 'pick-place 0.4.2' : 'haul 2.1.0',
          status: failed ? 'failed' : 'ready',
          duration_s,
          ...(failed
            ? { failure_time_s: Math.round(duration_s * 8) / 10, failure_reason: 'Emergency stop pressed' }
            : {}),
        })
      }
      if (name === 'picker-13') await client.startEpisode({ ...live, robot: name })
    }),
  )
  // A script of before the fleet: what it calls its robot means no device yet.
  const old = new Client({ base_url, api_key, verbose: false })
  await old.logEpisode({ name: 'Calibration', robot: 'Bench arm 1', status: 'ready', duration_s: 12 })
}

/** Gives each robot the last 24 hours that its heartbeats would have left. */
export async function liveADay(ctx: AppContext, robots: readonly EnrolledRobot[]): Promise<void> {
  for (const { id, robot } of robots) await liveOne(ctx, id, robot)
}

function isAlive({ silent_h }: Robot): boolean {
  return silent_h === undefined
}

async function liveOne(ctx: AppContext, device_id: string, robot: Robot): Promise<void> {
  const now = ctx.now().getTime()
  const last = now - (robot.silent_h ?? 0) * HOUR
  const moments: number[] = []
  for (let at = now - 24 * HOUR + 5 * MINUTE; at < last; at += 5 * MINUTE) {
    if (!isAway(robot, (now - at) / HOUR)) moments.push(at)
  }
  const rows = moments.map((at) => ({ at, ...metricsAt(robot, at, now) }))
  await ctx.db.transaction().execute(async (trx) => {
    for (const { at, ...metrics } of rows) {
      const slot = healthSlot(new Date(at))
      const sample = { device_id, slot, at: new Date(at).toISOString(), ...metrics }
      await trx
        .insertInto('device_health')
        .values(sample)
        .onConflict((conflict) => conflict.columns(['device_id', 'slot']).doUpdateSet(sample))
        .execute()
    }
    const said = { sdk_version: '0.1.0', ...metricsAt(robot, last, now) }
    const status = isAlive(robot) ? ('online' as const) : ('offline' as const)
    await trx
      .updateTable('devices')
      .set({
        ...said,
        ...(robot.maintenance ? {} : { status }),
        last_heartbeat_at: new Date(last).toISOString(),
      })
      .where('id', '=', device_id)
      .execute()
  })
}

/** Carriers are switched off for an hour at noon; everybody else stays on. */
function isAway({ name }: Robot, hours_ago: number): boolean {
  return name.startsWith('carrier') && hours_ago > 12 && hours_ago < 13.2
}

/** What a robot says of itself at a moment: shifts of work, rests between them, and no two alike. */
function metricsAt(robot: Robot, at: number, now: number) {
  const random = createRandom(seedOf(robot.name) + Math.floor(at / (5 * MINUTE)))
  const phase = (seedOf(robot.name) % 7) / 7
  const hours = at / HOUR + phase * 3
  const isBusy = Math.sin(hours * 1.6) + 0.4 * Math.sin(hours * 5.3) > -0.3
  const grown_h = Math.max(0, 24 - (now - at) / HOUR - 9)
  const backlog_bytes = Math.round((robot.backlog_per_h ?? 0) * grown_h)
  return {
    cpu_usage: clamp((isBusy ? 58 : 9) + 7 * random.normal()),
    memory_usage: clamp(34 + 18 * phase + (isBusy ? 9 : 0) + 1.4 * random.normal()),
    disk_usage: clamp(robot.disk - ((now - at) / HOUR) * (robot.backlog_per_h ? 0.7 : 0.05)),
    clock_offset_ms: Math.round(
      (robot.clock_ms ?? 0) + 14 * random.normal() - ((now - at) / HOUR) * (robot.clock_ms ?? 0) * 0.028,
    ),
    backlog_episodes: Math.round(backlog_bytes / 85e6),
    backlog_bytes,
  }
}

function clamp(percent: number): number {
  return Math.round(Math.min(99, Math.max(1, percent)) * 10) / 10
}

function seedOf(name: string): number {
  return [...name].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 1_000_003, 7)
}

/** One heartbeat of each robot, over HTTP, as `robotrace device heartbeat` sends it. */
export async function beatAll(
  base_url: string,
  { client_id: org }: SeededOrganization,
  robots: readonly EnrolledRobot[],
): Promise<void> {
  const alive = robots.filter(({ robot }) => isAlive(robot))
  await Promise.all(
    alive.map(({ id, project, api_key, robot }) =>
      fetch(`${base_url}/api/v1/organizations/${org}/projects/${project}/devices/${id}/heartbeat`, {
        method: 'POST',
        headers: { Authorization: `Bearer ${api_key}`, 'Content-Type': 'application/json' },
        body: JSON.stringify({ ...metricsAt(robot, Date.now(), Date.now()), sdk_version: '0.1.0' }),
      }),
    ),
  )
}
