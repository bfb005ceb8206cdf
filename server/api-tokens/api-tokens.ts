import { requireFreshAccess } from '../accounts/verified.ts'
import { actorOf, recordEvent } from '../audit/audit.ts'
import type { PersonCaller } from '../caller.ts'
import type { AppContext } from '../context.ts'
import { newId } from '../db/ids.ts'
import { AppError } from '../errors.ts'
import { signToken } from '../jwt.ts'

/** What its owner sees of an API token; its text comes from revealApiToken alone. */
export interface ApiToken {
  /** `tok_…`: the token's jti. */
  id: string
  created_at: string
  expires_at: string
  expired: boolean
  last_used_at: string | null
  /** Where it was made. */
  ip: string
}

type Ctx = Pick<AppContext, 'db' | 'now'>
type SigningCtx = Ctx & Pick<AppContext, 'signing' | 'config'>

/** The lives offered by name, in seconds. */
export const LIVES = {
  '1h': 3_600,
  '24h': 86_400,
  '7d': 604_800,
  '30d': 2_592_000,
  '90d': 7_776_000,
} as const
export const LEAST_LIFE_S = 60
export const MOST_LIFE_S = 365 * 86_400

/** So many of one person live at the same time. */
const MOST_LIVE = 100

/** An expired token is still listed for so long, so that its owner sees why something stopped. */
const LISTED_AFTER_EXPIRY_MS = 30 * 86_400 * 1000

const COLUMNS = ['id', 'account_id', 'key_id', 'ip', 'created_at', 'expires_at', 'last_used_at'] as const

interface TokenRow extends Omit<ApiToken, 'expired'> {
  account_id: string
  key_id: string
}

/** One's own tokens, those that work first, newest first; revoked ones are gone from the list. */
export async function listApiTokens(ctx: Ctx, caller: PersonCaller): Promise<ApiToken[]> {
  const now = ctx.now()
  const oldest = new Date(now.getTime() - LISTED_AFTER_EXPIRY_MS).toISOString()
  const rows = await ctx.db
    .selectFrom('api_tokens')
    .select(COLUMNS)
    .where('account_id', '=', caller.account_id)
    .where('revoked_at', 'is', null)
    .where('expires_at', '>', oldest)
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .execute()
  const all = rows.map((row) => toApiToken(row, now))
  return [...all.filter(({ expired }) => !expired), ...all.filter(({ expired }) => expired)]
}

/**
 * Makes a token that acts as its user in every organization the user belongs to. Nothing secret is stored: the text
 * is signed again from the row whenever it is revealed.
 *
 * @param life_s seconds, LEAST_LIFE_S to MOST_LIFE_S
 * @throws AppError forbidden when the caller is itself an API token or an API key: those would outlive their own end
 *   through successors (security: a credential mints none for itself); conflict with too many live ones
 * @example const { id } = await makeApiToken(ctx, caller, { life_s: LIVES['24h'] })
 */
export async function makeApiToken(
  ctx: SigningCtx,
  caller: PersonCaller,
  { life_s }: { life_s: number },
): Promise<ApiToken> {
  requireOwnHand(caller)
  requireFreshAccess(ctx, caller)
  const now = ctx.now()
  // JWT times are whole seconds; rounded down, so that a token is never issued in the future.
  const issued_s = Math.floor(now.getTime() / 1000)
  const row = {
    id: newId('tok'),
    account_id: caller.account_id,
    key_id: ctx.signing.tokens[0]?.id ?? '',
    ip: caller.ip,
    created_at: new Date(issued_s * 1000).toISOString(),
    expires_at: new Date((issued_s + life_s) * 1000).toISOString(),
  }
  await ctx.db.transaction().execute(async (trx) => {
    const { live } = await trx
      .selectFrom('api_tokens')
      .select((eb) => eb.fn.countAll<number>().as('live'))
      .where('account_id', '=', caller.account_id)
      .where('revoked_at', 'is', null)
      .where('expires_at', '>', now.toISOString())
      .executeTakeFirstOrThrow()
    if (live >= MOST_LIVE) {
      throw new AppError('conflict', `You have ${MOST_LIVE} API tokens that work. Revoke some of them first.`)
    }
    await trx.insertInto('api_tokens').values(row).execute()
    await recordEvent(trx, now.toISOString(), {
      action: 'api_token.made',
      actor: actorOf(caller),
      target: row.id,
      detail: { expires_at: row.expires_at },
    })
  })
  return toApiToken({ ...row, last_used_at: null }, now)
}

/** A browser session, or an access token got for a password: what a person signed in with. */
function requireOwnHand(caller: PersonCaller): void {
  const { kind } = caller.credential
  if (kind === 'session' || kind === 'access_token') return
  const what = kind === 'api_token' ? 'An API token' : 'An API key'
  throw new AppError(
    'forbidden',
    `${what} makes no API tokens. Sign in with POST /api/v1/auth/login, or make it in the portal under API tokens.`,
  )
}

/**
 * The text of a token, signed again from its row: the same bytes every time.
 *
 * @throws AppError not_found for what is not one's own or is revoked; conflict when it has expired, or when the
 *   secret that signed it is not kept any more, which has ended it as well
 */
export async function revealApiToken(
  ctx: SigningCtx,
  caller: PersonCaller,
  id: string,
): Promise<{ token: string; api_token: ApiToken }> {
  const now = ctx.now()
  const row = await ctx.db
    .selectFrom('api_tokens')
    .select(COLUMNS)
    .where('id', '=', id)
    .where('account_id', '=', caller.account_id)
    .where('revoked_at', 'is', null)
    .executeTakeFirst()
  if (!row) throw unknown()
  const api_token = toApiToken(row, now)
  if (api_token.expired) throw new AppError('conflict', 'This API token has expired. Make a new one.')
  const token = await textOf(ctx, row)
  if (token === undefined) {
    throw new AppError(
      'conflict',
      'The server’s secret has changed since this API token was made, which ended it. Make a new one.',
    )
  }
  await ctx.db.transaction().execute((trx) =>
    recordEvent(trx, now.toISOString(), {
      action: 'api_token.revealed',
      actor: actorOf(caller),
      target: id,
    }),
  )
  return { token, api_token }
}

function textOf(ctx: SigningCtx, row: TokenRow): Promise<string | undefined> {
  const claims = {
    type: 'robotrace-api-token+jwt' as const,
    account_id: row.account_id,
    token_id: row.id,
    session_id: undefined,
    issued_at_s: Date.parse(row.created_at) / 1000,
    expires_at_s: Date.parse(row.expires_at) / 1000,
  }
  return signToken(ctx, claims, row.key_id)
}

/**
 * Ends a token at once and for good. Revoking again changes nothing.
 *
 * @throws AppError not_found for somebody else's token, as if it did not exist
 */
export async function revokeApiToken(
  ctx: Ctx,
  caller: PersonCaller,
  id: string,
): Promise<{ id: string; revoked_at: string }> {
  const at = ctx.now().toISOString()
  return ctx.db.transaction().execute(async (trx) => {
    const row = await trx
      .selectFrom('api_tokens')
      .select('revoked_at')
      .where('id', '=', id)
      .where('account_id', '=', caller.account_id)
      .executeTakeFirst()
    if (!row) throw unknown()
    if (row.revoked_at !== null) return { id, revoked_at: row.revoked_at }
    await trx.updateTable('api_tokens').set({ revoked_at: at }).where('id', '=', id).execute()
    await recordEvent(trx, at, { action: 'api_token.revoked', actor: actorOf(caller), target: id })
    return { id, revoked_at: at }
  })
}

/** Ends every one of one's tokens. @returns how many worked until now */
export async function revokeAllApiTokens(ctx: Ctx, caller: PersonCaller): Promise<{ revoked: number }> {
  const at = ctx.now().toISOString()
  return ctx.db.transaction().execute(async (trx) => {
    const ended = await trx
      .updateTable('api_tokens')
      .set({ revoked_at: at })
      .where('account_id', '=', caller.account_id)
      .where('revoked_at', 'is', null)
      .where('expires_at', '>', at)
      .returning('id')
      .execute()
    if (ended.length === 0) return { revoked: 0 }
    await recordEvent(trx, at, {
      action: 'api_token.all_revoked',
      actor: actorOf(caller),
      target: caller.account_id,
      detail: { revoked: ended.length },
    })
    return { revoked: ended.length }
  })
}

function toApiToken(row: Omit<TokenRow, 'account_id' | 'key_id'>, now: Date): ApiToken {
  const { id, created_at, expires_at, last_used_at, ip } = row
  return { id, created_at, expires_at, expired: expires_at <= now.toISOString(), last_used_at, ip }
}

function unknown(): AppError {
  return new AppError('not_found', 'No such API token.')
}
