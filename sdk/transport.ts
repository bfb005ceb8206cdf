import { forgetAfter, passOn } from './abort.ts'
import { type APIError, type APIErrorDetails, makeAPIError, ServerError, TransportError } from './errors.ts'
import { isRecord, parseObject, toJson } from './json.ts'
import { hideKeys, keyPrefix } from './key-format.ts'
import { retryAfter, retryWhileLimited } from './retries.ts'
import type { Answer, Runtime } from './runtime.ts'
import { timerMs } from './time-limit.ts'
import { VERSION } from './version.ts'

/** What a call does. */
export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

/** One JSON call. */
export interface JsonCall {
  method: Method
  /** From `/api` on. */
  path: string
  body?: object
  /** True only where a 429 promises that nothing was written: creating, not finalizing. */
  retry_while_limited?: boolean
  /** Beside those that every call has, or instead of them. */
  headers?: Record<string, string>
  /** Ends the call early; its reason is thrown. */
  signal?: AbortSignal
}

export interface TransportOptions {
  /** Absent: calls go out without one, as those of a login do. */
  api_key?: string
  base_url: string
  /** Slug or id; sent wherever the key is. */
  organization?: string
  /** The same for the project. */
  project?: string
  fetch: typeof fetch
  runtime: Runtime
  timeout_s: number
  upload_timeout_s: number
}

const MOST_TEXT_KEPT = 1000
const MOST_REDIRECTS = 5

/**
 * The one way out: headers, time limits, retries, and answers turned into values or errors. It alone
 * holds the key; whatever it throws has gone through {@linkcode Transport.hide}.
 */
export class Transport {
  readonly base_url: string
  readonly runtime: Runtime
  readonly upload_timeout_s: number
  readonly fetch: typeof fetch
  readonly #api_key: string | undefined
  readonly organization: string | undefined
  readonly project: string | undefined
  readonly #timeout_s: number

  constructor(options: TransportOptions) {
    this.base_url = options.base_url
    this.runtime = options.runtime
    this.upload_timeout_s = options.upload_timeout_s
    this.fetch = options.fetch
    this.#api_key = options.api_key
    this.organization = options.organization
    this.project = options.project
    this.#timeout_s = options.timeout_s
  }

  /** The public part of the key, safe to show. */
  get key_prefix(): string {
    return keyPrefix(this.#api_key ?? '')
  }

  /** Headers that name this SDK; a browser names itself. */
  get identity(): Record<string, string> {
    const { user_agent } = this.runtime
    return user_agent ? { 'User-Agent': user_agent, 'X-RoboTrace-SDK-Version': VERSION } : {}
  }

  /** The text without this key, any other key, or the signature of a signed address. */
  hide(text: string): string {
    return hideKeys(text, this.#api_key).replace(/(https?:\/\/[^\s?#"']+)\?[^\s"']*/g, '$1?…')
  }

  /**
   * Sends a JSON call and returns the object it answers. Redirects are not followed.
   *
   * @example await transport.json<EpisodeDetail>({ method: 'GET', path: '/api/episodes/ep_8f3c' })
   * @throws APIError by status; ServerError when a success is not a JSON object; TransportError
   */
  async json<Body extends object>(call: JsonCall): Promise<Body> {
    // Written once: every attempt sends identical bytes.
    const body = call.body === undefined ? undefined : toJson(call.body)
    const send = () => this.#send(call, body)
    const answer = call.retry_while_limited ? await retryWhileLimited(send, this.runtime.sleep) : await send()
    if (answer.status < 200 || answer.status >= 300) throw this.refusal(answer)
    const parsed = parseObject(answer.text)
    // The shapes of wire.ts are what the server's own schemas are held to at compile time.
    if (parsed) return parsed as Body
    throw new ServerError(
      `The server answered ${answer.status} without a JSON object.`,
      this.#details(answer),
    )
  }

  /**
   * Sends a call and returns whatever is answered, refusals as well. Redirects are not followed.
   *
   * @param text the body as it is to travel
   */
  exchange(call: Omit<JsonCall, 'body' | 'retry_while_limited'>, text?: string): Promise<Answer> {
    return this.#send(call, text)
  }

  /** The error of an answer that is not a success. */
  refusal(answer: Answer, what?: string): APIError {
    const body = parseObject(answer.text)
    const sentence = typeof body?.error === 'string' && body.error !== '' ? body.error : undefined
    const redirected = answer.status === 0 || (answer.status >= 300 && answer.status < 400)
    const fallback = redirected ? 'The server answered with a redirect' : `HTTP ${answer.status}`
    const message = what && sentence ? `${what}: ${sentence}` : (sentence ?? what ?? fallback)
    return makeAPIError(this.hide(message), this.#details(answer))
  }

  /** The error of a call without an answer. `what` says which; the cause's own text follows. */
  failure(what: string, error: unknown): TransportError {
    const { text, code } = describeCause(error)
    return new TransportError(this.hide(`${what}: ${text}`), code)
  }

  /**
   * A GET whose redirects are followed by hand, so that the key never travels to another origin. The
   * time limit ends with the headers: the body may take as long as it takes.
   */
  async download(path: string, headers: Record<string, string>, signal?: AbortSignal): Promise<Response> {
    let url = new URL(this.base_url + path)
    const home = url.origin
    for (let hop = 0; hop <= MOST_REDIRECTS; hop++) {
      const key = url.origin === home ? this.#authorization() : {}
      const response = await this.#open(url, { ...this.identity, ...key, ...headers }, signal)
      const location = response.headers.get('location')
      if (response.status < 300 || response.status >= 400 || location === null) return this.#arrived(response)
      await response.body?.cancel()
      const next = new URL(location, url)
      if (!/^https?:$/.test(next.protocol) || (url.protocol === 'https:' && next.protocol === 'http:')) {
        throw new TransportError(`GET ${path} was redirected from ${url.origin} to an unsafe address.`)
      }
      url = next
    }
    throw new TransportError(`GET ${path} was redirected more than ${MOST_REDIRECTS} times.`)
  }

  async #send(call: JsonCall, body: string | undefined): Promise<Answer> {
    const limit = AbortSignal.timeout(timerMs(this.#timeout_s))
    try {
      const response = await this.fetch(this.base_url + call.path, {
        method: call.method,
        headers: {
          ...this.#authorization(),
          Accept: 'application/json',
          ...this.identity,
          ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
          ...call.headers,
        },
        body,
        redirect: 'manual',
        signal: call.signal ? AbortSignal.any([call.signal, limit]) : limit,
      })
      return { status: response.status, headers: response.headers, text: await response.text() }
    } catch (error) {
      if (call.signal?.aborted) throw call.signal.reason
      throw this.failure(`${call.method} ${this.base_url}${call.path} failed`, error)
    }
  }

  async #open(url: URL, headers: Record<string, string>, signal?: AbortSignal): Promise<Response> {
    const limit = new AbortController()
    const timer = setTimeout(() => limit.abort(timeoutError()), timerMs(this.#timeout_s))
    const forget = passOn(signal, limit)
    try {
      const init = { headers, signal: limit.signal }
      let response = await this.fetch(url.href, { ...init, redirect: 'manual' })
      // A browser does not show where a redirect leads; it follows by itself and drops the key on the way.
      if (response.type === 'opaqueredirect')
        response = await this.fetch(url.href, { ...init, redirect: 'follow' })
      forgetAfter(response, forget)
      return response
    } catch (error) {
      forget()
      if (signal?.aborted) throw signal.reason
      throw this.failure(`GET ${url.href} failed`, error)
    } finally {
      clearTimeout(timer)
    }
  }

  async #arrived(response: Response): Promise<Response> {
    if (response.ok) return response
    throw this.refusal({ status: response.status, headers: response.headers, text: await response.text() })
  }

  #authorization(): Record<string, string> {
    return {
      ...(this.#api_key === undefined ? {} : { Authorization: `Bearer ${this.#api_key}` }),
      ...(this.organization === undefined ? {} : { 'X-RoboTrace-Organization': this.organization }),
      ...(this.project === undefined ? {} : { 'X-RoboTrace-Project': this.project }),
    }
  }

  #details(answer: Answer): APIErrorDetails {
    const body = parseObject(answer.text)
    return {
      status: answer.status,
      code: typeof body?.code === 'string' ? body.code : undefined,
      request_id: answer.headers.get('x-request-id') ?? undefined,
      response_body: body ? this.#hideIn(body) : this.hide(answer.text.slice(0, MOST_TEXT_KEPT)),
      retry_after: retryAfter(answer.headers),
      missing_scope: missingScope(answer.headers),
    }
  }

  #hideIn(value: unknown): unknown {
    if (typeof value === 'string') return this.hide(value)
    if (Array.isArray(value)) return value.map((item) => this.#hideIn(item))
    if (!isRecord(value)) return value
    return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, this.#hideIn(member)]))
  }
}

/** RFC 6750 section 3: `WWW-Authenticate: Bearer …, error="insufficient_scope", scope="fleet:write"`. */
function missingScope(headers: Headers): string | undefined {
  const challenge = headers.get('www-authenticate') ?? ''
  if (!challenge.includes('error="insufficient_scope"')) return undefined
  return /\bscope="([a-z:]{1,40})"/.exec(challenge)?.[1]
}

function timeoutError(): DOMException {
  return new DOMException('no answer within the time limit', 'TimeoutError')
}

/** The innermost sentence of an error: a failed fetch hides "connect ECONNREFUSED" in its cause. */
function describeCause(error: unknown): { text: string; code: string | undefined } {
  if (!(error instanceof Error)) return { text: String(error), code: undefined }
  if (error.name === 'TimeoutError') return { text: 'no answer within the time limit', code: 'ETIMEDOUT' }
  const inner = error instanceof AggregateError ? error.errors[0] : error.cause
  const code = isRecord(error) && typeof error.code === 'string' ? error.code : undefined
  if (!(inner instanceof Error)) return { text: error.message || code || error.name, code }
  const deeper = describeCause(inner)
  return { text: deeper.text, code: deeper.code ?? code }
}
