import { randomBytes } from 'node:crypto'
import { actorOf, recordEvent } from '../audit/audit.ts'
import type { Origin, PersonCaller } from '../caller.ts'
import type { AppContext } from '../context.ts'
import { newId } from '../db/ids.ts'
import { AppError } from '../errors.ts'
import { signToken, type TokenClaims } from '../jwt.ts'
import { notify } from '../notices/notices.ts'
import { toPerson } from './people.ts'
import { noteSeen, readSession, type SessionColumns, sessionRow } from './sessions.ts'

/** An access token lives an hour, or as long as its session still has. */
const TOKEN_LIFE_S = 60 * 60

/** How long requests with the token before the last refresh are let through: they may have been under way. */
const GRACE_MS = 30_000

type Ctx = Pick<AppContext, 'db' | 'now' | 'signing' | 'config'>

/** The answer of a sign-in and of a refresh, as RFC 6749 section 5.1 names it. */
export interface AccessToken {
  access_token: string
  token_type: 'bearer'
  /** Whole seconds. */
  expires_in: number
}

/**
 * Starts a program's session: a row that every request with its token looks up, so that signing out is immediate.
 *
 * @example const { access_token } = await startAccess(ctx, account.id, from)
 */
export async function startAccess(ctx: Ctx, account_id: string, from: Origin): Promise<AccessToken> {
  const now = ctx.now()
  const row = { ...sessionRow(now, account_id, from), id: newId('ses'), token_id: newTokenId() }
  const { ip, user_agent, request_id } = from
  await ctx.db.transaction().execute(async (trx) => {
    await trx
      .insertInto('sessions')
      .values({ ...row, kind: 'token' })
      .execute()
    await recordEvent(trx, row.created_at, {
      action: 'session.started',
      actor: { kind: 'person', id: account_id, credential_id: row.id, ip, user_agent, request_id },
      target: row.id,
      detail: { kind: 'token' },
    })
  })
  return sign(ctx, { ...row, rotated_at: null })
}

/**
 * A new access token for the one presented, which from now on is let through for 30 s more. Asked again with the
 * same token within them (two threads of one program), it answers the very same new token.
 *
 * @throws AppError unauthenticated when something else than an access token was presented, or its session has ended
 */
export async function refreshAccess(ctx: Ctx, caller: PersonCaller): Promise<AccessToken> {
  const { id, token_id = '' } = caller.credential
  const at = ctx.now().toISOString()
  const rotated = await ctx.db
    .updateTable('sessions')
    .set({ token_id: newTokenId(), previous_token_id: token_id, rotated_at: at })
    .where('id', '=', id)
    .where('kind', '=', 'token')
    .where('token_id', '=', token_id)
    .where('expires_at', '>', at)
    .returning(SIGNED)
    .executeTakeFirst()
  const row = rotated ?? (await readSuccessor(ctx, id, token_id))
  if (!row) throw new AppError('unauthenticated')
  return sign(ctx, row)
}

const SIGNED = ['id', 'account_id', 'token_id', 'created_at', 'rotated_at', 'expires_at'] as const

/** The row whose token took over from this one a moment ago. */
async function readSuccessor(ctx: Ctx, id: string, token_id: string): Promise<SignedRow | undefined> {
  const row = await ctx.db
    .selectFrom('sessions')
    .select(SIGNED)
    .where('id', '=', id)
    .where('previous_token_id', '=', token_id)
    .where('expires_at', '>', ctx.now().toISOString())
    .executeTakeFirst()
  return row && isWithinGrace(ctx, row.rotated_at) ? row : undefined
}

interface SignedRow {
  id: string
  account_id: string
  token_id: string | null
  created_at: string
  rotated_at: string | null
  expires_at: string
}

/** All claims follow from the row, so the same row gives the same text. */
async function sign(ctx: Ctx, row: SignedRow): Promise<AccessToken> {
  const issued_at_s = seconds(row.rotated_at ?? row.created_at)
  const expires_at_s = Math.min(issued_at_s + TOKEN_LIFE_S, seconds(row.expires_at))
  const access_token = await signToken(ctx, {
    type: 'at+jwt',
    account_id: row.account_id,
    token_id: row.token_id ?? '',
    session_id: row.id,
    issued_at_s,
    expires_at_s,
  })
  if (access_token === undefined) throw new Error('there is always a key of today to sign with')
  return { access_token, token_type: 'bearer', expires_in: expires_at_s - seconds(ctx.now().toISOString()) }
}

/** 128 random bits. */
function newTokenId(): string {
  return randomBytes(16).toString('base64url')
}

function seconds(iso: string): number {
  return Math.floor(Date.parse(iso) / 1000)
}

/**
 * Who an access token belongs to, and whether the session behind it still counts that very token. A token that was
 * exchanged more than 30 s ago is in two hands, and nobody can tell whose: its session ends (RFC 9700 section 4.14.2).
 */
export async function findPersonByAccessToken(
  ctx: Pick<AppContext, 'db' | 'now' | 'background'>,
  claims: TokenClaims,
  from: Origin,
): Promise<PersonCaller | undefined> {
  const rows = await readSession(ctx, "s.id = ? AND s.kind = 'token'", claims.session_id ?? '')
  const [row] = rows
  if (!row || row.account_id !== claims.account_id) return undefined
  const credential = { kind: 'access_token' as const, id: row.session_id, token_id: claims.token_id }
  const person = toPerson(rows, { credential, from, verified_at: row.verified_at })
  if (person && !isCounted(ctx, row, claims.token_id)) {
    await endReused(ctx, person)
    return undefined
  }
  if (person) noteSeen(ctx, row, from)
  return person
}

function isCounted(ctx: Pick<AppContext, 'now'>, row: SessionColumns, token_id: string): boolean {
  if (row.token_id === token_id) return true
  return row.previous_token_id === token_id && isWithinGrace(ctx, row.rotated_at)
}

function isWithinGrace(ctx: Pick<AppContext, 'now'>, rotated_at: string | null): boolean {
  return rotated_at !== null && ctx.now().getTime() - Date.parse(rotated_at) <= GRACE_MS
}

async function endReused(ctx: Pick<AppContext, 'db' | 'now'>, caller: PersonCaller): Promise<void> {
  const { account_id, credential, ip } = caller
  const at = ctx.now().toISOString()
  await ctx.db.transaction().execute(async (trx) => {
    const ended = await trx
      .deleteFrom('sessions')
      .where('id', '=', credential.id)
      .returning('user_agent')
      .executeTakeFirst()
    // Another request with the same token was here first, and has told.
    if (!ended) return
    await recordEvent(trx, at, {
      action: 'session.reused',
      outcome: 'failure',
      actor: actorOf(caller),
      target: credential.id,
    })
    const detail = { ip, user_agent: ended.user_agent }
    await notify(trx, at, { account_id, kind: 'session_reused', detail })
  })
}
