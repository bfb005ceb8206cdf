import type { RequestHandler } from 'express'
import { isLoopback } from '../config.ts'
import { AppError } from '../errors.ts'

/**
 * Answers 421 to a Host that is neither PUBLIC_URL's nor loopback. A page of another site that points its own
 * name at this machine (DNS rebinding) ends here; a loopback name cannot be taken over that way.
 */
export function knownHost(public_url: string): RequestHandler {
  const publicHost = new URL(public_url).host
  return (request, _response, next) => {
    const host = request.headers.host ?? ''
    if (host !== publicHost && !isLoopback(host.replace(/:\d+$/, ''))) throw new AppError('unknown_host')
    next()
  }
}
