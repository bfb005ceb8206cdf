import type { Readable } from 'node:stream'

/** What a finished write is known by. */
export interface StoredBlob {
  size_bytes: number
  /** Hexadecimal. */
  sha256: string
}

/** Bytes that have arrived whole and are on the disk, under a name nobody reads yet. */
export interface StagedBlob extends StoredBlob {
  /** Puts the bytes under their key, durably. */
  commit(key: string): Promise<void>
  /** Removes them. */
  discard(): Promise<void>
}

/** What a walk through the store sees of a blob. */
export interface ListedBlob {
  key: string
  size_bytes: number
  modified_at: Date
}

/**
 * Where artifact bytes live. Keys are made of server ids only (`episodes/<organization>/<episode>/<file>`).
 * A blob is visible whole or not at all.
 */
export interface BlobStore {
  /**
   * Takes a stream to its end, hashing while writing.
   *
   * @param size announced by the sender, bytes
   * @param measure whether that is its exact size, or the most it can be
   * @throws AppError storage_full when there is no room, invalid_request when the stream is not `size` bytes
   *   long (`at_most`: when it is longer); a broken stream rejects with its own error. Nothing is left behind in any of these cases.
   */
  stage(stream: Readable, size: number, measure?: 'exact' | 'at_most'): Promise<StagedBlob>
  /** Size in bytes, or undefined when there is no such blob. */
  head(key: string): Promise<number | undefined>
  /** A stream of the bytes from `start` to `end`, both inclusive. */
  open(key: string, range: { start: number; end: number }): Promise<Readable>
  remove(key: string): Promise<void>
  /** Every blob there is, in no particular order, read as it goes. What comes or goes meanwhile may be in it or not. */
  list(): AsyncIterable<ListedBlob>
  /** Free bytes above the floor; 0 when uploads must be refused. */
  room(): Promise<number>
}
