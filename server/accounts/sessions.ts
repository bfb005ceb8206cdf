import { createHash, randomBytes } from 'node:crypto'
import { actorOf, recordEvent } from '../audit/audit.ts'
import type { Origin, PersonCaller } from '../caller.ts'
import type { AppContext } from '../context.ts'
import { newId } from '../db/ids.ts'
import type { Database } from '../db/open.ts'
import { AppError } from '../errors.ts'
import { type PersonRow, readPeople, toPerson } from './people.ts'

/** A session lives 30 days from its sign-in, whatever happens in between. */
export const SESSION_LIFE_MS = 30 * 24 * 60 * 60 * 1000

/** Writing "seen" more often would put a write behind every page. */
const SEEN_EVERY_MS = 5 * 60 * 1000

export const MAX_USER_AGENT = 300

type Ctx = Pick<AppContext, 'db' | 'now' | 'background'>

/**
 * A browser's session, without more ado. Sign-ins go through openSession, which lets them tell the audit trail.
 *
 * @returns the cookie's value; only its SHA-256 is kept
 */
export async function startSession(
  ctx: Pick<AppContext, 'db' | 'now'>,
  account_id: string,
  from: { ip: string; user_agent: string },
): Promise<string> {
  return (await openSession(ctx.db, ctx.now(), account_id, from)).value
}

/** @returns its public id, and the cookie's value, of which only the SHA-256 is kept */
export async function openSession(
  db: Database,
  now: Date,
  account_id: string,
  from: { ip: string; user_agent: string },
): Promise<{ id: string; value: string }> {
  const id = newId('ses')
  const value = randomBytes(32).toString('base64url')
  const row = sessionRow(now, account_id, from)
  await db
    .insertInto('sessions')
    .values({ ...row, id, kind: 'browser', id_hash: hashSession(value) })
    .execute()
  return { id, value }
}

/** What every new session's row holds, whatever it is presented with. */
export function sessionRow(now: Date, account_id: string, from: { ip: string; user_agent: string }) {
  const at = now.toISOString()
  return {
    account_id,
    created_at: at,
    last_seen_at: at,
    verified_at: at,
    expires_at: new Date(now.getTime() + SESSION_LIFE_MS).toISOString(),
    ip: from.ip,
    user_agent: from.user_agent.slice(0, MAX_USER_AGENT),
  }
}

/** What a look-up reads of a session beside its account and memberships. */
export interface SessionColumns {
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

/** One read: a living session's row for each membership of its account. */
export function readSession(
  ctx: Pick<AppContext, 'db' | 'now'>,
  where: string,
  value: string,
): Promise<(PersonRow & SessionColumns)[]> {
  return readPeople<SessionColumns>(ctx.db, {
    columns: COLUMNS,
    from: FROM,
    where: `${where} AND s.expires_at > ?`,
    values: [value, ctx.now().toISOString()],
  })
}

/** Who a session cookie belongs to, with the rights as they are now; undefined when it is not good any more. */
export async function findPersonBySession(
  ctx: Ctx,
  value: string,
  from: Origin,
): Promise<PersonCaller | undefined> {
  const rows = await readSession(ctx, "s.id_hash = ? AND s.kind = 'browser'", hashSession(value))
  const [row] = rows
  if (!row) return undefined
  noteSeen(ctx, row, from)
  const credential = { kind: 'session' as const, id: row.session_id }
  return toPerson(rows, { credential, from, verified_at: row.verified_at })
}

/** Who a session belongs to while it lives, without anybody presenting it: for what it signed earlier. */
export async function findPersonBySessionId(
  ctx: Pick<AppContext, 'db' | 'now'>,
  id: string,
): Promise<PersonCaller | undefined> {
  const rows = await readSession(ctx, 's.id = ?', id)
  return toPerson(rows, { credential: { kind: 'session', id }, from: NOWHERE })
}

const NOWHERE: Origin = { ip: '', user_agent: '', request_id: '' }

/**
 * Gives a browser's session another cookie value: after a proof or a change that matters, one that was seen before is
 * worth nothing.
 *
 * @param verified the person has just proved to be there
 * @throws AppError unauthenticated when the session has ended meanwhile
 */
export async function rotateSession(
  trx: Database,
  now: Date,
  caller: PersonCaller,
  verified = false,
): Promise<string> {
  const value = randomBytes(32).toString('base64url')
  const rotated = await trx
    .updateTable('sessions')
    .set({ id_hash: hashSession(value), ...(verified ? { verified_at: now.toISOString() } : {}) })
    .where('id', '=', caller.credential.id)
    .where('kind', '=', 'browser')
    .returning('id')
    .executeTakeFirst()
  if (!rotated) throw new AppError('unauthenticated')
  return value
}

/** Signs out: this very session ends, at once. */
export async function endOwnSession(
  ctx: Pick<AppContext, 'db' | 'now'>,
  caller: PersonCaller,
): Promise<void> {
  await end(ctx, caller, caller.credential.id)
}

/**
 * Signs one of one's own browsers or programs out.
 *
 * @throws AppError not_found, the same for a session that has ended and for somebody else's
 */
export async function endOtherSession(
  ctx: Pick<AppContext, 'db' | 'now'>,
  caller: PersonCaller,
  id: string,
): Promise<{ id: string }> {
  if (!(await end(ctx, caller, id))) throw new AppError('not_found', 'This session has ended already.')
  return { id }
}

async function end(ctx: Pick<AppContext, 'db' | 'now'>, caller: PersonCaller, id: string): Promise<boolean> {
  return ctx.db.transaction().execute(async (trx) => {
    const ended = await trx
      .deleteFrom('sessions')
      .where('id', '=', id)
      .where('account_id', '=', caller.account_id)
      .returning('id')
      .executeTakeFirst()
    if (!ended) return false
    const at = ctx.now().toISOString()
    await recordEvent(trx, at, { action: 'session.ended', actor: actorOf(caller), target: id })
    return true
  })
}

/** @returns how many ended */
export async function endAllSessions(
  ctx: Pick<AppContext, 'db' | 'now'>,
  caller: PersonCaller,
): Promise<number> {
  return ctx.db.transaction().execute(async (trx) => {
    const ended = await dropSessions(trx, caller.account_id)
    const event = { action: 'session.all_ended', actor: actorOf(caller), target: caller.account_id }
    await recordEvent(trx, ctx.now().toISOString(), { ...event, detail: { sessions: ended } })
    return ended
  })
}

/** Ends all sessions of an account, inside the transaction of what asks for it. @returns how many */
export async function dropSessions(trx: Database, account_id: string): Promise<number> {
  const result = await trx.deleteFrom('sessions').where('account_id', '=', account_id).executeTakeFirst()
  return Number(result.numDeletedRows)
}

/** Remembers where a session was seen last, now and then, behind the request's back. */
export function noteSeen(ctx: Ctx, row: { session_id: string; last_seen_at: string }, from: Origin): void {
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
