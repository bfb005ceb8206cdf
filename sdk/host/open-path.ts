import { open } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { ConfigurationError, type RobotraceError, TransportError } from '../errors.ts'
import { isRecord } from '../json.ts'
import type { PutRequest, UploadBody } from '../runtime.ts'
import { putChunks } from './put-chunks.ts'

const CHUNK_BYTES = 256 * 1024

/**
 * A file as the body of an upload: read in pieces, opened anew for each attempt, and refused when its size
 * changes while it is being sent.
 *
 * @example await openPath('./run.mp4')
 * @throws ConfigurationError when the path is not a readable file
 */
export async function openPath(source: string | URL): Promise<UploadBody> {
  const path = pathOf(source)
  const size_bytes = await fileSize(path)
  const send = async (request: PutRequest) => {
    const file = await open(path, 'r')
    try {
      const unchanged = async () => {
        const { size } = await file.stat()
        if (size !== size_bytes) throw changed(path, size_bytes, size)
      }
      await unchanged()
      const chunks = file.createReadStream({ autoClose: false, highWaterMark: CHUNK_BYTES, start: 0 })
      return await putChunks(request, chunks, { size_bytes, unchanged })
    } finally {
      await file.close()
    }
  }
  return { size_bytes, repeatable: true, send, close: async () => {} }
}

function pathOf(source: string | URL): string {
  if (typeof source === 'string') return source
  if (source.protocol === 'file:') return fileURLToPath(source)
  throw new ConfigurationError(
    `A ${source.protocol} address is not a file here. Fetch it and upload its stream.`,
  )
}

async function fileSize(path: string): Promise<number> {
  const file = await open(path, 'r').catch((error: unknown) => {
    throw unreadable(path, isRecord(error) ? String(error.code) : 'unknown reason')
  })
  try {
    const stat = await file.stat()
    if (!stat.isFile()) throw unreadable(path, 'not a regular file; give a stream instead')
    return stat.size
  } finally {
    await file.close()
  }
}

function unreadable(path: string, why: string): RobotraceError {
  return new ConfigurationError(`${path} cannot be uploaded (${why}).`)
}

function changed(path: string, was: number, is: number): RobotraceError {
  return new TransportError(
    `${path} changed from ${was} to ${is} bytes while it was being sent. Upload it when it is complete.`,
  )
}
