import type { PersonCaller } from '../caller.ts'
import type { AppContext } from '../context.ts'
import { AppError } from '../errors.ts'
import { requireRole } from '../organizations/permissions.ts'

type Ctx = Pick<AppContext, 'db' | 'now'>

/** How many days the pages draw. */
export const DAYS_SHOWN = 30

/** How many places the pages show of the fifty that are kept. */
const ORIGINS_SHOWN = 5

/** From where a key was used, with what. */
export interface KeyOrigin {
  /** IPv4 address or IPv6 /64. */
  network: string
  user_agent: string
  first_used_at: string
  last_used_at: string
  use_count: number
}

export interface KeyHistory {
  /** The last five, latest first. */
  origins: KeyOrigin[]
  /** Uses in each of the last 30 days, today last. */
  days: number[]
}

/**
 * What a key was used for, as far as it is kept. Whoever may see the key may see this.
 *
 * @throws AppError not_found
 */
export async function keyHistory(ctx: Ctx, caller: PersonCaller, id: string): Promise<KeyHistory> {
  const key = await ctx.db
    .selectFrom('api_keys')
    .select(['organization_id', 'account_id'])
    .where('id', '=', id)
    .executeTakeFirst()
  const isOwn = key?.account_id === caller.account_id
  if (!key || (key.organization_id === null && !isOwn)) throw unknown()
  if (key.organization_id !== null) requireRole(caller, key.organization_id, 'viewer')
  const origins = await ctx.db
    .selectFrom('api_key_origins')
    .select(['network', 'user_agent', 'first_used_at', 'last_used_at', 'use_count'])
    .where('api_key_id', '=', id)
    .orderBy('last_used_at', 'desc')
    .limit(ORIGINS_SHOWN)
    .execute()
  const rows = await ctx.db
    .selectFrom('api_key_days')
    .select(['day', 'use_count'])
    .where('api_key_id', '=', id)
    .where('day', '>=', firstDay(ctx))
    .execute()
  return { origins, days: spread(ctx, rows) }
}

/**
 * Uses of each key of an organization in the last 30 days, today last; keys without any are left out, and those of
 * devices unless they are asked for.
 */
export async function usesByDay(
  ctx: Ctx,
  caller: PersonCaller,
  { organization_id, devices = false }: { organization_id: string; devices?: boolean | undefined },
): Promise<Record<string, number[]>> {
  requireRole(caller, organization_id, 'viewer')
  const rows = await ctx.db
    .selectFrom('api_key_days as d')
    .innerJoin('api_keys as k', 'k.id', 'd.api_key_id')
    .select(['d.api_key_id', 'd.day', 'd.use_count'])
    .where('k.organization_id', '=', organization_id)
    .where('d.day', '>=', firstDay(ctx))
    .$if(!devices, (query) => query.where('k.device_id', 'is', null))
    .execute()
  const byKey = new Map<string, { day: string; use_count: number }[]>()
  for (const row of rows) {
    const days = byKey.get(row.api_key_id) ?? []
    byKey.set(row.api_key_id, days)
    days.push(row)
  }
  return Object.fromEntries([...byKey].map(([id, days]) => [id, spread(ctx, days)]))
}

export interface Pins {
  projects: { id: string; name: string }[]
  devices: { id: string; name: string; project_id: string }[]
}

/** What a key of this organization can be pinned to. Any member may look. */
export async function findPins(
  ctx: Pick<AppContext, 'db'>,
  caller: PersonCaller,
  { organization_id }: { organization_id: string },
): Promise<Pins> {
  requireRole(caller, organization_id, 'viewer')
  const projects = await ctx.db
    .selectFrom('projects')
    .select(['id', 'name'])
    .where('organization_id', '=', organization_id)
    .orderBy('name')
    .execute()
  const devices = await ctx.db
    .selectFrom('devices')
    .select(['id', 'name', 'project_id'])
    .where('organization_id', '=', organization_id)
    .where('removed_at', 'is', null)
    .orderBy('name')
    .execute()
  return { projects, devices }
}

const DAY_MS = 86_400_000

function dayBefore(ctx: Pick<AppContext, 'now'>, days: number): string {
  return new Date(ctx.now().getTime() - days * DAY_MS).toISOString().slice(0, 10)
}

function firstDay(ctx: Pick<AppContext, 'now'>): string {
  return dayBefore(ctx, DAYS_SHOWN - 1)
}

/** Days without a row are zero. */
function spread(ctx: Pick<AppContext, 'now'>, rows: { day: string; use_count: number }[]): number[] {
  const counts = new Map(rows.map(({ day, use_count }) => [day, use_count]))
  return Array.from({ length: DAYS_SHOWN }, (_, at) => counts.get(dayBefore(ctx, DAYS_SHOWN - 1 - at)) ?? 0)
}

function unknown(): AppError {
  return new AppError('not_found', 'No such API key.')
}
