import express, { type RequestHandler } from 'express'
import { AppError } from '../errors.ts'

/**
 * Takes a JSON body as text into `request.body`; the door parses it. A plain body of known length, which is what all
 * clients send, is read here in one go; Express's parser costs several times as much and takes whatever is left:
 * other character sets, compressed and chunked bodies.
 *
 * @param limit bytes
 * @throws AppError too_large before the body is read, when it says itself that it is too long
 */
export function jsonText(limit: number): RequestHandler {
  const anyKind = express.text({ type: 'application/json', limit })
  return (request, response, next) => {
    const { 'content-type': type, 'content-length': length, 'content-encoding': encoding } = request.headers
    const plain = type === 'application/json' && encoding === undefined && Number(length) <= limit
    // Express's parser would read such a body to its end before it refuses it.
    if (Number(length) > limit && request.is('application/json')) throw new AppError('too_large')
    if (!plain || length === '0') return anyKind(request, response, next)
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.once('error', next)
    request.once('end', () => {
      const [only] = chunks
      request.body = (chunks.length === 1 && only ? only : Buffer.concat(chunks)).toString('utf8')
      next()
    })
  }
}
