import type { RequestHandler } from 'express'
import { isLoopback } from '../environment.ts'
import { AppError } from '../errors.ts'

/**
 * Answers 421 to a Host that is neither PUBLIC_URL's nor loopback. A page of another site that points its own
 * name at this machine (DNS rebinding) ends here; a loopback name cannot be taken over that way.
 */
export function knownHost(public_url: string): RequestHandler {
  const { host: publicHost, protocol } = new URL(public_url)
  /** Parsed once: every request of a rig names the same host. Only accepted ones, and few of them, are kept. */
  const accepted = new Set([publicHost])
  return (request, _response, next) => {
    const asked = request.headers.host ?? ''
    if (!accepted.has(asked)) {
      if (!isAccepted(asked, protocol, publicHost)) throw new AppError('unknown_host')
      if (accepted.size < 20) accepted.add(asked)
    }
    next()
  }
}

/** Parsed as the browser does it: case and a default port make no difference. */
function isAccepted(asked: string, protocol: string, publicHost: string): boolean {
  const url = `${protocol}//${asked}`
  if (!URL.canParse(url)) return false
  const { host, hostname } = new URL(url)
  return host === publicHost || isLoopback(hostname)
}
