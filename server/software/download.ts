import { pipeline } from 'node:stream/promises'
import type { Request, Response } from 'express'
import type { Caller } from '../caller.ts'
import type { AppContext } from '../context.ts'
import { AppError } from '../errors.ts'
import { requestIds } from '../http/request-log.ts'
import { type CapsuleAddress, findCapsule } from './capsules.ts'

/**
 * Answers with the bytes of a capsule, to be saved and never to be shown.
 *
 * @throws AppError not_found, also when the stored bytes are gone from the disk
 */
export async function sendCapsule(
  ctx: Pick<AppContext, 'db' | 'blobs' | 'log'>,
  caller: Caller,
  input: CapsuleAddress,
  { request, response }: { request: Request; response: Response },
): Promise<void> {
  const { blob_key, size_bytes, sha256, file_name } = await findCapsule(ctx, caller, input, 'fleet:read')
  const held = await ctx.blobs.head(blob_key)
  if (held !== size_bytes) {
    const found = { ...requestIds(response), blob_key, size_bytes, found_bytes: held ?? null }
    ctx.log.error(found, 'stored bytes are missing')
    throw new AppError('not_found', 'The stored bytes of this capsule are missing on the server.')
  }
  response.attachment(file_name)
  response.setHeader('Content-Type', 'application/octet-stream')
  response.setHeader('Content-Length', size_bytes)
  response.setHeader('ETag', `"${sha256}"`)
  response.setHeader('Cache-Control', 'private, no-cache')
  response.setHeader('X-Content-Type-Options', 'nosniff')
  response.setHeader('Content-Security-Policy', "sandbox; default-src 'none'")
  response.setHeader('Cross-Origin-Resource-Policy', 'same-origin')
  if (request.method === 'HEAD') {
    response.end()
    return
  }
  const bytes = await ctx.blobs.open(blob_key, { start: 0, end: size_bytes - 1 })
  // Whoever stops in the middle is no error; a disk that cannot be read is one.
  await pipeline(bytes, response).catch((error: unknown) => {
    if (!(error instanceof Error && 'code' in error && error.code === 'ERR_STREAM_PREMATURE_CLOSE'))
      throw error
  })
}
