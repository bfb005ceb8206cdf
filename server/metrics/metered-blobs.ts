import type { BlobStore } from '../blobs/blob-store.ts'
import type { Metrics } from './metrics.ts'

/** The same store; what arrives is counted. @example const blobs = meteredBlobs(store, metrics) */
export function meteredBlobs(store: BlobStore, metrics: Pick<Metrics, 'uploadBegan'>): BlobStore {
  return {
    ...store,
    async stage(stream, size, measure) {
      const ended = metrics.uploadBegan()
      try {
        const staged = await store.stage(stream, size, measure)
        ended(staged.size_bytes)
        return staged
      } catch (error) {
        ended()
        throw error
      }
    },
  }
}
