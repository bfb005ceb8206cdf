import type { Request, RequestHandler } from 'express'
import { AppError } from '../errors.ts'

const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS'])

/**
 * Stands in front of everything that a cookie can authenticate, the sign-in included: an unsafe request must
 * come from our own pages. Fetch Metadata decides where the browser sends it, then Origin, then Referer. A
 * request with none of the three did not come from a browser's page and may pass only without cookies.
 */
export const sameOrigin: RequestHandler = (request, _response, next) => {
  if (!SAFE_METHODS.has(request.method) && !isOurOwn(request)) throw new AppError('cross_site')
  next()
}

function isOurOwn(request: Request): boolean {
  const site = request.headers['sec-fetch-site']
  if (site !== undefined) return site === 'same-origin' || site === 'none'
  const from = request.headers.origin ?? request.headers.referer
  if (from === undefined) return request.headers.cookie === undefined
  // The Host has been checked against the configuration before, so it can be trusted here.
  return URL.canParse(from) && new URL(from).host === request.headers.host
}
