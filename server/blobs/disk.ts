import type { Config } from '../config.ts'
import type { BlobStore } from './blob-store.ts'

export function createDiskStore(_folder: string, _config: Config): BlobStore {
  const unavailable = async (): Promise<never> => {
    throw new Error('blobs are not stored yet')
  }
  return {
    stage: unavailable,
    head: unavailable,
    open: unavailable,
    remove: unavailable,
    room: async () => 1,
  }
}
