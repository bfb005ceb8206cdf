import { findPersonByAccessToken } from '../accounts/access-tokens.ts'
import { findPersonBySessionId } from '../accounts/sessions.ts'
import { parseKey } from '../api-keys/key-format.ts'
import { callerOfKey, type LateUse, verifyApiKey } from '../api-keys/verify.ts'
import { findPersonByApiToken } from '../api-tokens/verify.ts'
import type { Caller, Origin, PersonCaller } from '../caller.ts'
import type { AppContext } from '../context.ts'
import { looksLikeToken } from '../jwt.ts'
import { scopesIn } from '../organizations/permissions.ts'
import { hasScope, type Scope } from '../organizations/scopes.ts'

type Ctx = Pick<AppContext, 'db' | 'now'>

/**
 * Who a presented text speaks for: an API key, an access token or an API token.
 *
 * @param late hears of a rotated key that is used after its time
 * @returns undefined for everything that is not good now; callers cannot tell why
 */
export async function identify(
  ctx: Ctx & Pick<AppContext, 'background' | 'tokens'>,
  text: string,
  from: Origin,
  late?: (use: LateUse) => void,
): Promise<Caller | undefined> {
  if (looksLikeToken(text)) return identifyToken(ctx, text, from)
  const key = parseKey(text)
  return key && verifyApiKey(ctx, key, from, late)
}

async function identifyToken(
  ctx: Ctx & Pick<AppContext, 'background' | 'tokens'>,
  text: string,
  from: Origin,
): Promise<PersonCaller | undefined> {
  const claims = await ctx.tokens.verify(text)
  if (!claims) return undefined
  return claims.type === 'at+jwt'
    ? findPersonByAccessToken(ctx, claims, from)
    : findPersonByApiToken(ctx, claims, from)
}

/**
 * Whether what signed a link earlier may still do this there: the key, token or session lives, and its owner still
 * has the right.
 *
 * @param id as in Credential
 */
export async function mayStill(
  ctx: Ctx,
  id: string,
  { organization_id, scope }: { organization_id: string; scope: Scope },
): Promise<boolean> {
  const caller = await callerOf(ctx, id)
  return caller !== undefined && hasScope(scopesIn(caller, organization_id), scope)
}

const NOWHERE: Origin = { ip: '', user_agent: '', request_id: '' }

async function callerOf(ctx: Ctx, id: string): Promise<Caller | undefined> {
  if (id.startsWith('ses_')) return findPersonBySessionId(ctx, id)
  if (id.startsWith('tok_')) return findPersonByApiToken(ctx, { token_id: id }, NOWHERE)
  return callerOfKey(ctx, id, NOWHERE)
}
