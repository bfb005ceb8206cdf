import { createHash } from 'node:crypto'
import { decodeProtectedHeader, jwtVerify, SignJWT } from 'jose'
import type { AppContext } from './context.ts'
import type { TokenKey } from './signing.ts'

/**
 * The two kinds of token this server signs and takes, by their `typ`: a one-hour access token (RFC 9068) behind
 * which stands a session, and an API token that a person makes in the portal. One is never taken for the other.
 */
export type TokenType = 'at+jwt' | 'robotrace-api-token+jwt'

export interface TokenClaims {
  type: TokenType
  /** `sub`: the account. */
  account_id: string
  /** `jti`: the API token's id, or which of a session's access tokens it is. */
  token_id: string
  /** `sid`: the session behind an access token. */
  session_id: string | undefined
  issued_at_s: number
  expires_at_s: number
}

type Ctx = Pick<AppContext, 'signing' | 'config' | 'now'>

const ALGORITHM = 'HS256'

/** Tokens longer than this are not ours. */
const MAX_LENGTH = 2_000

/** Verified texts by their SHA-256, so that a token that comes again and again is verified once. */
const REMEMBERED = 10_000

/** Three parts of base64url with dots between them, without padding (RFC 7515 section 2); an API key has none. */
export function looksLikeToken(text: string): boolean {
  return text.length <= MAX_LENGTH && /^[\w-]+\.[\w-]+\.[\w-]+$/.test(text)
}

/**
 * The token's text. The same claims and key give the same bytes, which is what lets a token be shown again without
 * being kept.
 *
 * @param key_id a `kid` of ctx.signing.tokens; left out: today's key
 * @returns undefined when that key is not kept any more
 */
export async function signToken(
  ctx: Pick<AppContext, 'signing' | 'config'>,
  claims: TokenClaims,
  key_id?: string,
): Promise<string | undefined> {
  const key = ctx.signing.tokens.find(({ id }) => key_id === undefined || id === key_id)
  if (!key) return undefined
  const sid = claims.session_id === undefined ? {} : { sid: claims.session_id }
  return new SignJWT(sid)
    .setProtectedHeader({ alg: ALGORITHM, typ: claims.type, kid: key.id })
    .setIssuer(ctx.config.public_url)
    .setAudience(ctx.config.public_url)
    .setSubject(claims.account_id)
    .setJti(claims.token_id)
    .setIssuedAt(claims.issued_at_s)
    .setExpirationTime(claims.expires_at_s)
    .sign(key.secret)
}

/** What verifies tokens and remembers which it has verified. Whether the row behind one is good is asked each time. */
export interface TokenVerifier {
  /** @returns undefined for anything that was not signed here, is of no type of ours, or has expired */
  verify(text: string): Promise<TokenClaims | undefined>
}

/**
 * Algorithm, issuer, audience, type and key are pinned (RFC 8725); nothing in the token chooses them.
 *
 * @example const claims = await createTokenVerifier(ctx).verify(text)
 */
export function createTokenVerifier(ctx: Ctx): TokenVerifier {
  const verified = new Map<string, TokenClaims>()
  return {
    async verify(text) {
      const name = createHash('sha256').update(text).digest('base64')
      const known = verified.get(name)
      const claims = known ?? (await verifyToken(ctx, text))
      if (!claims || claims.expires_at_s * 1000 <= ctx.now().getTime()) {
        verified.delete(name)
        return undefined
      }
      if (!known) remember(verified, name, claims)
      return claims
    },
  }
}

function remember(verified: Map<string, TokenClaims>, name: string, claims: TokenClaims): void {
  if (verified.size >= REMEMBERED) {
    const [oldest] = verified.keys()
    if (oldest !== undefined) verified.delete(oldest)
  }
  verified.set(name, claims)
}

async function verifyToken(ctx: Ctx, text: string): Promise<TokenClaims | undefined> {
  try {
    const header = decodeProtectedHeader(text)
    const type = TYPES.find((one) => one === header.typ)
    const key: TokenKey | undefined = ctx.signing.tokens.find(({ id }) => id === header.kid)
    if (!type || !key) return undefined
    const { payload } = await jwtVerify(text, key.secret, {
      algorithms: [ALGORITHM],
      issuer: ctx.config.public_url,
      audience: ctx.config.public_url,
      typ: type,
      currentDate: ctx.now(),
      requiredClaims: ['sub', 'jti', 'iat', 'exp'],
    })
    const { sub = '', jti = '', iat = 0, exp = 0, sid } = payload
    return {
      type,
      account_id: sub,
      token_id: jti,
      session_id: typeof sid === 'string' ? sid : undefined,
      issued_at_s: iat,
      expires_at_s: exp,
    }
  } catch {
    // Whatever is wrong with it, whoever presents it learns the same.
    return undefined
  }
}

const TYPES: readonly TokenType[] = ['at+jwt', 'robotrace-api-token+jwt']
