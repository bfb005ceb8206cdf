import type { CreatePackage, Package, PackageList } from '../../sdk/wire.ts'
import { actorOf, recordEvent } from '../audit/audit.ts'
import type { Caller } from '../caller.ts'
import type { AppContext } from '../context.ts'
import { newId } from '../db/ids.ts'
import type { Database } from '../db/open.ts'
import type { PackagesTable } from '../db/schema.gen.ts'
import { AppError } from '../errors.ts'
import { newestPage, type Paging } from '../http/paging.ts'
import { enter } from '../organizations/act-within.ts'
import { accountBehind } from '../robots/robots.ts'
import { behind, type ProjectAddress, refusePinned } from './capsules.ts'

/**
 * The packages of a project, newest first.
 *
 * @throws AppError not_found, insufficient_scope, forbidden; invalid_request for a cursor that was not made here
 */
export async function listPackages(
  ctx: Pick<AppContext, 'db'>,
  caller: Caller,
  input: ProjectAddress & Paging,
): Promise<PackageList> {
  const { project_id } = await enter(ctx, caller, input, 'fleet:read')
  const all = ctx.db.selectFrom('packages').where('project_id', '=', project_id)
  const { n } = await all.select(({ fn }) => fn.countAll<number>().as('n')).executeTakeFirstOrThrow()
  const page = await newestPage(input, async (limit, after) => {
    const newest = all.selectAll().orderBy('created_at', 'desc').orderBy('id', 'desc').limit(limit)
    return after ? newest.where(behind(after)).execute() : newest.execute()
  })
  const contents = await capsulesOf(
    ctx.db,
    page.items.map(({ id }) => id),
  )
  return { ...page, items: page.items.map((row) => toPackage(row, contents)), total: n }
}

/** @throws AppError not_found */
export async function getPackage(
  ctx: Pick<AppContext, 'db'>,
  caller: Caller,
  input: ProjectAddress & { package: string },
): Promise<Package> {
  const { project_id } = await enter(ctx, caller, input, 'fleet:read')
  const row = await ctx.db
    .selectFrom('packages')
    .selectAll()
    .where('id', '=', input.package)
    .where('project_id', '=', project_id)
    .executeTakeFirst()
  if (!row) throw new AppError('not_found', 'No such package.')
  return toPackage(row, await capsulesOf(ctx.db, [row.id]))
}

/**
 * Puts capsules together that are to be installed together.
 *
 * @throws AppError invalid_request for a capsule that is not in the project, forbidden for keys that are pinned to a
 *   device
 */
export async function createPackage(
  ctx: Pick<AppContext, 'db' | 'now'>,
  caller: Caller,
  input: ProjectAddress & CreatePackage,
): Promise<Package> {
  const { organization_id, project_id } = await enter(ctx, caller, input, 'fleet:write')
  refusePinned(caller)
  const created_by = await accountBehind(ctx, caller)
  const created_at = ctx.now().toISOString()
  const { name, configuration_id = null } = input
  const row = {
    ...{ id: newId('pkg'), organization_id, project_id, name, description: input.description ?? '' },
    ...{ configuration_id, created_by, created_at },
  }
  await ctx.db.transaction().execute(async (trx) => {
    await requireCapsules(trx, project_id, input.capsule_ids)
    await trx.insertInto('packages').values(row).execute()
    await trx
      .insertInto('package_capsules')
      .values(input.capsule_ids.map((capsule_id, position) => ({ package_id: row.id, position, capsule_id })))
      .execute()
    await recordEvent(trx, created_at, {
      action: 'package.created',
      actor: actorOf(caller),
      organization_id,
      target: row.id,
      detail: { name },
    })
  })
  return toPackage(row, await capsulesOf(ctx.db, [row.id]))
}

async function requireCapsules(trx: Database, project_id: string, ids: readonly string[]): Promise<void> {
  const found = await trx
    .selectFrom('capsules')
    .select('id')
    .where('project_id', '=', project_id)
    .where('removed_at', 'is', null)
    .where('id', 'in', ids)
    .execute()
  const known = new Set(found.map(({ id }) => id))
  const at = ids.findIndex((id) => !known.has(id))
  if (at < 0) return
  const path = `capsule_ids.${at}`
  const message = 'is no capsule of this project. Upload it first'
  throw new AppError('invalid_request', `${path}: ${message}`, { errors: [{ path, message }] })
}

/** How a package is called, for who has found its id in a row of their own. */
export async function findPackageName(db: Database, id: string): Promise<string | undefined> {
  const found = await db.selectFrom('packages').select('name').where('id', '=', id).executeTakeFirst()
  return found?.name
}

type Contents = ReadonlyMap<string, Package['capsules']>

async function capsulesOf(db: Database, package_ids: readonly string[]): Promise<Contents> {
  const contents = new Map<string, Package['capsules']>(package_ids.map((id) => [id, []]))
  if (package_ids.length === 0) return contents
  const rows = await db
    .selectFrom('package_capsules as p')
    .innerJoin('capsules as c', 'c.id', 'p.capsule_id')
    .select(['p.package_id', 'c.id', 'c.name', 'c.version'])
    .where('p.package_id', 'in', package_ids)
    .orderBy('p.position')
    .execute()
  for (const { package_id, ...capsule } of rows) contents.get(package_id)?.push(capsule)
  return contents
}

function toPackage(row: PackagesTable, contents: Contents): Package {
  const { id, name, description, configuration_id, created_at } = row
  return { id, name, description, capsules: contents.get(id) ?? [], configuration_id, created_at }
}
