import type { ClientAuth, Configuration } from 'openid-client'
import type { ReadyConfig } from '../context.ts'

/** Who the provider says somebody is. */
export interface Profile {
  issuer: string
  /** What never changes about an account there; everything else may. */
  subject: string
  email: string | undefined
  /** Whether the provider vouches that the mailbox is this person's. */
  email_verified: boolean
  name: string | undefined
}

/** What a sign-in that is under way keeps until the provider sends its browser back. */
export interface PendingSignIn {
  state: string
  nonce: string
  code_verifier: string
}

/** The OpenID provider of this installation. */
export interface Provider {
  /** What its button says. */
  name: string
  /** Where a browser is sent, and what has to be kept until it comes back. @throws when the provider cannot be reached */
  begin(): Promise<{ url: string; pending: PendingSignIn }>
  /**
   * Exchanges the code of the address that the browser came back to.
   *
   * @param query of that address, as it was asked for
   * @throws when anything about the answer is wrong: state, nonce, issuer, audience, signature, a code used before
   */
  finish(query: string, pending: PendingSignIn): Promise<Profile>
}

/** The provider's description may change: it is read again after a day. */
const DESCRIPTION_LIFE_MS = 24 * 60 * 60 * 1000

/** Seconds that the provider has for each answer. */
const PATIENCE_S = 10

/**
 * OpenID Connect code flow with PKCE, state and nonce; the ID token's issuer, audience, times and signature are
 * checked. Nothing is asked of the provider before somebody signs in with it.
 *
 * @returns undefined when no provider is configured
 * @example createProvider({ public_url, oidc: { issuer, client_id, name: 'Lab ID' } }, secret)
 */
export function createProvider(
  { oidc, public_url }: Pick<ReadyConfig, 'oidc' | 'public_url'>,
  secret: string | undefined,
): Provider | undefined {
  if (!oidc) return undefined
  const redirect_uri = `${public_url}/auth/oidc/callback`
  const describe = remembered(() => discover(oidc, secret))
  return {
    name: oidc.name,
    async begin() {
      const { buildAuthorizationUrl, calculatePKCECodeChallenge, ...random } = await import('openid-client')
      const pending = {
        state: random.randomState(),
        nonce: random.randomNonce(),
        code_verifier: random.randomPKCECodeVerifier(),
      }
      const url = buildAuthorizationUrl(await describe(), {
        redirect_uri,
        scope: 'openid email profile',
        state: pending.state,
        nonce: pending.nonce,
        code_challenge: await calculatePKCECodeChallenge(pending.code_verifier),
        code_challenge_method: 'S256',
      })
      return { url: url.href, pending }
    },
    async finish(query, pending) {
      const { authorizationCodeGrant, fetchUserInfo } = await import('openid-client')
      const configuration = await describe()
      const tokens = await authorizationCodeGrant(configuration, new URL(`${redirect_uri}${query}`), {
        expectedState: pending.state,
        expectedNonce: pending.nonce,
        pkceCodeVerifier: pending.code_verifier,
        idTokenExpected: true,
      })
      const claims = tokens.claims()
      if (!claims) throw new Error('the provider sent no ID token')
      // Many providers tell the address only when they are asked for it.
      const more =
        claims.email === undefined && configuration.serverMetadata().userinfo_endpoint !== undefined
          ? await fetchUserInfo(configuration, tokens.access_token, claims.sub)
          : {}
      return toProfile({ ...more, ...claims })
    },
  }
}

function toProfile(claims: { iss: string; sub: string } & Record<string, unknown>): Profile {
  const text = (value: unknown) => (typeof value === 'string' && value !== '' ? value : undefined)
  return {
    issuer: claims.iss,
    subject: claims.sub,
    email: text(claims.email),
    // Only the boolean counts: a provider that sends "true" as text has not read the specification.
    email_verified: claims.email_verified === true,
    name: text(claims.name),
  }
}

async function discover(
  oidc: { issuer: string; client_id: string },
  secret: string | undefined,
): Promise<Configuration> {
  const client = await import('openid-client')
  const issuer = new URL(oidc.issuer)
  const authenticate: ClientAuth = (server, ...rest) => {
    if (secret === undefined) return client.None()(server, ...rest)
    const methods = server.token_endpoint_auth_methods_supported ?? ['client_secret_basic']
    const inHeader = methods.includes('client_secret_basic')
    return (inHeader ? client.ClientSecretBasic(secret) : client.ClientSecretPost(secret))(server, ...rest)
  }
  return client.discovery(issuer, oidc.client_id, undefined, authenticate, {
    timeout: PATIENCE_S,
    // The configuration lets plain http through for this very machine only.
    execute: [client.enableNonRepudiationChecks, ...(issuer.protocol === 'http:' ? [allowHttp(client)] : [])],
  })
}

/** Marked as deprecated by the library so that nobody uses it by accident. */
function allowHttp(client: typeof import('openid-client')): (configuration: Configuration) => void {
  return client.allowInsecureRequests
}

/** Shares one answer for a day; a failure is not kept. */
function remembered<T>(ask: () => Promise<T>): () => Promise<T> {
  let kept: { answer: Promise<T>; until: number } | undefined
  return () => {
    if (kept && kept.until > performance.now()) return kept.answer
    const answer = ask()
    kept = { answer, until: performance.now() + DESCRIPTION_LIFE_MS }
    answer.catch(() => {
      kept = undefined
    })
    return answer
  }
}
