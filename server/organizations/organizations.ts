import { randomUUID } from 'node:crypto'
import { actorOf, recordEvent } from '../audit/audit.ts'
import type { PersonCaller, Role } from '../caller.ts'
import type { AppContext } from '../context.ts'
import { isUniqueViolation } from '../db/errors.ts'
import { newId } from '../db/ids.ts'
import type { Database } from '../db/open.ts'
import { AppError } from '../errors.ts'

/** A tenant, as its members see it. Staff see the same thing as a client. */
export interface Organization {
  /** UUID; the wire's `client_id`. */
  id: string
  slug: string
  name: string
  created_at: string
}

export interface Client extends Organization {
  member_count: number
  live_key_count: number
  last_used_at: string | null
}

export interface ClientDetail extends Organization {
  /** Requests a minute for each of its keys; null: the server's default. */
  rate_limit: number | null
  members: { account_id: string; name: string; email: string; role: Role; created_at: string }[]
  projects: { id: string; slug: string; name: string; created_at: string }[]
}

/** A project, as switchers and lists name it. */
export interface ProjectName {
  id: string
  slug: string
  name: string
  /** Set while it takes no new episodes and no new devices. */
  archived_at: string | null
}

/** An organization somebody belongs to, with their role and its projects. */
export interface OwnOrganization {
  id: string
  slug: string
  name: string
  role: Role
  /** `default` first, then by name. */
  projects: ProjectName[]
}

/** The organizations a person belongs to, by name. */
export async function listOwnOrganizations(
  ctx: Pick<AppContext, 'db'>,
  account_id: string,
): Promise<OwnOrganization[]> {
  const rows = await ctx.db
    .selectFrom('members as m')
    .innerJoin('organizations as o', 'o.id', 'm.organization_id')
    .innerJoin('projects as p', 'p.organization_id', 'o.id')
    .select(['o.id', 'o.slug', 'o.name', 'm.role'])
    .select(['p.id as project_id', 'p.slug as project_slug', 'p.name as project_name', 'p.archived_at'])
    .where('m.account_id', '=', account_id)
    .orderBy('o.name')
    .orderBy('o.id')
    .orderBy((eb) => eb.case().when('p.slug', '=', 'default').then(0).else(1).end())
    .orderBy('p.name')
    .execute()
  const own = new Map<string, OwnOrganization>()
  for (const { id, slug, name, role, project_id, project_slug, project_name, archived_at } of rows) {
    const project = { id: project_id, slug: project_slug, name: project_name, archived_at }
    const seen = own.get(id)
    if (seen) seen.projects.push(project)
    else own.set(id, { id, slug, name, role, projects: [project] })
  }
  return [...own.values()]
}

/** What pages say of the organization that something belongs to. */
export async function findOrganization(
  ctx: Pick<AppContext, 'db'>,
  id: string,
): Promise<Pick<Organization, 'id' | 'slug' | 'name'> | undefined> {
  return ctx.db
    .selectFrom('organizations')
    .select(['id', 'slug', 'name'])
    .where('id', '=', id)
    .executeTakeFirst()
}

/** The one that somebody names by its slug or its id. */
export async function findOrganizationNamed(
  ctx: Pick<AppContext, 'db'>,
  named: string,
): Promise<{ id: string; slug: string } | undefined> {
  return ctx.db
    .selectFrom('organizations')
    .select(['id', 'slug'])
    .where((eb) => eb.or([eb('slug', '=', named), eb('id', '=', named.toLowerCase())]))
    .executeTakeFirst()
}

/** All clients of the installation with their counts, by name. For staff. */
export async function listClients(ctx: Pick<AppContext, 'db'>): Promise<Client[]> {
  return ctx.db
    .selectFrom('organizations as o')
    .select((select) => [
      'o.id',
      'o.slug',
      'o.name',
      'o.created_at',
      select
        .selectFrom('members as m')
        .whereRef('m.organization_id', '=', 'o.id')
        .select((count) => count.fn.countAll<number>().as('n'))
        .$asScalar()
        .$notNull()
        .as('member_count'),
      select
        .selectFrom('api_keys as k')
        .whereRef('k.organization_id', '=', 'o.id')
        .where('k.revoked_at', 'is', null)
        .select((count) => count.fn.countAll<number>().as('n'))
        .$asScalar()
        .$notNull()
        .as('live_key_count'),
      select
        .selectFrom('api_keys as u')
        .whereRef('u.organization_id', '=', 'o.id')
        .select((max) => max.fn.max('u.last_used_at').as('at'))
        .as('last_used_at'),
    ])
    .orderBy('o.name')
    .execute()
}

/** @throws AppError not_found */
export async function getClient(ctx: Pick<AppContext, 'db'>, id: string): Promise<ClientDetail> {
  const organization = await ctx.db
    .selectFrom('organizations')
    .select(['id', 'slug', 'name', 'created_at', 'rate_limit'])
    .where('id', '=', id)
    .executeTakeFirst()
  if (!organization) throw new AppError('not_found', 'No such client.')
  const members = await ctx.db
    .selectFrom('members as m')
    .innerJoin('accounts as a', 'a.id', 'm.account_id')
    .select(['m.account_id', 'a.name', 'a.email', 'm.role', 'm.created_at'])
    .where('m.organization_id', '=', id)
    .orderBy('m.created_at')
    .execute()
  const projects = await ctx.db
    .selectFrom('projects')
    .select(['id', 'slug', 'name', 'created_at'])
    .where('organization_id', '=', id)
    .orderBy('created_at')
    .execute()
  return { ...organization, members, projects }
}

/**
 * A new client, owned by the staff member who makes it, with its `default` project.
 *
 * @throws AppError conflict when the slug is taken
 */
export async function createClient(
  ctx: Pick<AppContext, 'db' | 'now'>,
  caller: PersonCaller,
  input: { name: string; slug?: string | undefined },
): Promise<ClientDetail> {
  const at = ctx.now().toISOString()
  try {
    const id = await ctx.db.transaction().execute(async (trx) => {
      const made = await insertOrganization(trx, caller.account_id, input, at)
      await recordEvent(trx, at, { ...changeOf(caller, made), action: 'client.created' })
      return made
    })
    return await getClient(ctx, id)
  } catch (error) {
    if (!isUniqueViolation(error)) throw error
    const message = 'is taken by another client. Choose a different one'
    throw new AppError('conflict', `slug: ${message}`, { errors: [{ path: 'slug', message }] })
  }
}

function changeOf(caller: PersonCaller, id: string) {
  return { actor: actorOf(caller), organization_id: id, target: id }
}

/** Writes the organization, its owner and its default project. Runs inside the caller's transaction. */
export async function insertOrganization(
  trx: Database,
  owner_id: string,
  input: { name: string; slug?: string | undefined },
  created_at: string,
): Promise<string> {
  const id = randomUUID()
  const slug = input.slug ?? slugOf(input.name)
  await trx
    .insertInto('organizations')
    .values({ id, slug, name: input.name, leaked_keys: 'revoke', created_at })
    .execute()
  await trx
    .insertInto('members')
    .values({ organization_id: id, account_id: owner_id, role: 'owner', created_at })
    .execute()
  await trx
    .insertInto('projects')
    .values({ id: newId('prj'), organization_id: id, slug: 'default', name: 'Default', created_at })
    .execute()
  return id
}

/**
 * @param otherwise what the slug of a name without any letter or digit begins with
 * @example slugOf('Halcyon Robotics, Lab 2') // 'halcyon-robotics-lab-2'
 */
export function slugOf(name: string, otherwise = 'org'): string {
  const slug = name
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 48)
    .replace(/-$/, '')
  return slug || `${otherwise}-${randomUUID().slice(0, 8)}`
}
