import type { FileHandle } from 'node:fs/promises'
import type { Readable } from 'node:stream'

/** Written at once. Two such batches are held at most: one on its way to the disk, one filling. */
const BATCH_BYTES = 256 * 1024

/** A sender of single bytes fills a batch by count: each chunk is an object of its own. */
const BATCH_CHUNKS = 64

/**
 * Takes a stream into a file to its end: the next batch is read, and seen by `each`, while the one before is
 * being written. The stream is not destroyed when this fails, so that a refusal can still be answered.
 *
 * @returns how many bytes came
 * @throws what the stream or the file throws
 */
export async function receive(
  stream: Readable,
  file: FileHandle,
  each: (chunk: Buffer) => void,
): Promise<number> {
  let total = 0
  let batch: Buffer[] = []
  let size = 0
  let writing: Promise<void> = Promise.resolve()
  try {
    for await (const chunk of stream.iterator({ destroyOnReturn: false })) {
      const bytes: Buffer = chunk
      each(bytes)
      total += bytes.length
      batch.push(bytes)
      size += bytes.length
      if (size < BATCH_BYTES && batch.length < BATCH_CHUNKS) continue
      await writing
      writing = writeAll(file, batch)
      // Awaited with the next batch; until then a failure has a listener, so that it is not unhandled.
      writing.catch(() => {})
      batch = []
      size = 0
    }
    await writing
    await writeAll(file, batch)
  } finally {
    // The file is closed next: nothing may still be writing to it.
    await writing.catch(() => {})
  }
  return total
}

/** A disk that is nearly full takes a part of a write and refuses the next. */
async function writeAll(file: FileHandle, buffers: Buffer[]): Promise<void> {
  const size = buffers.reduce((sum, { length }) => sum + length, 0)
  if (size === 0) return
  const { bytesWritten } = await file.writev(buffers)
  if (bytesWritten === size) return
  const rest = Buffer.concat(buffers, size).subarray(bytesWritten)
  for (let at = 0; at < rest.length; ) {
    const more = await file.write(rest, at)
    at += more.bytesWritten
  }
}
