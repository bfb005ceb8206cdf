import type { RequestHandler, Response } from 'express'
import { newId } from '../db/ids.ts'
import type { Log } from '../log.ts'

/**
 * Gives each request an id (`X-Request-Id`) and writes one line when it has been answered, or when the caller hung
 * up before. The line has these members and no others: a query may hold a signature or a code, and headers hold
 * keys, so that neither is written down. That is why it needs no redaction, which would cost more than the line.
 */
export function requestLog(log: Log): RequestHandler {
  const lines = log.child({}, { redact: [] })
  return (request, response, next) => {
    const request_id = newId('req')
    const began = performance.now()
    const { method } = request
    const path = pathOf(request.originalUrl)
    response.setHeader('X-Request-Id', request_id)
    response.once('close', () => {
      const status = response.statusCode
      const ms = Math.round(performance.now() - began)
      const line = { request_id, method, path, status, ms }
      if (!response.writableFinished) lines.info({ ...line, aborted: true }, 'request')
      else if (status >= 500) lines.error(line, 'request')
      else lines.info(line, 'request')
    })
    next()
  }
}

export function requestId(response: Response): string {
  return String(response.getHeader('X-Request-Id') ?? '')
}

function pathOf(url: string): string {
  const query = url.indexOf('?')
  return query < 0 ? url : url.slice(0, query)
}
