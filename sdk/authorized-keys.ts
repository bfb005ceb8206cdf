import { checkBaseUrl } from './credentials.ts'
import { webRuntime } from './runtime.ts'
import { Transport } from './transport.ts'
import { unusable } from './unusable-answer.ts'

/** Which device's file is asked for, and what is known of it. */
export interface AuthorizedKeysOptions {
  /** A key that is pinned to the device, or one with `fleet:read`. */
  api_key: string
  /** The deployment, with a path prefix if it has one. */
  base_url: string
  /** Slug or id. */
  organization: string
  /** Slug or id. */
  project: string
  /** Name or id. */
  device: string
  /** Of the text one has: when nothing has changed, none is sent again. */
  etag?: string
  /** Of the key that somebody wants to log in with (sshd's `%f`), which is noted as used. */
  fingerprint?: string
  /** Sent as User-Agent. */
  user_agent?: string
  /** Default: the global one. */
  fetch?: typeof fetch
  /** Longest wait for the answer, seconds. Default 3. */
  timeout_s?: number
  /** Ends the call early; its reason is thrown. */
  signal?: AbortSignal
}

/** A device's file of keys. */
export interface AuthorizedKeys {
  /** As sshd reads it; undefined when the text that one has is still good. */
  text: string | undefined
  /** Names this very text. */
  etag: string
}

/**
 * Who may log in to a device by SSH, as sshd(8) reads it. What is not certainly a RoboTrace server's own answer, such
 * as the page of a portal that stands between, is a ServerError and never a list.
 *
 * @example
 * ```ts
 * const { text } = await authorizedKeys({ api_key, base_url, organization: 'acme', project: 'default', device: 'arm-7' })
 * ```
 * @throws APIError by status; ServerError; TransportError without an answer
 */
export async function authorizedKeys(options: AuthorizedKeysOptions): Promise<AuthorizedKeys> {
  const { api_key, base_url, etag, timeout_s = 3, signal } = options
  const transport = new Transport({
    api_key,
    base_url: checkBaseUrl(base_url),
    fetch: options.fetch ?? ((...call) => fetch(...call)),
    runtime: { ...webRuntime, user_agent: options.user_agent },
    timeout_s,
    upload_timeout_s: timeout_s,
  })
  const headers = { Accept: 'text/plain, application/json', ...(etag && { 'If-None-Match': etag }) }
  const answer = await transport.exchange({ method: 'GET', path: pathOf(options), headers, signal })
  const tag = answer.headers.get('etag')
  if (answer.status === 304 && etag) return { text: undefined, etag }
  if (answer.status === 200 && tag && LIST.test(answer.text)) return { text: answer.text, etag: tag }
  if (answer.status === 200) throw unusable('it is no list of keys')
  throw transport.refusal(answer)
}

/** Lines of a type, a key and a comment, each ended; or nothing at all. */
const LIST = /^(?:(?:ssh|ecdsa|sk)-[\w@.-]+ [A-Za-z0-9+/=]+ .*\n)*$/

function pathOf({ organization, project, device, fingerprint }: AuthorizedKeysOptions): string {
  const [org, prj, dev] = [organization, project, device].map(encodeURIComponent)
  const query = fingerprint === undefined ? '' : `?fingerprint=${encodeURIComponent(fingerprint)}`
  return `/api/v1/organizations/${org}/projects/${prj}/devices/${dev}/authorized_keys${query}`
}
