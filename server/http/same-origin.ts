import type { Request, RequestHandler } from 'express'
import { isLoopback } from '../environment.ts'
import { AppError } from '../errors.ts'

const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS'])

/**
 * Stands in front of everything that a cookie can authenticate, the sign-in included: an unsafe request must
 * come from our own pages. Fetch Metadata decides where the browser sends it, then Origin, then Referer. A
 * request with none of the three did not come from a browser's page and may pass only without cookies.
 */
export function sameOrigin(public_url: string): RequestHandler {
  const ours = new URL(public_url).origin
  return (request, _response, next) => {
    if (!SAFE_METHODS.has(request.method) && !isOurOwn(request, ours)) throw new AppError('cross_site')
    next()
  }
}

function isOurOwn(request: Request, ours: string): boolean {
  const site = request.headers['sec-fetch-site']
  if (site !== undefined) return site === 'same-origin' || site === 'none'
  const from = request.headers.origin ?? request.headers.referer
  if (from === undefined) return request.headers.cookie === undefined
  if (!URL.canParse(from)) return false
  const { origin, hostname, host } = new URL(from)
  // A server on this very machine may be asked by any of its loopback names, which no other site can have.
  return origin === ours || (isLoopback(hostname) && host === request.headers.host)
}
