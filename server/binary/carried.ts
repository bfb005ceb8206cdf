import { getRawAsset, isSea } from 'node:sea'
import { z } from 'zod'

/** What the single executable carries: the path of each file in the project, and its SHA-256 (64 hex digits). */
const manifest = z.object({ files: z.record(z.string(), z.string()) })

/** Under this name the executable carries the list of everything else it carries. */
export const MANIFEST = 'manifest.json'

let read: ReadonlyMap<string, string> | undefined

/** Whether this process is the single executable (scripts/binary/build.ts), which has no project around it. */
export const isOneFile: boolean = isSea()

/**
 * Every file that the executable carries, with its SHA-256.
 *
 * @example carriedFiles().get('schema.sql') // 'e3b0c442…'
 */
export function carriedFiles(): ReadonlyMap<string, string> {
  read ??= new Map(Object.entries(manifest.parse(JSON.parse(carriedBytes(MANIFEST).toString('utf8'))).files))
  return read
}

/**
 * One of those files. The bytes are the executable's own pages: nothing is copied, and they must not be written to.
 *
 * @throws Error when it is not carried
 * @example carriedBytes('schema.sql').toString('utf8')
 */
export function carriedBytes(path: string): Buffer {
  const bytes = getRawAsset(path)
  return typeof bytes === 'string' ? Buffer.from(bytes) : Buffer.from(bytes)
}
