import type { RequestHandler, Response } from 'express'
import { pinoHttp } from 'pino-http'
import { newId } from '../db/ids.ts'
import type { Log } from '../log.ts'

/** Gives each request an id (`X-Request-Id`) and writes one line when it has been answered. */
export function requestLog(log: Log): RequestHandler {
  return pinoHttp({
    logger: log,
    genReqId: (_request, response) => {
      const id = newId('req')
      response.setHeader('X-Request-Id', id)
      return id
    },
    // A query may hold a signature or a code, and headers hold keys: neither is written down.
    serializers: {
      req: (request: { id: string; method: string; url: string }) => ({
        id: request.id,
        method: request.method,
        path: request.url.split('?', 1)[0],
      }),
      res: (response: { statusCode: number }) => ({ status: response.statusCode }),
    },
    customLogLevel: (_request, response, error) => (error || response.statusCode >= 500 ? 'error' : 'info'),
    customSuccessMessage: () => 'request',
    customErrorMessage: () => 'request',
  })
}

export function requestId(response: Response): string {
  return String(response.getHeader('X-Request-Id') ?? '')
}
