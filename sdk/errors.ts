/** What an {@linkcode APIError} is made of. */
export interface APIErrorDetails {
  /** HTTP status of the answer. */
  status: number
  /** Stable machine-readable code of the problem, when the server sent one. */
  code?: string
  /** `X-Request-Id` of the answer: finds the request in the server's log. */
  request_id?: string
  /** The parsed JSON body, or the first 1,000 characters of a body that is not JSON. Keys are blanked out. */
  response_body?: unknown
  /** Whole seconds the server asks to wait. */
  retry_after?: number
  /** The scope that the key lacks for this. */
  missing_scope?: string
}

/**
 * The root of everything this SDK throws on its own account.
 *
 * @example
 * ```ts
 * import { Client, RobotraceError } from '@robotrace/sdk'
 *
 * try {
 *   await new Client().startEpisode({ name: 'pick_and_place v3' })
 * } catch (error) {
 *   if (!(error instanceof RobotraceError)) throw error
 *   console.error(error.message)
 * }
 * ```
 */
export class RobotraceError extends Error {
  static {
    RobotraceError.prototype.name = 'RobotraceError'
  }
}

/**
 * The set-up or the call itself is wrong (no key, a mistyped key, a slot that was not requested); nothing
 * was sent. The message never shows the key.
 *
 * @example
 * ```ts
 * import { Client, ConfigurationError } from '@robotrace/sdk'
 *
 * try {
 *   new Client({ api_key: 'rt_mistyped', base_url: 'http://localhost:3000' })
 * } catch (error) {
 *   if (error instanceof ConfigurationError) console.error(error.message)
 * }
 * ```
 */
export class ConfigurationError extends RobotraceError {
  static {
    ConfigurationError.prototype.name = 'ConfigurationError'
  }
}

/**
 * No answer came: refused connection, unknown host, time limit, a broken upload. Never repeated by the
 * SDK itself, because the server may have done its part already.
 *
 * @example
 * ```ts
 * import { Client, TransportError } from '@robotrace/sdk'
 *
 * const answer = await new Client().getEpisode('ep_8f3c').catch((error) => {
 *   if (error instanceof TransportError) return undefined
 *   throw error
 * })
 * ```
 */
export class TransportError extends RobotraceError {
  /** The system's name of the cause, such as `ECONNREFUSED`, when there is one. */
  readonly code: string | undefined

  /** Made by the SDK: the sentence, and the system's code of the cause. */
  constructor(message: string, code?: string) {
    super(message)
    this.code = code
  }

  static {
    TransportError.prototype.name = 'TransportError'
  }
}

/**
 * The server answered, and refused. Statuses without a class of their own (403, 410, 413, 422, any
 * redirect) are plain `APIError`s.
 *
 * @example
 * ```ts
 * import { APIError, Client } from '@robotrace/sdk'
 *
 * try {
 *   await new Client().getEpisode('ep_8f3c')
 * } catch (error) {
 *   if (error instanceof APIError) console.error(error.status, error.code, error.request_id)
 * }
 * ```
 */
export class APIError extends RobotraceError {
  /** HTTP status of the answer. */
  readonly status: number
  /** Stable machine-readable code of the problem, when the server sent one. */
  readonly code: string | undefined
  /** `X-Request-Id` of the answer: finds the request in the server's log. */
  readonly request_id: string | undefined
  /** The parsed JSON body, or the first 1,000 characters of a body that is not JSON. Keys are blanked out. */
  readonly response_body: unknown
  /** The scope that the key lacks for this, when that is why it was refused. */
  readonly missing_scope: string | undefined

  /** Made by the SDK from an answer: the server's sentence and what came with it. */
  constructor(message: string, details: APIErrorDetails) {
    super(message)
    this.status = details.status
    this.code = details.code
    this.request_id = details.request_id
    this.response_body = details.response_body
    this.missing_scope = details.missing_scope
  }

  static {
    APIError.prototype.name = 'APIError'
  }
}

/**
 * 400: a field is wrong; the message names it.
 *
 * @example
 * ```ts
 * import { ValidationError } from '@robotrace/sdk'
 *
 * const isWrongInput = (error: unknown) => error instanceof ValidationError
 * ```
 */
export class ValidationError extends APIError {
  static {
    ValidationError.prototype.name = 'ValidationError'
  }
}

/**
 * 401: the key is missing, malformed, revoked or unknown; the server does not say which.
 *
 * @example
 * ```ts
 * import { AuthError } from '@robotrace/sdk'
 *
 * const needsNewKey = (error: unknown) => error instanceof AuthError
 * ```
 */
export class AuthError extends APIError {
  static {
    AuthError.prototype.name = 'AuthError'
  }
}

/**
 * 404: no such thing for this key. What belongs to another organization looks the same on purpose.
 *
 * @example
 * ```ts
 * import { NotFoundError } from '@robotrace/sdk'
 *
 * const isMissing = (error: unknown) => error instanceof NotFoundError
 * ```
 */
export class NotFoundError extends APIError {
  static {
    NotFoundError.prototype.name = 'NotFoundError'
  }
}

/**
 * 409: the request does not fit the current state, such as finalizing an archived episode.
 *
 * @example
 * ```ts
 * import { ConflictError } from '@robotrace/sdk'
 *
 * const isArchived = (error: unknown) => error instanceof ConflictError
 * ```
 */
export class ConflictError extends APIError {
  static {
    ConflictError.prototype.name = 'ConflictError'
  }
}

/**
 * 429: too many requests. Where it is safe the SDK has already tried four times before it throws this.
 *
 * @example
 * ```ts
 * import { RateLimitError } from '@robotrace/sdk'
 *
 * const waitFor = (error: unknown) => (error instanceof RateLimitError ? error.retry_after : undefined)
 * ```
 */
export class RateLimitError extends APIError {
  /** Whole seconds the server asks to wait, when it says so. */
  readonly retry_after: number | undefined

  /** Made by the SDK from an answer: the server's sentence and what came with it. */
  constructor(message: string, details: APIErrorDetails) {
    super(message, details)
    this.retry_after = details.retry_after
  }

  static {
    RateLimitError.prototype.name = 'RateLimitError'
  }
}

/**
 * 500 and above, or an answer that is not what the wire promises. Not repeated by the SDK.
 *
 * @example
 * ```ts
 * import { ServerError } from '@robotrace/sdk'
 *
 * const isTheirFault = (error: unknown) => error instanceof ServerError
 * ```
 */
export class ServerError extends APIError {
  static {
    ServerError.prototype.name = 'ServerError'
  }
}

const CLASS_OF_STATUS: Record<number, typeof APIError> = {
  400: ValidationError,
  401: AuthError,
  404: NotFoundError,
  409: ConflictError,
  429: RateLimitError,
}

/** The error of a refused call, in the class its status has. */
export function makeAPIError(message: string, details: APIErrorDetails): APIError {
  const Class = CLASS_OF_STATUS[details.status] ?? (details.status >= 500 ? ServerError : APIError)
  return new Class(message, details)
}
