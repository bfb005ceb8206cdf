import type Sqlite from 'better-sqlite3'
import { sizeOf } from './copy-file.ts'
import { inParallel } from './in-parallel.ts'
import { blobPath } from './layout.ts'
import { namedBlobs } from './named-blobs.ts'

/** How much of what the rows name is not in the folder of backups yet. */
export async function missingBytes(
  rows: Sqlite.Database,
  to: string,
): Promise<{ count: number; size_bytes: number }> {
  let count = 0
  let size_bytes = 0
  for (const page of namedBlobs(rows)) {
    await inParallel(page, 8, async (blob) => {
      if ((await sizeOf(blobPath(to, blob.sha256))) === blob.size_bytes) return
      count++
      size_bytes += blob.size_bytes
    })
  }
  return { count, size_bytes }
}
