import type { RequestHandler } from 'express'
import { isLoopback } from '../config.ts'
import { AppError } from '../errors.ts'

/**
 * Answers 421 to a Host that is neither PUBLIC_URL's nor loopback. A page of another site that points its own
 * name at this machine (DNS rebinding) ends here; a loopback name cannot be taken over that way.
 */
export function knownHost(public_url: string): RequestHandler {
  const { host: publicHost, protocol } = new URL(public_url)
  return (request, _response, next) => {
    // Parsed as the browser does it: case and a default port make no difference.
    const asked = `${protocol}//${request.headers.host ?? ''}`
    const { host, hostname } = URL.canParse(asked) ? new URL(asked) : { host: '', hostname: '' }
    if (host !== publicHost && !isLoopback(hostname)) throw new AppError('unknown_host')
    next()
  }
}
