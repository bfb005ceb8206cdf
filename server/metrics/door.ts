import type { RequestHandler } from 'express'
import type { AppContext } from '../context.ts'
import { AppError } from '../errors.ts'

/**
 * `/metrics` for whoever presents the key. Anybody else gets what any unknown address answers, so that nobody learns
 * whether there are any.
 */
export function metricsDoor({ metrics }: Pick<AppContext, 'metrics'>): RequestHandler {
  return async (request, response) => {
    const isRead = request.method === 'GET' && request.path === '/'
    if (!metrics || !isRead || !metrics.admits(request.headers.authorization)) {
      throw new AppError('not_found', 'No such address.')
    }
    const { type, text } = await metrics.read()
    response.setHeader('Cache-Control', 'no-store')
    response.setHeader('Content-Type', type)
    response.end(text)
  }
}
