import type { DeviceGroupName, DeviceStatus } from '../../sdk/wire.ts'
import type { Caller } from '../caller.ts'
import type { AppContext } from '../context.ts'
import type { Database } from '../db/open.ts'
import { type DeviceFilters, placeOf, type Within } from './within.ts'

/** How a fleet stands. Every live device is online, offline or in maintenance; some of them are unconfirmed. */
export type FleetCounts = Record<DeviceStatus | 'unconfirmed', number>

/** What a fleet can be filtered by. */
export interface FleetFacets {
  types: string[]
  environments: string[]
  groups: DeviceGroupName[]
}

/** How many devices there are, from the rollup: it has one row for each sort of them. */
export async function countDevices(
  db: Database,
  within: Within,
  { status, type, confirmed }: Pick<DeviceFilters, 'status' | 'type' | 'confirmed'>,
): Promise<number> {
  return (await countRows(db, within))
    .filter((row) => status === undefined || row.status === status)
    .filter((row) => type === undefined || row.type === type)
    .filter((row) => confirmed === undefined || row.confirmed === Number(confirmed))
    .reduce((sum, { n }) => sum + n, 0)
}

/** All of a place, whatever is filtered. */
export async function countFleet(db: Database, within: Within): Promise<FleetCounts> {
  const counts: FleetCounts = { online: 0, offline: 0, maintenance: 0, unconfirmed: 0 }
  for (const { status, confirmed, n } of await countRows(db, within)) {
    if (status === 'online' || status === 'offline' || status === 'maintenance') counts[status] += n
    if (confirmed === 0) counts.unconfirmed += n
  }
  return counts
}

async function countRows(db: Database, { organization_id, project_id }: Within) {
  const rows = db.selectFrom('device_counts as c').select(['c.status', 'c.type', 'c.confirmed', 'c.n'])
  if (project_id !== null) return rows.where('c.project_id', '=', project_id).execute()
  return rows
    .innerJoin('projects as p', 'p.id', 'c.project_id')
    .where('p.organization_id', '=', organization_id)
    .execute()
}

/**
 * What the devices of a place can be filtered by.
 *
 * @throws AppError not_found, insufficient_scope, forbidden
 */
export async function fleetFacets(
  ctx: Pick<AppContext, 'db' | 'now'>,
  caller: Caller,
  input: { org: string; project?: string | null | undefined },
): Promise<FleetFacets> {
  const { within } = await placeOf(ctx, caller, input)
  const { organization_id, project_id } = within
  const live = (await countRows(ctx.db, within)).filter(({ n }) => n > 0)
  const environments = ctx.db
    .selectFrom('devices')
    .select('environment')
    .distinct()
    .where('removed_at', 'is', null)
    .where('organization_id', '=', organization_id)
    .$if(project_id !== null, (query) => query.where('project_id', '=', project_id ?? ''))
  const groups = ctx.db
    .selectFrom('device_groups')
    .select(['id', 'name'])
    .where('organization_id', '=', organization_id)
    .$if(project_id !== null, (query) => query.where('project_id', '=', project_id ?? ''))
    .orderBy('name')
  return {
    types: [...new Set(live.map(({ type }) => type))].filter(Boolean).sort(),
    environments: (await environments.execute())
      .map(({ environment }) => environment)
      .filter((environment) => environment !== null)
      .sort(),
    groups: await groups.execute(),
  }
}

/** What stands beside a list: the whole of its place. @throws AppError not_found, insufficient_scope, forbidden */
export async function countsBeside(
  ctx: Pick<AppContext, 'db' | 'now'>,
  caller: Caller,
  input: { org: string; project?: string | null | undefined },
): Promise<FleetCounts> {
  const { within } = await placeOf(ctx, caller, input)
  return countFleet(ctx.db, within)
}
