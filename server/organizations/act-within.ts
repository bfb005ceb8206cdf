import type { Caller, OrganizationCaller, PersonCaller } from '../caller.ts'
import type { AppContext } from '../context.ts'
import { AppError } from '../errors.ts'
import { isVisible, requireFactor, requireScope, scopesIn } from './permissions.ts'
import type { Scope } from './scopes.ts'

const UNNAMED = 'names no organization. Send its slug or id in the header X-RoboTrace-Organization'

/**
 * A person acting inside one organization, as a key of that organization would: for ingest, where nothing in the
 * address says whose an episode is.
 *
 * @param named slug or id; needed even by somebody who belongs to one organization only, because that may change
 * @throws AppError invalid_request when none is named, not_found when the person does not belong to it,
 *   second_factor_missing
 */
export async function actWithin(
  ctx: Pick<AppContext, 'db'>,
  caller: PersonCaller,
  named: string | undefined,
): Promise<OrganizationCaller> {
  if (!named) {
    throw new AppError('invalid_request', `The request ${UNNAMED}.`, {
      errors: [{ path: 'X-RoboTrace-Organization', message: UNNAMED }],
    })
  }
  const place = await findPlace(ctx, named, 'default')
  if (!place || !isVisible(caller, place.organization_id)) throw unknown('organization')
  requireFactor(caller, place.organization_id)
  const { ip, user_agent, request_id, credential, account_id } = caller
  return {
    kind: 'organization',
    credential,
    organization_id: place.organization_id,
    project_id: place.project_id,
    pinned_project_id: null,
    pinned_device_id: null,
    account_id,
    scopes: scopesIn(caller, place.organization_id),
    rate_limit: place.rate_limit,
    ip,
    user_agent,
    request_id,
  }
}

/**
 * The same caller in the project that a request names in the header `X-RoboTrace-Project`; without one, in the
 * project of its key, else in `default`.
 *
 * @param named slug or id
 * @throws AppError not_found for a project of somebody else, or outside of the key's pin
 */
export async function inProject(
  ctx: Pick<AppContext, 'db'>,
  caller: OrganizationCaller,
  named: string | undefined,
): Promise<OrganizationCaller> {
  if (!named) return caller
  const place = await findPlace(ctx, caller.organization_id, named)
  const pinned = caller.pinned_project_id
  if (!place || (pinned !== null && pinned !== place.project_id)) throw unknown('project')
  return { ...caller, project_id: place.project_id }
}

/** Taking a right away is possible everywhere, also in a project that is archived. */
export interface Anyway {
  archived_too?: boolean
}

/** What an address below /api/v1/organizations/:org names. */
export interface Place {
  organization_id: string
  organization_slug: string
  project_id: string
  project_slug: string
  /** Set while the project can only be read. */
  archived_at: string | null
  /** Of the organization: requests a minute for each of its keys; null: the server's default. */
  rate_limit: number | null
}

/**
 * The organization and project that an address names, once the caller may do this there.
 *
 * @throws AppError not_found for what is not the caller's (another tenant, or outside of a key's pin), as if it did
 *   not exist; insufficient_scope, forbidden; conflict for changing what is in an archived project
 * @example const { organization_id } = await enter(ctx, caller, { org: 'acme', project: 'warehouse' }, 'fleet:read')
 */
export async function enter(
  ctx: Pick<AppContext, 'db'>,
  caller: Caller,
  named: { org: string; project?: string | undefined },
  scope: Scope,
  { archived_too = false }: Anyway = {},
): Promise<Place> {
  const place = await findPlace(ctx, named.org, named.project ?? 'default')
  const theirs = place !== undefined && belongsTo(caller, place.organization_id)
  if (!theirs) throw unknown(named.project === undefined ? 'organization' : 'project')
  const pinned = caller.kind === 'organization' ? caller.pinned_project_id : null
  if (named.project !== undefined && pinned !== null && pinned !== place.project_id) throw unknown('project')
  requireScope(caller, place.organization_id, scope)
  if (named.project !== undefined && scope.endsWith(':write') && !archived_too) requireLive(place)
  return place
}

/** An archived project is there to be read. @throws AppError conflict */
export function requireLive({ project_slug, archived_at }: Place): void {
  if (archived_at === null) return
  throw new AppError(
    'conflict',
    `The project ${project_slug} is archived: it takes no new episodes, devices or other changes. Restore it first.`,
  )
}

/**
 * The organization that an address names, for what more than one scope allows: the noun asks what it needs.
 *
 * @throws AppError not_found for what is not the caller's, second_factor_missing
 */
export async function enterOrganization(
  ctx: Pick<AppContext, 'db'>,
  caller: Caller,
  org: string,
): Promise<{ organization_id: string }> {
  const place = await findPlace(ctx, org, 'default')
  if (!place || !belongsTo(caller, place.organization_id)) throw unknown('organization')
  requireFactor(caller, place.organization_id)
  return { organization_id: place.organization_id }
}

function belongsTo(caller: Caller, organization_id: string): boolean {
  if (caller.kind === 'organization') return caller.organization_id === organization_id
  return isVisible(caller, organization_id)
}

async function findPlace(
  ctx: Pick<AppContext, 'db'>,
  organization: string,
  project: string,
): Promise<Place | undefined> {
  return ctx.db
    .selectFrom('organizations as o')
    .innerJoin('projects as p', 'p.organization_id', 'o.id')
    .select([
      'o.id as organization_id',
      'o.slug as organization_slug',
      'p.id as project_id',
      'p.slug as project_slug',
      'p.archived_at',
      'o.rate_limit',
    ])
    .where((eb) => eb.or([eb('o.slug', '=', organization), eb('o.id', '=', organization.toLowerCase())]))
    .where((eb) => eb.or([eb('p.slug', '=', project), eb('p.id', '=', project)]))
    .executeTakeFirst()
}

function unknown(what: string): AppError {
  return new AppError('not_found', `No such ${what}.`)
}
