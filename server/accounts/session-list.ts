import type { PersonCaller } from '../caller.ts'
import type { AppContext } from '../context.ts'
import { networkOf } from '../http/client-address.ts'

export interface SessionInfo {
  id: string
  /** A browser, or a program that signed in for an access token. */
  kind: 'browser' | 'token'
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
    .select(['id', 'kind', 'created_at', 'last_seen_at', 'ip', 'user_agent'])
    .where('account_id', '=', caller.account_id)
    .where('expires_at', '>', ctx.now().toISOString())
    .orderBy('last_seen_at', 'desc')
    .execute()
  return rows.map((row) => ({ ...row, current: row.id === caller.credential.id }))
}

/**
 * Whether the account is signed in from this network: programs have no cookie to be known by, and a stranger elsewhere
 * who types wrong passwords must not lock them out.
 */
export async function isSignedInFrom(
  ctx: Pick<AppContext, 'db' | 'now'>,
  account_id: string,
  ip: string,
): Promise<boolean> {
  const rows = await ctx.db
    .selectFrom('sessions')
    .select('ip')
    .where('account_id', '=', account_id)
    .where('expires_at', '>', ctx.now().toISOString())
    .execute()
  return rows.some((row) => networkOf(row.ip) === networkOf(ip))
}

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
