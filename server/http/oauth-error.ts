import type { Response } from 'express'
import { type AppError, toAppError } from '../errors.ts'
import { sendJson } from './send-json.ts'

/** RFC 6749 section 5.2 and RFC 8628 section 3.5: the codes our OAuth routes answer. */
export type OAuthCode =
  | 'invalid_request'
  | 'invalid_client'
  | 'invalid_grant'
  | 'invalid_scope'
  | 'unsupported_grant_type'
  | 'authorization_pending'
  | 'slow_down'
  | 'access_denied'
  | 'expired_token'
  | 'temporarily_unavailable'
  | 'server_error'

/** A refusal in OAuth's own words. Its clients know no other body, so these routes never answer a problem. */
export class OAuthError extends Error {
  readonly code: OAuthCode
  readonly status: number
  readonly extra: Record<string, number>

  constructor(code: OAuthCode, description: string, extra: Record<string, number> = {}, status = 400) {
    super(description)
    this.name = 'OAuthError'
    this.code = code
    this.status = status
    this.extra = extra
  }
}

/**
 * Answers a refusal of an OAuth route; its clients know no other body than RFC 6749's.
 *
 * @returns the error that was answered, so that the caller can log what is unexpected
 */
export function refuseOAuth(response: Response, thrown: unknown): OAuthError {
  const error = thrown instanceof OAuthError ? thrown : translate(toAppError(thrown))
  if (error.status === 401) response.setHeader('WWW-Authenticate', 'Bearer realm="RoboTrace"')
  const { retry_after, ...extra } = error.extra
  if (retry_after !== undefined) response.setHeader('Retry-After', retry_after)
  sendJson(response, error.status, { error: error.code, error_description: error.message, ...extra })
  return error
}

/** Our own refusals, in OAuth's words. */
function translate(error: AppError): OAuthError {
  const { retry_after = 5 } = error.extra
  switch (error.code) {
    case 'rate_limited':
    case 'unavailable':
      return new OAuthError('temporarily_unavailable', error.detail, { retry_after }, error.status)
    case 'unauthenticated':
      return new OAuthError('invalid_client', error.detail, {}, 401)
    case 'too_large':
    case 'method_not_allowed':
    case 'unknown_host':
    case 'cross_site':
    case 'not_found':
      return new OAuthError('invalid_request', error.detail, {}, error.status)
    case 'internal':
      return new OAuthError('server_error', error.detail, {}, 500)
    default:
      return new OAuthError('invalid_request', error.detail)
  }
}
