import { createHash, randomBytes } from 'node:crypto'
import type { Origin, PersonCaller } from '../caller.ts'
import type { AppContext } from '../context.ts'
import { newId } from '../db/ids.ts'
import type { TokenClaims } from '../jwt.ts'
import { readPeople, toPerson } from './people.ts'

/** A session lives 30 days from its sign-in, whatever happens in between. */
export const SESSION_LIFE_MS = 30 * 24 * 60 * 60 * 1000

/** Writing "seen" more often would put a write behind every page. */
const SEEN_EVERY_MS = 5 * 60 * 1000

export const MAX_USER_AGENT = 300

type Ctx = Pick<AppContext, 'db' | 'now' | 'background'>

/** @returns the cookie's value; only its SHA-256 is kept */
export async function startSession(
  ctx: Pick<AppContext, 'db' | 'now'>,
  account_id: string,
  from: { ip: string; user_agent: string },
): Promise<string> {
  const value = randomBytes(32).toString('base64url')
  const now = ctx.now()
  const at = now.toISOString()
  await ctx.db
    .insertInto('sessions')
    .values({
      id: newId('ses'),
      kind: 'browser',
      id_hash: hashSession(value),
      account_id,
      created_at: at,
      last_seen_at: at,
      verified_at: at,
      expires_at: new Date(now.getTime() + SESSION_LIFE_MS).toISOString(),
      ip: from.ip,
      user_agent: from.user_agent.slice(0, MAX_USER_AGENT),
    })
    .execute()
  return value
}

interface SessionColumns {
  session_id: string
  last_seen_at: string
  verified_at: string
  token_id: string | null
  previous_token_id: string | null
  rotated_at: string | null
}

const COLUMNS =
  's.id AS session_id, s.last_seen_at, s.verified_at, s.token_id, s.previous_token_id, s.rotated_at'
const FROM = 'sessions s JOIN accounts a ON a.id = s.account_id'

/** Who a session cookie belongs to, with the rights as they are now; undefined when it is not good any more. */
export async function findPersonBySession(
  ctx: Ctx,
  value: string,
  from: Origin,
): Promise<PersonCaller | undefined> {
  const rows = await readPeople<SessionColumns>(ctx.db, {
    columns: COLUMNS,
    from: FROM,
    where: "s.id_hash = ? AND s.kind = 'browser' AND s.expires_at > ?",
    values: [hashSession(value), ctx.now().toISOString()],
  })
  const [row] = rows
  if (!row) return undefined
  noteSeen(ctx, row, from)
  const credential = { kind: 'session' as const, id: row.session_id }
  return toPerson(rows, { credential, from, verified_at: row.verified_at })
}

/** Who an access token belongs to, and whether the session behind it still counts that very token. */
export async function findPersonByAccessToken(
  ctx: Ctx,
  claims: TokenClaims,
  from: Origin,
): Promise<PersonCaller | undefined> {
  const rows = await readPeople<SessionColumns>(ctx.db, {
    columns: COLUMNS,
    from: FROM,
    where: "s.id = ? AND s.kind = 'token' AND s.expires_at > ?",
    values: [claims.session_id ?? '', ctx.now().toISOString()],
  })
  const [row] = rows
  if (!row || row.token_id !== claims.token_id || row.account_id !== claims.account_id) return undefined
  noteSeen(ctx, row, from)
  return toPerson(rows, { credential: { kind: 'access_token', id: row.session_id }, from })
}

/** Who a session belongs to while it lives, without anybody presenting it: for what it signed earlier. */
export async function findPersonBySessionId(
  ctx: Pick<AppContext, 'db' | 'now'>,
  id: string,
): Promise<PersonCaller | undefined> {
  const rows = await readPeople<SessionColumns>(ctx.db, {
    columns: COLUMNS,
    from: FROM,
    where: 's.id = ? AND s.expires_at > ?',
    values: [id, ctx.now().toISOString()],
  })
  return toPerson(rows, { credential: { kind: 'session', id }, from: NOWHERE })
}

const NOWHERE: Origin = { ip: '', user_agent: '', request_id: '' }

/** When a session began and when it ends at the latest. */
export async function describeSession(
  ctx: Pick<AppContext, 'db'>,
  id: string,
): Promise<{ created_at: string; expires_at: string }> {
  return ctx.db
    .selectFrom('sessions')
    .select(['created_at', 'expires_at'])
    .where('id', '=', id)
    .executeTakeFirstOrThrow()
}

export async function endSession(ctx: Pick<AppContext, 'db'>, id: string): Promise<void> {
  await ctx.db.deleteFrom('sessions').where('id', '=', id).execute()
}

/** @returns how many ended */
export async function endAllSessions(ctx: Pick<AppContext, 'db'>, account_id: string): Promise<number> {
  const result = await ctx.db.deleteFrom('sessions').where('account_id', '=', account_id).executeTakeFirst()
  return Number(result.numDeletedRows)
}

export interface SessionInfo {
  id: string
  current: boolean
  created_at: string
  last_seen_at: string
  ip: string
  user_agent: string
}

/** The live sessions of one's own, latest first. */
export async function listSessions(
  ctx: Pick<AppContext, 'db' | 'now'>,
  caller: PersonCaller,
): Promise<SessionInfo[]> {
  const rows = await ctx.db
    .selectFrom('sessions')
    .select(['id', 'created_at', 'last_seen_at', 'ip', 'user_agent'])
    .where('account_id', '=', caller.account_id)
    .where('expires_at', '>', ctx.now().toISOString())
    .orderBy('last_seen_at', 'desc')
    .execute()
  return rows.map((row) => ({ ...row, current: row.id === caller.credential.id }))
}

function noteSeen(ctx: Ctx, row: { session_id: string; last_seen_at: string }, from: Origin): void {
  const now = ctx.now()
  if (now.getTime() - Date.parse(row.last_seen_at) <= SEEN_EVERY_MS) return
  ctx.background.add('session seen', () =>
    ctx.db
      .updateTable('sessions')
      .set({
        last_seen_at: now.toISOString(),
        ip: from.ip,
        user_agent: from.user_agent.slice(0, MAX_USER_AGENT),
      })
      .where('id', '=', row.session_id)
      .execute(),
  )
}

function hashSession(value: string): string {
  return createHash('sha256').update(value).digest('hex')
}
