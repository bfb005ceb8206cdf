import { checkBaseUrl } from './credentials.ts'
import { APIError, ConfigurationError, TransportError } from './errors.ts'
import { enrolmentTokenProblem, keyProblem } from './key-format.ts'
import { webRuntime } from './runtime.ts'
import { Transport } from './transport.ts'
import { unusable } from './unusable-answer.ts'
import type { EnrolledDevice } from './wire.ts'

/** Which device, by which token, and where. */
export interface EnrollOptions {
  /** The enrolment token, `rte_…`, as it was shown when it was made. */
  token: string
  /** The deployment, with a path prefix if it has one. */
  base_url: string
  /** How the device is called; unique in its project. */
  name: string
  /** Serial number. */
  dsn?: string
  /** What sort of robot, unless the token says. */
  type?: string
  /**
   * Random text of 16 to 128 characters. Keep it until the key is saved: asking again with the same one is answered
   * with a new key for the same device, and costs no second use of the token. Default: drawn for this call.
   */
  nonce?: string
  /** Sent as User-Agent. Default: what the runtime says of itself. */
  user_agent?: string
  /** Default: the global one. */
  fetch?: typeof fetch
  /** Longest wait for one answer, seconds. Default 30. */
  timeout_s?: number
}

const MOST_ATTEMPTS = 3

/**
 * Swaps an enrolment token for a device and its own key, which is good for this device alone. Needs no key. An answer
 * that was lost on its way is asked for again, which costs no second use.
 *
 * @example
 * ```ts
 * import { Client, enrollDevice } from '@robotrace/sdk'
 *
 * const { api_key, base_url } = await enrollDevice({ token, base_url: 'http://localhost:3000', name: 'arm-7' })
 * using _beats = new Client({ api_key, base_url }).startHeartbeats()
 * declare const token: string
 * ```
 * @throws ConfigurationError for a token that was mistyped; AuthError for one that is used up, expired or revoked;
 * ConflictError when a device of that name is there already; TransportError
 */
export async function enrollDevice(options: EnrollOptions): Promise<EnrolledDevice> {
  const { token, name, dsn, type, nonce = crypto.randomUUID() } = options
  const problem = enrolmentTokenProblem(token)
  if (problem)
    throw new ConfigurationError(`The enrolment token ${problem}. Copy it again from where it was shown.`)
  const transport = makeTransport(options)
  const body = { name, dsn, type, nonce }
  for (let attempt = 1; ; attempt++) {
    try {
      const call = {
        method: 'POST',
        path: '/api/v1/devices/enroll',
        body,
        retry_while_limited: true,
      } as const
      return checked(await transport.json<EnrolledDevice>(call))
    } catch (error) {
      if (attempt === MOST_ATTEMPTS || !mayBeLost(error)) throw error
      await webRuntime.sleep(1_000 * attempt)
    }
  }
}

/** Nobody knows whether the server did it; the nonce makes asking again harmless. */
function mayBeLost(error: unknown): boolean {
  return error instanceof TransportError || (error instanceof APIError && error.status >= 500)
}

function checked(answer: EnrolledDevice): EnrolledDevice {
  const problem = typeof answer.api_key === 'string' ? keyProblem(answer.api_key) : 'is missing'
  if (problem) throw unusable(`its api_key ${problem}`)
  return answer
}

function makeTransport({
  token,
  base_url,
  user_agent,
  fetch: given,
  timeout_s = 30,
}: EnrollOptions): Transport {
  return new Transport({
    api_key: token,
    base_url: checkBaseUrl(base_url),
    fetch: given ?? ((...call) => fetch(...call)),
    runtime: { ...webRuntime, user_agent },
    timeout_s,
    upload_timeout_s: timeout_s,
  })
}
