import { describeApiToken } from '../api-tokens/own-token.ts'
import type { Caller } from '../caller.ts'
import type { AppContext } from '../context.ts'
import { AppError } from '../errors.ts'
import { requireRole, requireScope, scopesIn } from '../organizations/permissions.ts'
import { commonScopes, DEFAULT_SCOPES, SCOPES } from '../organizations/scopes.ts'
import { keyDaysOf } from './policy-days.ts'

type Ctx = Pick<AppContext, 'db' | 'now'>

/** What somebody asks a new key to be; who it belongs to is never asked but known. */
export interface KeyWish {
  /** Left out: what a key gets that asks for nothing, as far as the maker may. */
  scopes?: string[] | undefined
  project_id?: string | null | undefined
  /** Pins to the device's project as well. */
  device_id?: string | null | undefined
  /** ISO 8601; null: until it is revoked; left out: as long as the organization allows. */
  expires_at?: string | null | undefined
}

/** What a new key will be. */
export interface Grant {
  scopes: string
  project_id: string | null
  device_id: string | null
  expires_at: string | null
}

/** Who makes or changes keys, and what bounds whatever comes from them. */
export interface Maker {
  /** The person behind it: written down as who made the key. */
  account_id: string
  /** What a personal key makes stays its owner's; null for people and service keys. */
  bound_to: string | null
  project_id: string | null
  device_id: string | null
  /** A key or API token makes nothing that outlives it. */
  expires_at: string | null
}

/** @example const maker = await makerOf(ctx, caller) */
export async function makerOf(ctx: Ctx, caller: Caller): Promise<Maker> {
  if (caller.credential.kind !== 'api_key') {
    if (caller.kind !== 'person') throw new AppError('forbidden')
    return { account_id: caller.account_id, ...UNBOUND, expires_at: await endOfToken(ctx, caller) }
  }
  const row = await ctx.db
    .selectFrom('api_keys')
    .select(['created_by', 'account_id', 'project_id', 'device_id', 'expires_at'])
    .where('id', '=', caller.credential.id)
    .executeTakeFirstOrThrow()
  const { created_by, account_id, ...bounds } = row
  return { account_id: account_id ?? created_by, bound_to: account_id, ...bounds }
}

const UNBOUND = { bound_to: null, project_id: null, device_id: null }

/** Whoever finds an API token must not be able to turn its day into for ever; a person who is there may. */
async function endOfToken(ctx: Ctx, { credential }: Caller): Promise<string | null> {
  return credential.kind === 'api_token' ? (await describeApiToken(ctx, credential.id)).expires_at : null
}

/**
 * People manage keys by their role; a key, personal ones too, does so only with the scope keys:manage (security 14).
 *
 * @throws AppError not_found for strangers; insufficient_scope, forbidden
 */
export function requireMinter(caller: Caller, organization_id: string): void {
  if (caller.kind === 'organization' || caller.credential.kind === 'api_key') {
    requireScope(caller, organization_id, 'keys:manage')
  } else requireRole(caller, organization_id, 'member')
}

/**
 * What this caller may give of what is asked for.
 *
 * @throws AppError invalid_request that names the member and what would be allowed
 */
export async function grantIn(
  ctx: Ctx,
  caller: Caller,
  { maker, organization_id, wish }: { maker: Maker; organization_id: string; wish: KeyWish },
): Promise<Grant> {
  const scopes = grantScopes(wish.scopes, scopesIn(caller, organization_id), DEFAULT_SCOPES)
  const pin = await grantPin(ctx, { maker, organization_id, wish })
  const days = await keyDaysOf(ctx, { organization_id, account_id: null })
  return { scopes, ...pin, expires_at: grantEnd(ctx, wish.expires_at, latestEnd(ctx, maker, days)) }
}

/** In the order of SCOPES, so that equal rights are spelled equally. */
export function grantScopes(asked: string[] | undefined, allowed: string, usual: string): string {
  const scopes = asked === undefined ? commonScopes(usual, allowed) : asked.join(' ')
  if (scopes === '') throw wrong('scopes', 'must name at least one scope')
  const beyond = scopes.split(' ').filter((scope) => !allowed.split(' ').includes(scope))
  if (beyond.length > 0) {
    throw wrong('scopes', `may not include ${beyond.join(', ')}: you can give only what you may do yourself`)
  }
  return SCOPES.filter((scope) => scopes.split(' ').includes(scope)).join(' ')
}

/** The latest moment at which a key of this maker may end; undefined: it may live until it is revoked. */
export function latestEnd(
  ctx: Pick<AppContext, 'now'>,
  maker: Maker,
  days: number | null,
): string | undefined {
  const policy = days === null ? [] : [new Date(ctx.now().getTime() + days * DAY_MS).toISOString()]
  return [...policy, ...(maker.expires_at === null ? [] : [maker.expires_at])].sort()[0]
}

const DAY_MS = 86_400_000

export function grantEnd(
  ctx: Pick<AppContext, 'now'>,
  asked: string | null | undefined,
  latest: string | undefined,
): string | null {
  if (asked === undefined) return latest ?? null
  if (asked === null) {
    if (latest === undefined) return null
    throw wrong(
      'expires_at',
      `must be ${latest} at the latest: what you make here may not live until it is revoked`,
    )
  }
  if (asked <= ctx.now().toISOString()) throw wrong('expires_at', 'must lie in the future')
  if (latest !== undefined && asked > latest) throw wrong('expires_at', `must be ${latest} at the latest`)
  return asked
}

async function grantPin(
  ctx: Ctx,
  { maker, organization_id, wish }: { maker: Maker; organization_id: string; wish: KeyWish },
): Promise<{ project_id: string | null; device_id: string | null }> {
  const device_id = wish.device_id ?? maker.device_id
  const device = device_id === null ? undefined : await findDevice(ctx, organization_id, device_id)
  if (device_id !== null && !device) throw wrong('device_id', 'is no device of this organization')
  const project_id = wish.project_id ?? device?.project_id ?? maker.project_id
  if (device && project_id !== device.project_id) {
    throw wrong('project_id', "must be the device's own project, or left out")
  }
  if (project_id !== null && !(await hasProject(ctx, organization_id, project_id))) {
    throw wrong('project_id', 'is no project of this organization')
  }
  if (!isWithin(maker, { project_id, device_id })) {
    throw wrong(maker.device_id === null ? 'project_id' : 'device_id', 'must be what this key is pinned to')
  }
  return { project_id, device_id }
}

/** Whether something with this pin lies inside of what the maker is pinned to. */
export function isWithin(
  maker: Maker,
  pin: { project_id: string | null; device_id: string | null },
): boolean {
  if (maker.device_id !== null) return pin.device_id === maker.device_id
  return maker.project_id === null || pin.project_id === maker.project_id
}

async function findDevice(ctx: Ctx, organization_id: string, id: string) {
  return ctx.db
    .selectFrom('devices')
    .select('project_id')
    .where('id', '=', id)
    .where('organization_id', '=', organization_id)
    .where('removed_at', 'is', null)
    .executeTakeFirst()
}

async function hasProject(ctx: Ctx, organization_id: string, id: string): Promise<boolean> {
  const row = await ctx.db
    .selectFrom('projects')
    .select('id')
    .where('id', '=', id)
    .where('organization_id', '=', organization_id)
    .executeTakeFirst()
  return row !== undefined
}

function wrong(path: string, message: string): AppError {
  return new AppError('invalid_request', `${path}: ${message}`, { errors: [{ path, message }] })
}
