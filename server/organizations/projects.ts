import type { ProjectBody } from '../../sdk/wire.ts'
import { actorOf, recordEvent } from '../audit/audit.ts'
import type { Caller } from '../caller.ts'
import type { AppContext } from '../context.ts'
import { isUniqueViolation } from '../db/errors.ts'
import { newId } from '../db/ids.ts'
import type { Database } from '../db/open.ts'
import { AppError } from '../errors.ts'
import { enter, enterOrganization } from './act-within.ts'
import { slugOf } from './organizations.ts'
import { requireScope } from './permissions.ts'

type Ctx = Pick<AppContext, 'db' | 'now'>

/** The project that every organization has, and that requests without a project mean. */
export const DEFAULT_PROJECT = 'default'

/**
 * The projects of an organization, by name; a key that is pinned to one sees that one. Anybody in the organization
 * may look.
 *
 * @throws AppError not_found for somebody else's organization
 */
export async function listProjects(
  ctx: Pick<AppContext, 'db'>,
  caller: Caller,
  { org }: { org: string },
): Promise<ProjectBody[]> {
  const { organization_id } = await enterOrganization(ctx, caller, org)
  return readProjects(ctx.db, { organization_id, id: pinOf(caller) ?? undefined })
}

/** @throws AppError not_found, also for a key that is pinned to another project */
export async function getProject(
  ctx: Pick<AppContext, 'db'>,
  caller: Caller,
  { org, project }: { org: string; project: string },
): Promise<ProjectBody> {
  const all = await listProjects(ctx, caller, { org })
  const found = all.find((one) => one.slug === project || one.id === project)
  if (!found) throw new AppError('not_found', 'No such project.')
  return found
}

/**
 * A new project. For admins and owners, and for keys with the scope `admin` that are not pinned.
 *
 * @throws AppError forbidden, insufficient_scope, not_found; conflict when the slug is taken
 * @example await createProject(ctx, caller, { org: 'acme', name: 'Warehouse' })
 */
export async function createProject(
  ctx: Ctx,
  caller: Caller,
  { org, name, slug = slugOf(name, 'project') }: { org: string; name: string; slug?: string | undefined },
): Promise<ProjectBody> {
  const { organization_id } = await enterOrganization(ctx, caller, org)
  requireScope(caller, organization_id, 'admin')
  if (pinOf(caller) !== null) throw new AppError('forbidden')
  const [id, created_at] = [newId('prj'), ctx.now().toISOString()]
  try {
    await ctx.db.transaction().execute(async (trx) => {
      await trx.insertInto('projects').values({ id, organization_id, slug, name, created_at }).execute()
      await recordEvent(trx, created_at, {
        action: 'project.created',
        actor: actorOf(caller),
        organization_id,
        target: id,
        detail: { name, slug },
      })
    })
  } catch (error) {
    if (!isUniqueViolation(error)) throw error
    const message = `is taken: another project here is called ${slug} in addresses. Choose a different one`
    throw new AppError('conflict', `slug: ${message}`, { errors: [{ path: 'slug', message }] })
  }
  return getProject(ctx, caller, { org, project: id })
}

/**
 * Renames, archives or restores a project; its slug stays, and so do all addresses. An archived project can be read
 * but takes no new episodes and no changes. Asking for what is so already changes nothing.
 *
 * @throws AppError forbidden, insufficient_scope, not_found; conflict for archiving the default project
 */
export async function changeProject(
  ctx: Ctx,
  caller: Caller,
  { org, project, name, archived }: { org: string; project: string; name?: string; archived?: boolean },
): Promise<ProjectBody> {
  const at = ctx.now().toISOString()
  const { organization_id, project_id } = await enter(ctx, caller, { org, project }, 'admin')
  if (caller.kind === 'organization' && caller.pinned_device_id !== null) throw new AppError('forbidden')
  await ctx.db.transaction().execute(async (trx) => {
    const before = await trx
      .selectFrom('projects')
      .select(['slug', 'name', 'archived_at'])
      .where('id', '=', project_id)
      .executeTakeFirstOrThrow()
    const event = { actor: actorOf(caller), organization_id, target: project_id }
    if (name !== undefined && name !== before.name) {
      await trx.updateTable('projects').set({ name }).where('id', '=', project_id).execute()
      const detail = { from: before.name, to: name }
      await recordEvent(trx, at, { ...event, action: 'project.renamed', detail })
    }
    if (archived === undefined || archived === (before.archived_at !== null)) return
    if (archived && before.slug === DEFAULT_PROJECT) throw defaultStays()
    const archived_at = archived ? at : null
    await trx.updateTable('projects').set({ archived_at }).where('id', '=', project_id).execute()
    const action = archived ? 'project.archived' : 'project.restored'
    await recordEvent(trx, at, { ...event, action, detail: { name: name ?? before.name } })
  })
  return getProject(ctx, caller, { org, project: project_id })
}

function defaultStays(): AppError {
  const message = 'cannot be true: the project default is where requests go that name no project'
  return new AppError('conflict', `archived: ${message}`, { errors: [{ path: 'archived', message }] })
}

function pinOf(caller: Caller): string | null {
  return caller.kind === 'organization' ? caller.pinned_project_id : null
}

/** With what each holds, from the rollups that are kept with every change. */
async function readProjects(
  db: Database,
  { organization_id, id }: { organization_id: string; id: string | undefined },
): Promise<ProjectBody[]> {
  const rows = await db
    .selectFrom('projects as p')
    .innerJoin('organizations as o', 'o.id', 'p.organization_id')
    .select((select) => [
      ...(['p.id', 'p.slug', 'p.name', 'o.slug as organization', 'p.created_at', 'p.archived_at'] as const),
      select
        .selectFrom('episode_days as e')
        .whereRef('e.project_id', '=', 'p.id')
        .where('e.device_id', '=', '')
        .select((sum) => sum.fn.sum<number>('e.n').as('n'))
        .as('episode_count'),
      select
        .selectFrom('device_counts as d')
        .whereRef('d.project_id', '=', 'p.id')
        .select((sum) => sum.fn.sum<number>('d.n').as('n'))
        .as('device_count'),
    ])
    .where('p.organization_id', '=', organization_id)
    .$if(id !== undefined, (query) => query.where('p.id', '=', id ?? ''))
    .orderBy('p.name')
    .execute()
  return rows.map((row) => ({
    ...row,
    episode_count: row.episode_count ?? 0,
    device_count: row.device_count ?? 0,
  }))
}
