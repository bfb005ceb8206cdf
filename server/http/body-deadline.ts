import type { IncomingMessage } from 'node:http'
import type { RequestHandler } from 'express'

/** How to forget the deadline of a request that is still under way. */
const deadlines = new WeakMap<IncomingMessage, () => void>()

/**
 * Cuts the connection of a request whose body has been announced and has not arrived whole after so many seconds:
 * half a JSON body must not hold a socket for ever. A PUT is left alone: an upload may take hours, and its own
 * route watches that its bytes keep moving.
 *
 * @param seconds from the end of the headers to the last byte of the body
 * @example app.use(bodyDeadline(config.upload_idle_s))
 */
export function bodyDeadline(seconds: number): RequestHandler {
  return (request, _response, next) => {
    if (request.method !== 'PUT' && announcesBody(request)) cutAfter(request, seconds)
    next()
  }
}

/** RFC 9112 section 6.3: a request without either header has no body. */
function announcesBody({ headers }: IncomingMessage): boolean {
  const { 'content-length': length, 'transfer-encoding': encoding } = headers
  return encoding !== undefined || (length !== undefined && length !== '0')
}

function cutAfter(request: IncomingMessage, seconds: number): void {
  const cut = setTimeout(() => {
    if (!request.complete) request.destroy(new Error('The body did not arrive in time.'))
  }, seconds * 1000)
  cut.unref()
  const forget = (): void => clearTimeout(cut)
  deadlines.set(request, forget)
  request.once('end', forget)
  request.once('close', forget)
}

/** This body is an upload after all, from somebody who may: it takes the time it takes. See cutWhenStalled. */
export function liftDeadline(request: IncomingMessage): void {
  deadlines.get(request)?.()
}

/** An upload may take hours, but one that moves no byte holds its place for nothing. */
export function cutWhenStalled(request: IncomingMessage, seconds: number): void {
  request.setTimeout(seconds * 1000, () => {
    if (!request.complete) request.destroy(new Error('The upload stalled.'))
  })
}
