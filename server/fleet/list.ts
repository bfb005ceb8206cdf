import { type SelectQueryBuilder, sql } from 'kysely'
import type { Device, DeviceList } from '../../sdk/wire.ts'
import type { Caller } from '../caller.ts'
import type { AppContext } from '../context.ts'
import { lower } from '../db/lower.ts'
import { decodeNameCursor, encodeNameCursor, type NamePlace } from '../db/name-cursor.ts'
import type { Database } from '../db/open.ts'
import type { DevicesTable, Schema } from '../db/schema.gen.ts'
import { countDevices } from './counts.ts'
import { rowsOf, toDevices } from './rows.ts'
import { sweepSilent } from './status.ts'
import { type DeviceFilters, placeOf, type Within } from './within.ts'

type Ctx = Pick<AppContext, 'db' | 'now'>

interface Paging {
  page?: number | undefined
  page_size: number
  cursor?: string | undefined
}

/**
 * The devices of a project, or of all projects of an organization, by name. A key that is pinned to a project or a
 * device sees what lies within.
 *
 * A cursor is a place in the index by name, so a page costs the same however far down it begins. A page number has to
 * walk to its beginning, and a text or a group has to be looked for: both stay within the index of one fleet, which is
 * tens of thousands of entries at most. Totals come from the rollup, except where a text or a group was asked for.
 *
 * @param input without `project`: all of them
 * @throws AppError not_found, insufficient_scope, forbidden; invalid_request for a cursor that was not made here
 * @example await listDevices(ctx, caller, { org: 'acme', project: 'default', status: 'online', page_size: 20 })
 */
export async function listDevices(
  ctx: Ctx,
  caller: Caller,
  input: { org: string; project?: string | null | undefined } & DeviceFilters & Paging,
): Promise<DeviceList> {
  const { within, organization_slug } = await placeOf(ctx, caller, input)
  await sweepSilent(ctx)
  const { items, next_cursor } = await readPage(ctx, within, input, organization_slug)
  const page = input.cursor === undefined ? (input.page ?? 1) : null
  const isAll = page === 1 && next_cursor === null
  const total = isAll ? items.length : await totalOf(ctx.db, within, input)
  return { items, total, page, page_size: input.page_size, next_cursor }
}

async function readPage(
  ctx: Ctx,
  within: Within,
  input: DeviceFilters & Paging,
  organization_slug: string,
): Promise<{ items: Device[]; next_cursor: string | null }> {
  const after = await startOf(ctx.db, within, input)
  const query = inOrder(fitting(devices(ctx.db), within, input), within, after)
  // One more than asked tells whether there is a next page.
  const found = await query
    .select(['d.name', 'd.id'])
    .limit(input.page_size + 1)
    .execute()
  const shown = found.slice(0, input.page_size)
  const last = found.length > input.page_size ? shown.at(-1) : undefined
  const ids = shown.map(({ id }) => id)
  const items = await toDevices(ctx, await rowsOf(ctx.db, ids), organization_slug)
  return { items, next_cursor: last ? encodeNameCursor(last) : null }
}

/** The row that the page begins behind; undefined: it is the first. */
async function startOf(
  db: Database,
  within: Within,
  input: DeviceFilters & Paging,
): Promise<NamePlace | undefined> {
  if (input.cursor !== undefined) return decodeNameCursor(input.cursor)
  const before = ((input.page ?? 1) - 1) * input.page_size
  if (before === 0) return undefined
  const passed = inOrder(fitting(devices(db), within, input).select(['d.name', 'd.id']), within, undefined)
  const all = db.selectFrom(passed.limit(before).as('passed'))
  if (within.project_id !== null) {
    const { name } = await all.select((select) => select.fn.max('name').as('name')).executeTakeFirstOrThrow()
    return name === null ? undefined : { name, id: '' }
  }
  return all.select(['name', 'id']).orderBy('name', 'desc').orderBy('id', 'desc').limit(1).executeTakeFirst()
}

type Devices<O> = SelectQueryBuilder<Schema & { d: DevicesTable }, 'd', O>

/** What is asked of these stands in the index `devices_listed` or `devices_organization`: no row is touched. */
function devices(db: Database): Devices<object> {
  return db.selectFrom('devices as d').where('d.removed_at', 'is', null)
}

/** A name is unique in its project; in an organization the id decides between two of them. */
function inOrder<O>(query: Devices<O>, { project_id }: Within, after: NamePlace | undefined): Devices<O> {
  if (project_id !== null) {
    const sorted = query.orderBy('d.name')
    return after ? sorted.where('d.name', '>', after.name) : sorted
  }
  const sorted = query.orderBy('d.name').orderBy('d.id')
  if (!after) return sorted
  return sorted.where(({ eb, refTuple, tuple }) =>
    eb(refTuple('d.name', 'd.id'), '>', tuple(after.name, after.id)),
  )
}

function fitting<O>(query: Devices<O>, within: Within, filters: DeviceFilters): Devices<O> {
  let some = query
  if (within.project_id === null) some = some.where('d.organization_id', '=', within.organization_id)
  else some = some.where('d.project_id', '=', within.project_id)
  if (within.device_id !== null) some = some.where('d.id', '=', within.device_id)
  const { status, type, group_id, text, confirmed } = filters
  if (status !== undefined) some = some.where('d.status', '=', status)
  if (type !== undefined) some = some.where('d.type', '=', type)
  if (confirmed !== undefined) some = some.where('d.confirmed_at', confirmed ? 'is not' : 'is', null)
  if (text !== undefined) some = some.where(containing(text))
  if (group_id === undefined) return some
  return some.where('d.id', 'in', (select) =>
    select.selectFrom('device_group_members').select('device_id').where('group_id', '=', group_id),
  )
}

/** `%` and `_` mean themselves. */
function containing(text: string) {
  const pattern = `%${lower(text).replace(/[\\%_]/g, '\\$&')}%`
  return sql<boolean>`(lower(d.name) LIKE ${pattern} ESCAPE '\\' OR lower(d.dsn) LIKE ${pattern} ESCAPE '\\')`
}

async function totalOf(db: Database, within: Within, filters: DeviceFilters): Promise<number> {
  const { text, group_id, ...counted } = filters
  if (text === undefined && group_id === undefined && within.device_id === null) {
    return countDevices(db, within, counted)
  }
  const { n } = await fitting(devices(db), within, filters)
    .select((select) => select.fn.countAll<number>().as('n'))
    .executeTakeFirstOrThrow()
  return n
}
