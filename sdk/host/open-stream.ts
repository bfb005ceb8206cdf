import { createWriteStream } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { ConfigurationError } from '../errors.ts'
import type { UploadBody } from '../runtime.ts'
import { openPath } from './open-path.ts'
import { putChunks } from './put-chunks.ts'

/**
 * A stream as the body of an upload. With its size it is sent as it comes, once; without, it is first
 * written into a private temporary file, because an upload needs its exact size up front.
 *
 * @example await openStream(response.body, 1_048_576)
 */
export async function openStream(
  stream: ReadableStream<Uint8Array>,
  size_bytes?: number,
): Promise<UploadBody> {
  if (size_bytes === undefined) return await spool(stream)
  if (!Number.isSafeInteger(size_bytes) || size_bytes < 0)
    throw new ConfigurationError('size_bytes must be a whole number.')
  return {
    size_bytes,
    repeatable: false,
    send: (request) => putChunks(request, chunksOf(stream), { size_bytes }),
    close: async () => {},
  }
}

async function spool(stream: ReadableStream<Uint8Array>): Promise<UploadBody> {
  const folder = await mkdtemp(join(tmpdir(), 'robotrace-'))
  const remove = () => rm(folder, { recursive: true, force: true })
  try {
    const path = join(folder, 'artifact')
    await pipeline(chunksOf(stream), createWriteStream(path, { mode: 0o600 }))
    return { ...(await openPath(path)), close: remove }
  } catch (error) {
    await remove()
    throw error
  }
}

async function* chunksOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  const reader = stream.getReader()
  let ended = false
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) break
      if (!(value instanceof Uint8Array))
        throw new ConfigurationError('The stream must hold Uint8Array chunks.')
      yield value
    }
    ended = true
  } finally {
    // Left early, the source is told that nobody reads on.
    if (!ended) await reader.cancel().catch(() => {})
    reader.releaseLock()
  }
}
