import { checkBaseUrl } from './credentials.ts'
import { webRuntime } from './runtime.ts'
import { Transport } from './transport.ts'
import type { RevokedKey, WhoAmI } from './wire.ts'

/** The key in question, and the deployment that made it. */
export interface OwnKeyOptions {
  /** Sent to this deployment only: a redirect is an error, not followed. */
  api_key: string
  /** With a path prefix if it has one. */
  base_url: string
  /** Sent as User-Agent. Default: what the runtime says of itself. */
  user_agent?: string
  /** Default: the global one. */
  fetch?: typeof fetch
  /** Longest wait for the answer, seconds. Default 15. */
  timeout_s?: number
}

/**
 * What a key is and may do: whose, of which organization, with which rights, until when.
 *
 * @example
 * ```ts
 * import { whoami } from '@robotrace/sdk'
 *
 * const { key_prefix, scopes } = await whoami({ api_key, base_url: 'http://localhost:3000' })
 * declare const api_key: string
 * ```
 * @throws AuthError when the key does not work any more; NotFoundError where the deployment cannot say; TransportError
 */
export async function whoami(options: OwnKeyOptions): Promise<WhoAmI> {
  return await makeTransport(options).json<WhoAmI>({ method: 'GET', path: '/api/whoami' })
}

/**
 * Ends the very key it is given, for good.
 *
 * @example
 * ```ts
 * import { revokeOwnKey } from '@robotrace/sdk'
 *
 * await revokeOwnKey({ api_key, base_url: 'http://localhost:3000' })
 * declare const api_key: string
 * ```
 * @throws AuthError when it was dead already; TransportError
 */
export async function revokeOwnKey(options: OwnKeyOptions): Promise<RevokedKey> {
  return await makeTransport(options).json<RevokedKey>({ method: 'POST', path: '/api/cli/auth/revoke' })
}

function makeTransport(options: OwnKeyOptions): Transport {
  const { api_key, base_url, user_agent, fetch: given, timeout_s = 15 } = options
  return new Transport({
    api_key,
    base_url: checkBaseUrl(base_url),
    fetch: given ?? ((...call) => fetch(...call)),
    runtime: { ...webRuntime, user_agent },
    timeout_s,
    upload_timeout_s: timeout_s,
  })
}
