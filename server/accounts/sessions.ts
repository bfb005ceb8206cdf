import { createHash, randomBytes } from 'node:crypto'
import type { PersonCaller } from '../caller.ts'
import type { AppContext } from '../context.ts'

/** A portal session lives 30 days from its sign-in, whatever happens in between. */
export const SESSION_LIFE_MS = 30 * 24 * 60 * 60 * 1000

/** Writing "seen" more often would put a write behind every page. */
const SEEN_EVERY_MS = 5 * 60 * 1000

export interface SessionInfo {
  /** A public handle: the first characters of the stored hash. */
  id: string
  current: boolean
  created_at: string
  last_seen_at: string
  ip: string
  user_agent: string
}

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
      id_hash: hashSession(value),
      account_id,
      created_at: at,
      last_seen_at: at,
      password_verified_at: at,
      expires_at: new Date(now.getTime() + SESSION_LIFE_MS).toISOString(),
      ip: from.ip,
      user_agent: from.user_agent.slice(0, 300),
    })
    .execute()
  return value
}

/** Who a session cookie belongs to, with the rights as they are now; undefined when it is not good any more. */
export async function findPersonBySession(
  ctx: Pick<AppContext, 'db' | 'now' | 'background'>,
  value: string,
  from: { ip: string; user_agent: string },
): Promise<PersonCaller | undefined> {
  const session_hash = hashSession(value)
  const now = ctx.now()
  const row = await ctx.db
    .selectFrom('sessions as s')
    .innerJoin('accounts as a', 'a.id', 's.account_id')
    .select(['a.id', 'a.email', 'a.name', 'a.staff_since', 's.last_seen_at'])
    .where('s.id_hash', '=', session_hash)
    .where('s.expires_at', '>', now.toISOString())
    .where('a.disabled_at', 'is', null)
    .executeTakeFirst()
  if (!row) return undefined
  if (now.getTime() - Date.parse(row.last_seen_at) > SEEN_EVERY_MS) {
    ctx.background.add('session seen', () => noteSeen(ctx, session_hash, now.toISOString(), from))
  }
  const roles = await ctx.db
    .selectFrom('members')
    .select(['organization_id', 'role'])
    .where('account_id', '=', row.id)
    .execute()
  return {
    kind: 'person',
    account_id: row.id,
    email: row.email,
    name: row.name,
    staff: row.staff_since !== null,
    session_hash,
    ...from,
    roles: new Map(roles.map(({ organization_id, role }) => [organization_id, role])),
  }
}

export async function endSession(ctx: Pick<AppContext, 'db'>, session_hash: string): Promise<void> {
  await ctx.db.deleteFrom('sessions').where('id_hash', '=', session_hash).execute()
}

/** @returns how many ended */
export async function endAllSessions(ctx: Pick<AppContext, 'db'>, account_id: string): Promise<number> {
  const result = await ctx.db.deleteFrom('sessions').where('account_id', '=', account_id).executeTakeFirst()
  return Number(result.numDeletedRows)
}

/** The live sessions of one's own, latest first. */
export async function listSessions(
  ctx: Pick<AppContext, 'db' | 'now'>,
  caller: PersonCaller,
): Promise<SessionInfo[]> {
  const rows = await ctx.db
    .selectFrom('sessions')
    .select(['id_hash', 'created_at', 'last_seen_at', 'ip', 'user_agent'])
    .where('account_id', '=', caller.account_id)
    .where('expires_at', '>', ctx.now().toISOString())
    .orderBy('last_seen_at', 'desc')
    .execute()
  return rows.map(({ id_hash, ...row }) => ({
    id: id_hash.slice(0, 16),
    current: id_hash === caller.session_hash,
    ...row,
  }))
}

async function noteSeen(
  ctx: Pick<AppContext, 'db'>,
  session_hash: string,
  last_seen_at: string,
  from: { ip: string; user_agent: string },
): Promise<void> {
  await ctx.db
    .updateTable('sessions')
    .set({ last_seen_at, ip: from.ip, user_agent: from.user_agent.slice(0, 300) })
    .where('id_hash', '=', session_hash)
    .execute()
}

function hashSession(value: string): string {
  return createHash('sha256').update(value).digest('hex')
}
