import type { Request, RequestHandler, Response } from 'express'
import type { AppContext } from '../context.ts'
import { newId } from '../db/ids.ts'

/**
 * Gives each request an id (`X-Request-Id`) and writes one line when it has been answered, or when the caller hung
 * up before. The line has these members and no others: a query may hold a signature or a code, and headers hold
 * keys, so that neither is written down. That is why it needs no redaction, which would cost more than the line.
 *
 * A reverse proxy that is trusted may have given the request its id already: then its lines and ours say the same.
 */
export function requestLog({
  log,
  metrics,
  config,
}: Pick<AppContext, 'log' | 'config'> & Partial<Pick<AppContext, 'metrics'>>): RequestHandler {
  const lines = log.child({}, { redact: [] })
  const isBehindProxy = config.trusted_proxies.length > 0
  return (request, response, next) => {
    const request_id = (isBehindProxy && givenByProxy(request)) || newId('req')
    const began = performance.now()
    const { method } = request
    const path = pathOf(request.originalUrl)
    response.setHeader('X-Request-Id', request_id)
    response.once('close', () => {
      const status = response.statusCode
      const took = performance.now() - began
      const line = { ...requestIds(response), method, path, status, ms: Math.round(took) }
      if (!response.writableFinished) lines.info({ ...line, aborted: true }, 'request')
      else if (status >= 500) lines.error(line, 'request')
      else lines.info(line, 'request')
      metrics?.answered({ method, route: routeOf(request), status, seconds: took / 1000 })
    })
    next()
  }
}

export function requestId(response: Response): string {
  return String(response.getHeader('X-Request-Id') ?? '')
}

/** What every line that is written for a request says: its id, and that of its trace where there are traces. */
export function requestIds(response: Response): { request_id: string; trace_id?: string } {
  const trace_id: unknown = response.locals.trace_id
  return { request_id: requestId(response), ...(typeof trace_id === 'string' && { trace_id }) }
}

/** As ids are written everywhere: nothing that could forge a line or a header. */
const REQUEST_ID = /^[\w.:+/=-]{8,100}$/

/** The id of a proxy whose word counts for addresses, too; undefined for anybody else's, and for one that is no id. */
function givenByProxy(request: Request): string | undefined {
  const given = request.headers['x-request-id']
  if (typeof given !== 'string' || !REQUEST_ID.test(given)) return undefined
  const trusts: unknown = request.app.get('trust proxy fn')
  const { remoteAddress } = request.socket
  return typeof trusts === 'function' && trusts(remoteAddress, 0) === true ? given : undefined
}

/**
 * The template of the door that answered, which names no id: `/api/episodes/:id`. What no door answers counts as one:
 * anybody can ask for any path.
 */
export function routeOf(request: Request): string {
  const route: unknown = request.route?.path
  if (typeof route === 'string') return route
  return request.originalUrl.startsWith('/trpc/') ? '/trpc' : 'other'
}

function pathOf(url: string): string {
  const query = url.indexOf('?')
  return query < 0 ? url : url.slice(0, query)
}
