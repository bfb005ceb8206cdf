import { checkBaseUrl } from './credentials.ts'
import { APIError, RobotraceError, ServerError, TransportError } from './errors.ts'
import { isRecord } from './json.ts'
import { isSameOrigin } from './origin.ts'
import { pause } from './pause.ts'
import { webRuntime } from './runtime.ts'
import { Transport } from './transport.ts'
import { linkOf, optionalText, textOf, unusable } from './unusable-answer.ts'
import type { ApprovedDeviceLogin, StartDeviceLogin, StartedDeviceLogin } from './wire.ts'

/** Whom to ask, and how. */
export interface DeviceLoginOptions {
  /** The deployment, with a path prefix if it has one. */
  base_url: string
  /** Names the program: sent as User-Agent and shown on the page. Default: what the runtime says of itself. */
  user_agent?: string
  /** Default: the global one. */
  fetch?: typeof fetch
  /** Longest wait for one answer, seconds. Default 15. */
  timeout_s?: number
  /** Gives up: whatever is under way ends, and its reason is thrown. */
  signal?: AbortSignal
}

/** How the wait for the person goes; the clock can be another one. */
export interface WaitOptions extends DeviceLoginOptions {
  /** Milliseconds since 1970. */
  now?: () => number
  /** Waits, and rejects with the signal's reason when it is aborted. */
  sleep?: (ms: number, signal?: AbortSignal) => Promise<void>
  /** Told about each poll that got no answer, or only a proxy's (502, 503, 504); the wait goes on. */
  on_trouble?: (error: RobotraceError) => void
}

/** Why a login came to nothing. */
export type DeviceLoginEnd = 'denied' | 'expired' | 'consumed'

/**
 * A login that came to nothing: refused, not approved in time, or redeemed already.
 *
 * @example
 * ```ts
 * import { DeviceLoginError } from '@robotrace/sdk'
 *
 * const isWorthAnotherTry = (error: unknown) => error instanceof DeviceLoginError && error.reason === 'expired'
 * ```
 */
export class DeviceLoginError extends RobotraceError {
  /** Which of the three. */
  readonly reason: DeviceLoginEnd

  /** Made by the SDK: the reason, and the network's trouble that may have led to it. */
  constructor(reason: DeviceLoginEnd, cause?: RobotraceError) {
    super(SENTENCES[reason], cause && { cause })
    this.reason = reason
  }

  static {
    DeviceLoginError.prototype.name = 'DeviceLoginError'
  }
}

const SENTENCES: Record<DeviceLoginEnd, string> = {
  denied: 'Device login was refused.',
  expired: 'Login window expired before the device was authorized.',
  consumed: 'This login was used already: its key has been handed out.',
}

const ANSWER_TIMEOUT_S = 15
const USUAL_INTERVAL_S = 2
const LEAST_INTERVAL_S = 0.5
const MOST_INTERVAL_S = 60
const USUAL_LIFE_S = 600
const MOST_LIFE_S = 3600
const LONGEST_BACKOFF_S = 30
/** A server that is being restarted behind its proxy. */
const PASSING_STATUSES = [502, 503, 504]
const USER_CODE = /^[0-9A-Za-z]{4}-[0-9A-Za-z]{4}$/

/**
 * Begins a login (RFC 8628 section 3.1, in the words of `POST /api/cli/auth/start`): show the person
 * `verification_uri_complete` and `user_code`, then {@linkcode waitForApproval}. Missing optional members
 * of the answer are filled in.
 *
 * @example
 * ```ts
 * import { startDeviceLogin, waitForApproval } from '@robotrace/sdk'
 *
 * const options = { base_url: 'http://localhost:3000' }
 * const login = await startDeviceLogin({ user_agent: 'my-tool/1.0', hostname: 'rig-07' }, options)
 * console.log(`Open ${login.verification_uri_complete} and compare ${login.user_code}`)
 * const { api_key } = await waitForApproval(login, options)
 * ```
 * @throws ServerError when the answer lacks something or links to another origin; APIError; TransportError
 */
export async function startDeviceLogin(
  who: StartDeviceLogin,
  options: DeviceLoginOptions,
): Promise<StartedDeviceLogin> {
  const transport = makeTransport({ user_agent: who.user_agent, ...options })
  const answer = await transport.json<Record<string, unknown>>({
    method: 'POST',
    path: '/api/cli/auth/start',
    body: who,
    signal: options.signal,
  })
  const device_code = textOf(answer, 'device_code')
  const user_code = textOf(answer, 'user_code')
  // People compare it by eye, so nothing else may hide in it.
  if (!USER_CODE.test(user_code)) throw unusable('user_code is not of the form XXXX-XXXX')
  const verification_uri = linkOf(answer, 'verification_uri', transport.base_url)
  const complete = answer.verification_uri_complete ? 'verification_uri_complete' : 'verification_uri'
  return {
    device_code,
    user_code,
    verification_uri,
    verification_uri_complete: linkOf(answer, complete, transport.base_url),
    expires_in: Math.min(positive(answer.expires_in) ?? USUAL_LIFE_S, MOST_LIFE_S),
    interval: pace(answer.interval) ?? USUAL_INTERVAL_S,
  }
}

/**
 * Polls until the person has decided. After a poll without an answer, or with 502, 503 or 504, the wait doubles
 * each time (RFC 8628 section 3.5; at most 30 s, never faster than asked) until the login's time is over; any
 * other refusal ends it.
 *
 * @example const { api_key, user_email } = await waitForApproval(started, { base_url, signal })
 * @throws DeviceLoginError when refused, expired or used; APIError; the signal's reason
 */
export async function waitForApproval(
  started: StartedDeviceLogin,
  options: WaitOptions,
): Promise<ApprovedDeviceLogin> {
  const { now = Date.now, sleep = pause, signal } = options
  const transport = makeTransport(options)
  const until = now() + started.expires_in * 1000
  let interval_s = started.interval
  let wait_s = interval_s
  let trouble: RobotraceError | undefined
  for (;;) {
    const left_ms = until - now()
    if (left_ms <= 0) throw new DeviceLoginError('expired', trouble)
    await sleep(Math.min(wait_s * 1000, left_ms), signal)
    try {
      const state = await poll(transport, started.device_code, signal, trouble)
      if (state.status === 'approved') return state
      interval_s = state.interval ?? interval_s
      wait_s = interval_s
      trouble = undefined
    } catch (error) {
      if (!isPassing(error)) throw error
      trouble = error
      wait_s = Math.max(interval_s, Math.min(2 * wait_s, LONGEST_BACKOFF_S))
      options.on_trouble?.(error)
    }
  }
}

function isPassing(error: unknown): error is RobotraceError {
  if (error instanceof TransportError) return true
  return error instanceof ServerError && PASSING_STATUSES.includes(error.status)
}

type Polled = { status: 'pending'; interval?: number } | ApprovedDeviceLogin

/** @param lost the poll before had no answer: a used code then means that the key went astray with it */
async function poll(
  transport: Transport,
  device_code: string,
  signal: AbortSignal | undefined,
  lost: RobotraceError | undefined,
): Promise<Polled> {
  try {
    const call = { method: 'POST', path: '/api/cli/auth/poll', body: { device_code }, signal } as const
    const answer = await transport.json<Record<string, unknown>>(call)
    if (answer.status === 'approved') return approvedOf(answer, transport.base_url)
    if (answer.status === 'denied') throw new DeviceLoginError('denied')
    // What it says beside these two means pending to every client of this wire.
    return { status: 'pending', interval: pace(answer.interval) }
  } catch (error) {
    const ended = error instanceof APIError && error.status === 410 ? error.response_body : undefined
    const status = isRecord(ended) ? ended.status : undefined
    if (status === 'expired' || status === 'consumed') throw new DeviceLoginError(status, lost)
    throw error
  }
}

function approvedOf(answer: Record<string, unknown>, base_url: string): ApprovedDeviceLogin {
  const home = homeOf(optionalText(answer, 'base_url'), base_url)
  const portal = optionalText(answer, 'portal_url')
  const own = portal && URL.canParse(portal) && isSameOrigin(portal, base_url)
  return {
    status: 'approved',
    api_key: keyOf(answer),
    base_url: home,
    client_id: optionalText(answer, 'client_id') ?? '',
    user_email: optionalText(answer, 'user_email') ?? '',
    portal_url: own ? new URL(portal).href : `${home}/portal`,
    ...organizationOf(answer.organization),
    scope: optionalText(answer, 'scope'),
  }
}

/** Without a key in it the answer is lost, while the key it should hold is alive: like one that never arrived. */
function keyOf(answer: Record<string, unknown>): string {
  const key = optionalText(answer, 'api_key')
  if (key !== undefined) return key
  throw new DeviceLoginError('consumed', unusable('api_key is missing or no text'))
}

/**
 * An address elsewhere would send the key and every recording there; one with a query is none. The key was
 * handed out with this answer, so neither is a reason to fail: the address that was asked is a good one.
 */
function homeOf(given: string | undefined, asked: string): string {
  if (!given || !URL.canParse(given) || !isSameOrigin(given, asked)) return asked
  try {
    return checkBaseUrl(given)
  } catch {
    return asked
  }
}

function organizationOf(value: unknown): Pick<ApprovedDeviceLogin, 'organization'> {
  if (!isRecord(value)) return {}
  const { id, slug, name } = value
  if (typeof id !== 'string' || typeof slug !== 'string' || typeof name !== 'string') return {}
  return { organization: { id, slug, name } }
}

function makeTransport(options: DeviceLoginOptions): Transport {
  return new Transport({
    base_url: checkBaseUrl(options.base_url),
    fetch: options.fetch ?? ((...call) => fetch(...call)),
    runtime: { ...webRuntime, user_agent: options.user_agent },
    timeout_s: options.timeout_s ?? ANSWER_TIMEOUT_S,
    upload_timeout_s: ANSWER_TIMEOUT_S,
  })
}

function positive(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) && value > 0 ? value : undefined
}

function pace(value: unknown): number | undefined {
  const seconds = positive(value)
  return seconds && Math.min(Math.max(seconds, LEAST_INTERVAL_S), MOST_INTERVAL_S)
}
