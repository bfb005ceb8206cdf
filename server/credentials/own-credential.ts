import type { RevokedKey, WhoAmI } from '../../sdk/wire.ts'
import { describeSession } from '../accounts/session-list.ts'
import { endOwnSession } from '../accounts/sessions.ts'
import { describeOwnKey, revokeOwnKey } from '../api-keys/own-key.ts'
import { describeApiToken, endOwnApiToken } from '../api-tokens/own-token.ts'
import { actorOf, recordEvent } from '../audit/audit.ts'
import type { Caller, PersonCaller } from '../caller.ts'
import type { AppContext } from '../context.ts'
import { AppError } from '../errors.ts'
import { listOwnOrganizations } from '../organizations/organizations.ts'

type Ctx = Pick<AppContext, 'db' | 'now'>

/** What the presented credential is, whose, and what it may do. @example const { kind } = await whoAmI(ctx, caller) */
export async function whoAmI(ctx: Ctx, caller: Caller): Promise<WhoAmI> {
  const described =
    caller.credential.kind === 'api_key'
      ? describeOwnKey(ctx, caller)
      : describeToken(ctx, requirePerson(caller))
  const organizations = caller.kind === 'person' ? await listOwnOrganizations(ctx, caller.account_id) : null
  return { ...(await described), organizations }
}

async function describeToken(ctx: Ctx, caller: PersonCaller): Promise<Omit<WhoAmI, 'organizations'>> {
  const { id, kind } = caller.credential
  const life = kind === 'api_token' ? await describeApiToken(ctx, id) : await describeSession(ctx, id)
  return {
    kind: kind === 'api_token' ? 'api_token' : 'access_token',
    key_id: id,
    key_prefix: id,
    label: kind === 'api_token' ? 'API token' : 'Access token',
    client_id: null,
    organization: null,
    project_id: null,
    device_id: null,
    user_email: caller.email,
    scopes: null,
    created_at: life.created_at,
    expires_at: life.expires_at,
    rotation: null,
  }
}

/**
 * Ends whatever is presented: a key, an API token, or the session behind an access token and with it every token of
 * that session. Holding it is all the right that takes (RFC 7009 section 2.1).
 *
 * @throws AppError unauthenticated when somebody else was faster
 */
export async function endOwnCredential(ctx: Ctx, caller: Caller): Promise<RevokedKey> {
  const { id, kind } = caller.credential
  if (kind === 'api_key') return revokeOwnKey(ctx, caller)
  const person = requirePerson(caller)
  const revoked_at = ctx.now().toISOString()
  if (kind === 'api_token') await endToken(ctx, person, revoked_at)
  else await endOwnSession(ctx, person)
  return { status: 'revoked', key_id: id, key_prefix: id, revoked_at }
}

async function endToken(ctx: Ctx, caller: PersonCaller, revoked_at: string): Promise<void> {
  const { id } = caller.credential
  await ctx.db.transaction().execute(async (trx) => {
    await endOwnApiToken(trx, id, revoked_at)
    await recordEvent(trx, revoked_at, { action: 'api_token.revoked', actor: actorOf(caller), target: id })
  })
}

function requirePerson(caller: Caller): PersonCaller {
  if (caller.kind === 'person') return caller
  throw new AppError('unauthenticated')
}
