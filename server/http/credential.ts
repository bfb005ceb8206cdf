import type { IncomingMessage } from 'node:http'
import { AppError } from '../errors.ts'

/**
 * Which key a request presents: `Authorization: Bearer`, `X-RoboTrace-Key` or `X-API-Key`. Never from the
 * query, the body or a cookie. Other Authorization schemes belong to somebody else (a proxy) and are passed over.
 *
 * @returns the text as sent, or undefined when none is presented
 * @throws AppError credentials_disagree when two are presented and differ (RFC 6750 section 3.1: invalid_request)
 */
export function presentedKey(request: Pick<IncomingMessage, 'headersDistinct'>): string | undefined {
  const headers = request.headersDistinct
  const presented = [
    ...(headers.authorization ?? []).map(bearer),
    ...(headers['x-robotrace-key'] ?? []),
    ...(headers['x-api-key'] ?? []),
  ].filter((value) => value !== undefined)
  const [first] = presented
  if (presented.some((other) => other !== first)) throw new AppError('credentials_disagree')
  return first
}

function bearer(header: string): string | undefined {
  return /^bearer +(\S+) *$/i.exec(header)?.[1]
}
