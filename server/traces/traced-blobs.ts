import type { BlobStore } from '../blobs/blob-store.ts'
import type { Traces } from './traces.ts'

/** The same store; taking bytes in and giving them their name are spans. */
export function tracedBlobs(store: BlobStore, { begin }: Pick<Traces, 'begin'>): BlobStore {
  const traced = async <Result>(name: string, work: () => Promise<Result>): Promise<Result> => {
    const end = begin(name)
    try {
      const result = await work()
      end()
      return result
    } catch (error) {
      end(error)
      throw error
    }
  }
  return {
    ...store,
    stage: (stream, size, measure) =>
      traced('blob stage', async () => {
        const staged = await store.stage(stream, size, measure)
        return { ...staged, commit: (key) => traced('blob commit', () => staged.commit(key)) }
      }),
  }
}
