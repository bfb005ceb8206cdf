import type Sqlite from 'better-sqlite3'
import { newId } from '../server/db/ids.ts'

/** What a filled organization looks like, for questions about its lists. */
export interface FilledFleet {
  /** The project that has nearly everything, a middling one and a small one. */
  projects: { main: string; middle: string; small: string }
  /** Names of devices of the main project: one that recorded a twentieth of everything, and one that recorded little. */
  robots: { busy: string; quiet: string }
  devices: { busy: string; quiet: string }
  policies: { busy: string; rare: string }
  /** ISO 8601: when the first episode began, and the last one. */
  first_at: string
  last_at: string
}

interface Wish {
  organization_id: string
  account_id: string
  /** The organization's `default` project. */
  project_id: string
  devices: number
  episodes: number
}

const DAYS = 120
const DAY_MS = 86_400_000
const METADATA = JSON.stringify({
  task: 'red block to bin',
  operator: 'night shift',
  cell: 'B2',
  success: true,
  battery: { __type: 'robotrace.Battery', percent: 71.5 },
  note: 'x'.repeat(160),
})

/**
 * Writes so many devices and episodes straight into the file, in one transaction, and through the triggers that keep
 * the totals. Skewed as real fleets are: most of it is one project, real and ready; `replay` and `recording` are rare,
 * a few policies drove most episodes and hundreds drove a handful.
 */
export function fillFleet(sqlite: Sqlite.Database, wish: Wish): FilledFleet {
  const random = createRandom()
  const projects = {
    main: wish.project_id,
    middle: insertProject(sqlite, wish, 'lab'),
    small: insertProject(sqlite, wish, 'small'),
  }
  const devices = sqlite.transaction(() => insertDevices(sqlite, wish, projects))()
  const now = Date.now()
  const first = now - DAYS * DAY_MS
  sqlite.transaction(() => insertEpisodes(sqlite, wish, { projects, devices, random, first, now }))()
  sqlite.pragma('wal_checkpoint(TRUNCATE)')
  const [busy, quiet] = [devices.main[0], devices.main.at(-1)]
  if (!busy || !quiet) throw new Error('a fleet needs devices')
  return {
    projects,
    robots: { busy: busy.name, quiet: quiet.name },
    devices: { busy: busy.id, quiet: quiet.id },
    policies: { busy: 'policy-0', rare: 'policy-499' },
    first_at: new Date(first).toISOString(),
    last_at: new Date(now).toISOString(),
  }
}

interface Robot {
  id: string
  name: string
}
type Robots = Record<keyof FilledFleet['projects'], Robot[]>

function insertProject(sqlite: Sqlite.Database, { organization_id }: Wish, slug: string): string {
  const id = newId('prj')
  sqlite
    .prepare('INSERT INTO projects (id, organization_id, slug, name, created_at) VALUES (?, ?, ?, ?, ?)')
    .run(id, organization_id, slug, slug, '2026-01-01T00:00:00.000Z')
  return id
}

function insertDevices(sqlite: Sqlite.Database, wish: Wish, projects: FilledFleet['projects']): Robots {
  const insert = sqlite.prepare(
    `INSERT INTO devices (id, organization_id, project_id, name, dsn, type, environment, status, confirmed_at, created_by,
       created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  )
  const mean = sqlite.prepare('INSERT INTO device_robots (project_id, robot, device_id) VALUES (?, ?, ?)')
  const at = '2026-01-01T00:00:00.000Z'
  const robots: Robots = { main: [], middle: [], small: [] }
  for (let nth = 0; nth < wish.devices; nth++) {
    const where = nth % 100 === 99 ? 'small' : nth % 10 === 9 ? 'middle' : 'main'
    const [id, name] = [newId('dev'), `arm-${String(nth).padStart(5, '0')}`]
    const status = nth % 3 === 0 ? 'offline' : nth % 50 === 1 ? 'maintenance' : 'online'
    const confirmed = nth % 200 === 7 ? null : at
    insert.run(
      ...[id, wish.organization_id, projects[where], name, `SN-${nth}`, nth % 4 === 0 ? 'amr' : 'arm'],
      ...['production', status, confirmed, wish.account_id, at],
    )
    mean.run(projects[where], name, id)
    robots[where].push({ id, name })
  }
  return robots
}

interface Plan {
  projects: FilledFleet['projects']
  devices: Robots
  random: () => number
  first: number
  now: number
}

function insertEpisodes(sqlite: Sqlite.Database, wish: Wish, plan: Plan): void {
  const insert = sqlite.prepare(
    `INSERT INTO episodes (id, organization_id, project_id, device_id, account_id, status, source, name, robot,
       policy_version, env_version, git_sha, seed, fps, duration_s, metadata, requested_uploads, bytes_total, created_at,
       updated_at, finalized_at, archived_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'cell-2', '9f8e7d6', '42', 30, 12.4, ?, '["video"]', 1048576, ?, ?, ?, ?)`,
  )
  const { random } = plan
  const step = (plan.now - plan.first) / wish.episodes
  for (let nth = 0; nth < wish.episodes; nth++) {
    const where = nth % 200 === 7 ? 'small' : nth % 10 === 3 ? 'middle' : 'main'
    const robots = plan.devices[where]
    const robot = random() < 0.05 ? robots[0] : robots[Math.floor(random() * robots.length)]
    const at = new Date(plan.first + nth * step).toISOString()
    const status = random() < 0.001 ? 'recording' : random() < 0.03 ? 'failed' : 'ready'
    const source = random() < 0.0001 ? 'replay' : random() < 0.05 ? 'sim' : 'real'
    insert.run(
      ...[
        newId('ep'),
        wish.organization_id,
        plan.projects[where],
        robot?.id,
        wish.account_id,
        status,
        source,
      ],
      ...[`pick and place ${nth}`, robot?.name, policyOf(random(), nth), METADATA, at, at],
      ...[status === 'recording' ? null : at, random() < 0.005 ? at : null],
    )
  }
}

/** Half of everything ran policy-0; policy-499 ran twenty times in a million. */
function policyOf(chance: number, nth: number): string {
  if (nth % 50_000 === 11) return 'policy-499'
  return `policy-${chance < 0.5 ? 0 : Math.floor(((chance - 0.5) * 2) ** 3 * 498) + 1}`
}

/** The same fleet at each run. */
function createRandom(): () => number {
  let state = 0x2545f491
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) / 2 ** 32
  }
}
