import type { ErrorRequestHandler, Request, RequestHandler, Response } from 'express'
import { AppError, toAppError, toProblem } from '../errors.ts'
import type { Log } from '../log.ts'
import { refuseOAuth } from './oauth-error.ts'
import { requestId, requestIds } from './request-log.ts'

/** The one place where a thrown error becomes an answer: RFC 9457, never a stack, a query or a path. */
export function problemHandler(log: Log): ErrorRequestHandler {
  // Express knows an error handler by its four parameters.
  return (thrown: unknown, request, response, _next) => {
    const error = fromParser(thrown) ?? toAppError(thrown)
    if (hasHungUp(request, thrown)) {
      // Nobody is left to answer, and nothing here went wrong: the request's own line says that it was aborted.
      response.destroy()
      return
    }
    if (error.code === 'internal') {
      log.error({ err: error.cause, ...requestIds(response) }, 'unexpected error')
    }
    if (response.headersSent) {
      // Half an answer is on its way: cutting the connection is the only way left to say that it failed.
      response.destroy()
      return
    }
    if (request.originalUrl.startsWith('/oauth/')) refuseOAuth(response, error)
    else sendProblem(request, response, error)
  }
}

/** @example app.use('/api', notFound) */
export const notFound: RequestHandler = () => {
  throw new AppError('not_found', 'No such address.')
}

const CHALLENGE = 'Bearer realm="RoboTrace"'
const KEY_HEADERS = ['authorization', 'x-robotrace-key', 'x-api-key']

/** RFC 6750 section 3: whoever presented something learns that it is no good, whoever did not learns the scheme only. */
function challenge(request: Request): string {
  const presented = KEY_HEADERS.some((name) => request.headers[name] !== undefined)
  return presented ? `${CHALLENGE}, error="invalid_token"` : CHALLENGE
}

/** What a handler may have said about the body it meant to send; a problem is another body. */
const REPRESENTATION = ['Content-Disposition', 'Content-Encoding', 'ETag', 'Last-Modified', 'Accept-Ranges']

export function sendProblem(request: Request, response: Response, error: AppError): void {
  const problem = toProblem(error, { instance: request.path, request_id: requestId(response) })
  const type = request.accepts(['application/problem+json', 'application/json']) || 'application/json'
  response.statusCode = problem.status
  if (problem.status === 401) response.setHeader('WWW-Authenticate', challenge(request))
  if (problem.scope) {
    response.setHeader(
      'WWW-Authenticate',
      `${CHALLENGE}, error="insufficient_scope", scope="${problem.scope}"`,
    )
  }
  for (const header of REPRESENTATION) response.removeHeader(header)
  if (problem.status !== 416) response.removeHeader('Content-Range')
  if (problem.retry_after !== undefined) response.setHeader('Retry-After', problem.retry_after)
  if (!request.complete) letSenderFinish(request)
  response.setHeader('Content-Type', type)
  response.setHeader('Cache-Control', 'no-store')
  const text = JSON.stringify(problem)
  response.setHeader('Content-Length', Buffer.byteLength(text))
  response.end(text)
}

/** Whether this is how the request's own body broke off: the sender went away, or was cut for sending nothing. */
function hasHungUp(request: Request, thrown: unknown): boolean {
  return !request.complete && request.errored !== null && request.errored === thrown
}

/** How long the rest of a refused body is read and thrown away. */
const LINGER_MS = 2_000

/**
 * Closing at once while the sender is still sending would reset the connection, and the sender would see a broken
 * pipe instead of the sentence that tells why. So what still comes is dropped for a moment, then it is cut.
 */
function letSenderFinish(request: Request): void {
  const cut = setTimeout(() => request.socket.destroy(), LINGER_MS).unref()
  request.once('end', () => clearTimeout(cut))
  request.resume()
}

/** What Express and its body parser throw carries a status; the sentence is ours. */
function fromParser(thrown: unknown): AppError | undefined {
  if (thrown instanceof AppError || !(thrown instanceof Error) || !('status' in thrown)) return undefined
  const options = { cause: thrown }
  if (thrown.status === 413) return new AppError('too_large', undefined, {}, options)
  if (thrown.status === 415) return new AppError('unsupported_media_type', undefined, {}, options)
  if (typeof thrown.status === 'number' && thrown.status >= 400 && thrown.status < 500) {
    return new AppError('invalid_request', undefined, {}, options)
  }
  return undefined
}
