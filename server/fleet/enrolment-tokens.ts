import type {
  EnrolmentToken,
  EnrolmentTokenList,
  MadeEnrolmentToken,
  MakeEnrolmentToken,
} from '../../sdk/wire.ts'
import { requireFreshAccess } from '../accounts/verified.ts'
import { makerOf } from '../api-keys/grants.ts'
import { makeKey } from '../api-keys/key-format.ts'
import { actorOf, recordEvent } from '../audit/audit.ts'
import type { Caller } from '../caller.ts'
import type { AppContext } from '../context.ts'
import { isUniqueViolation } from '../db/errors.ts'
import type { Database } from '../db/open.ts'
import type { EnrolmentTokensTable } from '../db/schema.gen.ts'
import { AppError } from '../errors.ts'
import { newestPage, type Paging } from '../http/paging.ts'
import { enter, type Place } from '../organizations/act-within.ts'
import { requireScope } from '../organizations/permissions.ts'
import { DEFAULT_SCOPES, SCOPES } from '../organizations/scopes.ts'
import { type ProjectAddress, refusePinned } from './devices.ts'
import { requireGroup } from './memberships.ts'

type Ctx = Pick<AppContext, 'db' | 'now'>

/** What each device gets that enrols. */
export const DEVICE_SCOPES = DEFAULT_SCOPES

/** Old ones are looked up in the audit trail. */
const MOST_LISTED = 200

const DAY_S = 86_400

/** The newest of a project. @throws AppError not_found, insufficient_scope, forbidden */
export async function listEnrolmentTokens(
  ctx: Ctx,
  caller: Caller,
  input: ProjectAddress,
): Promise<EnrolmentToken[]> {
  const { project_id } = await enter(ctx, caller, input, 'fleet:read')
  refusePinned(caller)
  const query = tokenRows(ctx.db, project_id)
    .orderBy('t.created_at', 'desc')
    .orderBy('t.id')
    .limit(MOST_LISTED)
  return (await query.execute()).map((row) => toToken(row, ctx.now()))
}

/**
 * All of them, newest first, page by page. A project has hundreds, so they are counted.
 *
 * @throws AppError as listEnrolmentTokens; invalid_request for a cursor that was not made here
 */
export async function pageEnrolmentTokens(
  ctx: Ctx,
  caller: Caller,
  input: ProjectAddress & Paging,
): Promise<EnrolmentTokenList> {
  const { project_id } = await enter(ctx, caller, input, 'fleet:read')
  refusePinned(caller)
  const { total } = await ctx.db
    .selectFrom('enrolment_tokens')
    .select(({ fn }) => fn.countAll<number>().as('total'))
    .where('project_id', '=', project_id)
    .executeTakeFirstOrThrow()
  const page = await newestPage(input, (limit, after) => {
    const newest = tokenRows(ctx.db, project_id).orderBy('t.created_at', 'desc').orderBy('t.id', 'desc')
    const rows = newest.limit(limit)
    if (!after) return rows.execute()
    return rows
      .where(({ eb, refTuple, tuple }) =>
        eb(refTuple('t.created_at', 't.id'), '<', tuple(after.created_at, after.id)),
      )
      .execute()
  })
  return { ...page, items: page.items.map((row) => toToken(row, ctx.now())), total }
}

/**
 * Makes a text that robots swap for keys of their own, so many times. The answer is the only place where it ever
 * appears; the row keeps its SHA-256.
 *
 * Letting robots in is minting keys that live on, so it takes what that takes: administrators and service keys with
 * `fleet:write`, `keys:manage` and all that the devices get. What ends by itself (an API token, a key with an end) or
 * with somebody (a personal key) makes none: the devices' keys would outlive it.
 *
 * @throws AppError forbidden, insufficient_scope, not_found; invalid_request for a group of elsewhere;
 *   step_up_required for an access token on an old password
 * @example const { token } = await makeEnrolmentToken(ctx, caller, { org, project, label: 'cell 2', uses: 50 })
 */
export async function makeEnrolmentToken(
  ctx: Ctx,
  caller: Caller,
  input: ProjectAddress & MakeEnrolmentToken,
): Promise<MadeEnrolmentToken> {
  const place = await enter(ctx, caller, input, 'fleet:write')
  const created_by = await requireMaker(ctx, caller, place)
  const { group_id = null } = input
  if (group_id !== null) await requireGroup(ctx.db, place.project_id, group_id, 'group_id')
  const now = ctx.now()
  const created_at = now.toISOString()
  const expires_at = new Date(now.getTime() + (input.expires_in ?? DAY_S) * 1000).toISOString()
  const { key: token, id, hash: secret_hash } = makeKey('rte')
  const { organization_id, project_id } = place
  const uses_max = input.uses ?? 1
  const gives = { device_type: input.type || null, environment: input.environment || null, group_id }
  const row = { id, organization_id, project_id, label: input.label, secret_hash, ...gives, uses_max }
  try {
    await ctx.db.transaction().execute(async (trx) => {
      await trx
        .insertInto('enrolment_tokens')
        .values({ ...row, use_count: 0, created_by, created_at, expires_at })
        .execute()
      const detail = { label: input.label, project_id, uses: uses_max, expires_at }
      const event = { actor: actorOf(caller), organization_id, target: id, detail }
      await recordEvent(trx, created_at, { action: 'enrolment_token.made', ...event })
    })
  } catch (error) {
    // Ten base-36 characters collide about once in 10^15 pairs; the next draw is free.
    if (isUniqueViolation(error)) return makeEnrolmentToken(ctx, caller, input)
    throw error
  }
  return { token, enrolment_token: await readToken(ctx, project_id, id) }
}

/** Ends it at once; devices that it let in keep their keys. Revoking again changes nothing. @throws AppError not_found */
export async function revokeEnrolmentToken(
  ctx: Ctx,
  caller: Caller,
  input: ProjectAddress & { token: string },
): Promise<EnrolmentToken> {
  const anyway = { archived_too: true }
  const { organization_id, project_id } = await enter(ctx, caller, input, 'fleet:write', anyway)
  refusePinned(caller)
  requireScope(caller, organization_id, 'keys:manage')
  const { id } = await readToken(ctx, project_id, input.token)
  const { account_id: revoked_by } = await makerOf(ctx, caller)
  const revoked_at = ctx.now().toISOString()
  await ctx.db.transaction().execute(async (trx) => {
    const ended = await trx
      .updateTable('enrolment_tokens')
      .set({ revoked_at, revoked_by })
      .where('id', '=', id)
      .where('revoked_at', 'is', null)
      .returning('id')
      .executeTakeFirst()
    if (!ended) return
    const event = { actor: actorOf(caller), organization_id, target: id }
    await recordEvent(trx, revoked_at, { action: 'enrolment_token.revoked', ...event })
  })
  return readToken(ctx, project_id, id)
}

/** @returns the person behind it */
async function requireMaker(ctx: Ctx, caller: Caller, { organization_id }: Place): Promise<string> {
  refusePinned(caller)
  const gives = new Set(['keys:manage', ...DEVICE_SCOPES.split(' ')])
  for (const scope of SCOPES.filter((one) => gives.has(one))) requireScope(caller, organization_id, scope)
  requireFreshAccess(ctx, caller)
  const maker = await makerOf(ctx, caller)
  if (maker.expires_at === null && maker.bound_to === null) return maker.account_id
  throw new AppError(
    'forbidden',
    'The keys of enrolled devices would outlive what you present. Make enrolment tokens in the portal, or with a service key that has no end.',
  )
}

type TokenRow = EnrolmentTokensTable & { group_name: string | null }

function tokenRows(db: Database, project_id: string) {
  return db
    .selectFrom('enrolment_tokens as t')
    .leftJoin('device_groups as g', 'g.id', 't.group_id')
    .selectAll('t')
    .select('g.name as group_name')
    .where('t.project_id', '=', project_id)
}

async function readToken(ctx: Ctx, project_id: string, id: string): Promise<EnrolmentToken> {
  const row = await tokenRows(ctx.db, project_id).where('t.id', '=', id).executeTakeFirst()
  if (row) return toToken(row, ctx.now())
  throw new AppError('not_found', 'No such enrolment token.')
}

function toToken(row: TokenRow, now: Date): EnrolmentToken {
  const { id, label, device_type: type, environment, group_id, group_name } = row
  const { uses_max, use_count, created_at, expires_at, last_used_at, revoked_at } = row
  return {
    ...{
      id,
      label,
      type,
      environment,
      uses_max,
      use_count,
      created_at,
      expires_at,
      last_used_at,
      revoked_at,
    },
    group: group_id === null ? null : { id: group_id, name: group_name ?? '' },
    status: statusOf(row, now),
  }
}

function statusOf(row: TokenRow, now: Date): EnrolmentToken['status'] {
  if (row.revoked_at !== null) return 'revoked'
  if (row.expires_at <= now.toISOString()) return 'expired'
  return row.use_count < row.uses_max ? 'live' : 'used_up'
}
