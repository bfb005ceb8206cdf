import type { FileHandle } from 'node:fs/promises'
import { open } from 'node:fs/promises'

/** Written since the last wait for the disk, */
const FLUSH_BYTES = 4 * 1024 * 1024

/** and the most that may be, before whoever writes has to wait. */
const MOST_BYTES = 16 * 1024 * 1024

/**
 * Brings a file that somebody else is writing to the disk piece by piece, on a thread of its own. SQLite waits for the disk
 * once, at the end and where everything else waits as well: for a copy of a gigabyte that would be seconds.
 *
 * @example const flusher = createFlusher(path); flusher.wrote(4096); await flusher.end()
 */
export function createFlusher(path: string): {
  /** @returns whether there is so much in front of the disk that no more should be written now */
  wrote: (bytes: number) => boolean
  end: () => Promise<void>
} {
  let handle: Promise<FileHandle> | undefined
  let flushing: Promise<void> | undefined
  let waiting = 0
  const flush = async (): Promise<void> => {
    const before = waiting
    handle ??= open(path, 'r+')
    // That the disk cannot take it, SQLite finds out by itself.
    await handle.then((file) => file.datasync()).catch(() => {})
    waiting -= before
    flushing = undefined
  }
  return {
    wrote: (bytes) => {
      waiting += bytes
      if (waiting >= FLUSH_BYTES) flushing ??= flush()
      return waiting >= MOST_BYTES
    },
    end: async () => {
      await flushing
      await handle?.then((file) => file.close()).catch(() => {})
    },
  }
}
