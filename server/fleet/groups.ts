import type { CreateDeviceGroup, DeviceGroup } from '../../sdk/wire.ts'
import { actorOf, recordEvent } from '../audit/audit.ts'
import type { Caller } from '../caller.ts'
import type { AppContext } from '../context.ts'
import { isUniqueViolation } from '../db/errors.ts'
import { newId } from '../db/ids.ts'
import type { Database } from '../db/open.ts'
import { AppError } from '../errors.ts'
import { enter } from '../organizations/act-within.ts'
import { type ProjectAddress, refusePinned, wrong } from './devices.ts'

type Ctx = Pick<AppContext, 'db' | 'now'>
export type GroupAddress = ProjectAddress & { group: string }

/** The groups of a project, by name. @throws AppError not_found, insufficient_scope, forbidden */
export async function listGroups(ctx: Ctx, caller: Caller, input: ProjectAddress): Promise<DeviceGroup[]> {
  const { project_id } = await enter(ctx, caller, input, 'fleet:read')
  return groupRows(ctx.db, project_id).orderBy('g.name').execute()
}

/** A group, named by its name or id. @throws AppError not_found */
export async function getGroup(ctx: Ctx, caller: Caller, input: GroupAddress): Promise<DeviceGroup> {
  const { project_id } = await enter(ctx, caller, input, 'fleet:read')
  return readGroup(ctx.db, project_id, input.group)
}

/** @throws AppError conflict when the project has a group of that name */
export async function createGroup(
  ctx: Ctx,
  caller: Caller,
  input: ProjectAddress & CreateDeviceGroup,
): Promise<DeviceGroup> {
  const { organization_id, project_id } = await enter(ctx, caller, input, 'fleet:write')
  refusePinned(caller)
  const created_at = ctx.now().toISOString()
  const id = newId('grp')
  const { name, description = '' } = input
  await onceNamed(() =>
    ctx.db.transaction().execute(async (trx) => {
      await trx
        .insertInto('device_groups')
        .values({ id, organization_id, project_id, name, description, created_at })
        .execute()
      const actor = actorOf(caller)
      const event = { action: 'device_group.created', actor, organization_id, target: id, detail: { name } }
      await recordEvent(trx, created_at, event)
    }),
  )
  return readGroup(ctx.db, project_id, id)
}

/** Another name or description; what is left out stays. @throws AppError conflict, not_found */
export async function updateGroup(
  ctx: Ctx,
  caller: Caller,
  input: GroupAddress & Partial<CreateDeviceGroup>,
): Promise<DeviceGroup> {
  const { organization_id, project_id } = await enter(ctx, caller, input, 'fleet:write')
  refusePinned(caller)
  const { id, ...was } = await readGroup(ctx.db, project_id, input.group)
  const { name = was.name, description = was.description } = input
  if (name === was.name && description === was.description) return { id, ...was }
  const at = ctx.now().toISOString()
  await onceNamed(() =>
    ctx.db.transaction().execute(async (trx) => {
      await trx.updateTable('device_groups').set({ name, description }).where('id', '=', id).execute()
      const actor = actorOf(caller)
      const event = { action: 'device_group.changed', actor, organization_id, target: id, detail: { name } }
      await recordEvent(trx, at, event)
    }),
  )
  return readGroup(ctx.db, project_id, id)
}

/** Its devices stay, and enrolment tokens that put devices into it put them into none. @throws AppError not_found */
export async function removeGroup(
  ctx: Ctx,
  caller: Caller,
  input: GroupAddress,
): Promise<{ id: string; removed_at: string }> {
  const { organization_id, project_id } = await enter(ctx, caller, input, 'fleet:write')
  refusePinned(caller)
  const { id, name } = await readGroup(ctx.db, project_id, input.group)
  const removed_at = ctx.now().toISOString()
  await ctx.db.transaction().execute(async (trx) => {
    await trx.deleteFrom('device_group_members').where('group_id', '=', id).execute()
    await trx
      .updateTable('enrolment_tokens')
      .set({ group_id: null })
      .where('project_id', '=', project_id)
      .where('group_id', '=', id)
      .execute()
    await trx.deleteFrom('device_groups').where('id', '=', id).execute()
    const actor = actorOf(caller)
    const event = { action: 'device_group.removed', actor, organization_id, target: id, detail: { name } }
    await recordEvent(trx, removed_at, event)
  })
  return { id, removed_at }
}

async function readGroup(db: Database, project_id: string, group: string): Promise<DeviceGroup> {
  const rows = await groupRows(db, project_id)
    .where((eb) => eb.or([eb('g.id', '=', group), eb('g.name', '=', group)]))
    .execute()
  const found = rows.find(({ id }) => id === group) ?? rows[0]
  if (!found) throw new AppError('not_found', 'No such device group.')
  return found
}

/** Members are counted along the primary key, whose entries are as many as a group has devices. */
function groupRows(db: Database, project_id: string) {
  return db
    .selectFrom('device_groups as g')
    .select((select) => [
      ...(['g.id', 'g.name', 'g.description', 'g.created_at'] as const),
      select
        .selectFrom('device_group_members as m')
        .whereRef('m.group_id', '=', 'g.id')
        .select((count) => count.fn.countAll<number>().as('n'))
        .$asScalar()
        .$notNull()
        .as('device_count'),
    ])
    .where('g.project_id', '=', project_id)
}

async function onceNamed<Result>(write: () => Promise<Result>): Promise<Result> {
  try {
    return await write()
  } catch (error) {
    if (!isUniqueViolation(error)) throw error
    throw wrong('conflict', 'name', 'is taken by another group of this project. Choose a different one')
  }
}
