import { createHash } from 'node:crypto'
import { constants, createReadStream } from 'node:fs'
import { open, rename, rm, stat, statfs } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Readable } from 'node:stream'
import type { StoredBlob } from '../blobs/blob-store.ts'
import { makeFolders } from '../db/sync-now.ts'
import { StoppedError } from './layout.ts'

/** Read at once: the most of a file that is ever in memory is a few of these. */
const CHUNK_BYTES = 256 * 1024

/** Asked between chunks. */
export interface Steering {
  stop?: (() => boolean) | undefined
  /** Bytes that have come through since the last call. */
  moved?: ((bytes: number) => void) | undefined
}

/** Size and hash of a file, or of bytes that come by, read once in pieces. @throws what the file throws, StoppedError */
export async function hashFile(
  from: string | AsyncIterable<Uint8Array>,
  steering: Steering = {},
): Promise<StoredBlob> {
  const hash = createHash('sha256')
  let size_bytes = 0
  for await (const bytes of typeof from === 'string' ? piecesOf(from) : from) {
    look(steering, bytes.length)
    hash.update(bytes)
    size_bytes += bytes.length
  }
  return { size_bytes, sha256: hash.digest('hex') }
}

/**
 * Copies a file and hashes what it writes. The bytes are durable when this answers; their name is, once its folder is
 * synced. Never a link: a copy that shares its bytes with the original goes with the same bad sector.
 *
 * @param from a path, or bytes that are on their way
 * @param to is made, and must not be there
 */
export async function copyHashed(
  from: string | AsyncIterable<Uint8Array>,
  to: string,
  steering: Steering = {},
): Promise<StoredBlob> {
  const { O_CREAT, O_EXCL, O_WRONLY, O_NOFOLLOW } = constants
  const file = await open(to, O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW, 0o600)
  try {
    const hash = createHash('sha256')
    let size_bytes = 0
    for await (const bytes of typeof from === 'string' ? piecesOf(from) : from) {
      look(steering, bytes.length)
      hash.update(bytes)
      await file.writeFile(bytes)
      size_bytes += bytes.length
    }
    await file.sync()
    return { size_bytes, sha256: hash.digest('hex') }
  } catch (error) {
    await rm(to, { force: true })
    throw error
  } finally {
    await file.close()
  }
}

/**
 * A file piece by piece, each in the same memory: whoever takes one is done with it before asking for the next. Streams
 * make a buffer for each piece, and collecting those is what others wait for while gigabytes go through.
 */
async function* piecesOf(path: string): AsyncGenerator<Uint8Array> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW)
  try {
    const buffer = Buffer.allocUnsafe(CHUNK_BYTES)
    for (;;) {
      const { bytesRead } = await file.read(buffer, 0, CHUNK_BYTES, null)
      if (bytesRead === 0) return
      yield buffer.subarray(0, bytesRead)
    }
  } finally {
    await file.close()
  }
}

/** A link in the place of a file would lead out of the folder: it is refused. */
export function readingOf(path: string): Readable {
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW
  // Node takes a number here as well as a word; its types know words only.
  return createReadStream(path, { flags: flags as unknown as string, highWaterMark: CHUNK_BYTES })
}

function look({ stop, moved }: Steering, bytes: number): void {
  if (stop?.()) throw new StoppedError()
  moved?.(bytes)
}

/** Writes a small file durably and whole: under another name first. */
export async function writeWhole(path: string, text: string): Promise<void> {
  const temporary = `${path}.new`
  const file = await open(temporary, 'w', 0o600)
  try {
    await file.writeFile(text)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(temporary, path)
  await syncFolder(dirname(path))
}

/** Makes the names in a folder durable. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, constants.O_RDONLY | constants.O_DIRECTORY)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** A folder that nobody else looks into. */
export async function makeFolder(path: string): Promise<void> {
  makeFolders(path)
}

/** Size of a file; undefined when there is none. */
export async function sizeOf(path: string): Promise<number | undefined> {
  const found = await stat(path).catch(() => undefined)
  return found?.isFile() ? found.size : undefined
}

/** Free bytes where `path` is or is going to be. */
export async function freeBytes(path: string): Promise<number> {
  for (let at = path; ; at = dirname(at)) {
    const found = await statfs(at).catch(() => undefined)
    if (found) return found.bavail * found.bsize
    if (dirname(at) === at) return 0
  }
}
