import type { ExpressionBuilder } from 'kysely'
import type { Capsule, CapsuleList, RemovedCapsule } from '../../sdk/wire.ts'
import { actorOf, recordEvent } from '../audit/audit.ts'
import { askToRemove, removeBlobs } from '../blobs/removals.ts'
import type { Caller } from '../caller.ts'
import type { AppContext } from '../context.ts'
import type { Database } from '../db/open.ts'
import type { Position } from '../db/page.ts'
import type { CapsulesTable, Schema } from '../db/schema.gen.ts'
import { AppError } from '../errors.ts'
import { newestPage, type Paging } from '../http/paging.ts'
import { enter } from '../organizations/act-within.ts'
import type { Scope } from '../organizations/scopes.ts'

export interface ProjectAddress {
  org: string
  project: string
}
export interface CapsuleAddress extends ProjectAddress {
  capsule: string
}

interface CapsuleFilters {
  name?: string | undefined
  type?: Capsule['type'] | undefined
}

/**
 * The capsules of a project, newest first. A project has hundreds, so they are counted.
 *
 * @throws AppError not_found, insufficient_scope, forbidden; invalid_request for a cursor that was not made here
 */
export async function listCapsules(
  ctx: Pick<AppContext, 'db'>,
  caller: Caller,
  input: ProjectAddress & CapsuleFilters & Paging,
): Promise<CapsuleList> {
  const { project_id } = await enter(ctx, caller, input, 'fleet:read')
  const fitting = capsulesOf(ctx.db, project_id, input)
  const { n } = await fitting.select(({ fn }) => fn.countAll<number>().as('n')).executeTakeFirstOrThrow()
  const page = await newestPage(input, async (limit, after) => {
    const newest = fitting.selectAll().orderBy('created_at', 'desc').orderBy('id', 'desc').limit(limit)
    return after ? newest.where(behind(after)).execute() : newest.execute()
  })
  return { ...page, items: page.items.map(toCapsule), total: n }
}

function capsulesOf(db: Database, project_id: string, { name, type }: CapsuleFilters) {
  let query = db.selectFrom('capsules').where('project_id', '=', project_id).where('removed_at', 'is', null)
  if (name) query = query.where('name', '=', name)
  if (type) query = query.where('type', '=', type)
  return query
}

/** Older than that. */
export function behind(after: Position) {
  return ({ eb, refTuple, tuple }: ExpressionBuilder<Schema, 'capsules' | 'packages'>) =>
    eb(refTuple('created_at', 'id'), '<', tuple(after.created_at, after.id))
}

/** @throws AppError not_found */
export async function getCapsule(
  ctx: Pick<AppContext, 'db'>,
  caller: Caller,
  input: CapsuleAddress,
): Promise<Capsule> {
  return toCapsule(await findCapsule(ctx, caller, input, 'fleet:read'))
}

/**
 * Takes a capsule out of the project; its bytes go behind the request's back, also after a crash.
 *
 * @throws AppError not_found; conflict while a package holds it; forbidden for keys that are pinned to a device
 */
export async function removeCapsule(
  ctx: Pick<AppContext, 'db' | 'blobs' | 'now' | 'background' | 'log'>,
  caller: Caller,
  input: CapsuleAddress,
): Promise<RemovedCapsule> {
  const { id, name, version, blob_key, organization_id } = await findCapsule(
    ctx,
    caller,
    input,
    'fleet:write',
  )
  refusePinned(caller)
  const removed_at = ctx.now().toISOString()
  await ctx.db.transaction().execute(async (trx) => {
    await refuseInstalled(trx, id)
    const removed = await trx
      .updateTable('capsules')
      .set({ removed_at })
      .where('id', '=', id)
      .where('removed_at', 'is', null)
      .returning('size_bytes')
      .executeTakeFirst()
    if (!removed) throw noCapsule()
    const blobs = [{ blob_key, size_bytes: removed.size_bytes }]
    await askToRemove(trx, removed_at, { organization_id, blobs })
    await recordEvent(trx, removed_at, {
      action: 'capsule.removed',
      actor: actorOf(caller),
      organization_id,
      target: id,
      detail: { name, version },
    })
  })
  ctx.background.add('remove the bytes of a capsule', () => removeBlobs(ctx))
  return { id, removed_at }
}

async function refuseInstalled(trx: Database, capsule_id: string): Promise<void> {
  const within = await trx
    .selectFrom('package_capsules as c')
    .innerJoin('packages as p', 'p.id', 'c.package_id')
    .select('p.name')
    .where('c.capsule_id', '=', capsule_id)
    .executeTakeFirst()
  if (!within) return
  throw new AppError(
    'conflict',
    `This capsule is part of the package ${within.name} and stays as long as it does.`,
  )
}

/**
 * The row of a capsule that an address names, once the caller may do this there.
 *
 * @throws AppError not_found, insufficient_scope, forbidden
 */
export async function findCapsule(
  ctx: Pick<AppContext, 'db'>,
  caller: Caller,
  input: CapsuleAddress,
  scope: Scope,
): Promise<CapsulesTable> {
  const { project_id } = await enter(ctx, caller, input, scope)
  const row = await ctx.db
    .selectFrom('capsules')
    .selectAll()
    .where('id', '=', input.capsule)
    .where('project_id', '=', project_id)
    .where('removed_at', 'is', null)
    .executeTakeFirst()
  if (!row) throw noCapsule()
  return row
}

function noCapsule(): AppError {
  return new AppError('not_found', 'No such capsule.')
}

/** A robot reads what it is to run; it does not say what that is. @throws AppError forbidden */
export function refusePinned(caller: Caller): void {
  if (caller.kind !== 'organization' || caller.pinned_device_id === null) return
  throw new AppError('forbidden', 'This key is for one device; it changes no software.')
}

export function toCapsule(row: CapsulesTable): Capsule {
  const { id, name, version, type, size_bytes, file_name, created_at, created_by, sha256 } = row
  return {
    id,
    name,
    version,
    type,
    size_bytes,
    checksum: `sha256:${sha256}`,
    file_name,
    created_at,
    created_by,
  }
}
