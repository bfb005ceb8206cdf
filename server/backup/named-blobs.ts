import type Sqlite from 'better-sqlite3'
import { isBlobKey } from '../blobs/disk.ts'
import { SHA256 } from './layout.ts'

/** Bytes that a row of the database names. */
export interface NamedBlob {
  /** The episode or capsule whose bytes they are. */
  of: string
  /** Of an artifact, which one; of a capsule, nothing. */
  kind: string
  key: string
  size_bytes: number
  sha256: string
}

/**
 * Whether a row's words can be made into paths. A server writes no others, but a backup may come from anybody: their
 * key would be a file anywhere on this machine.
 */
export function leadsNowhereElse({ key, sha256 }: Pick<NamedBlob, 'key' | 'sha256'>): boolean {
  return isBlobKey(key) && SHA256.test(sha256)
}

interface Position {
  id: string
  kind: string
}

type Row = Omit<NamedBlob, 'of'> & Position

/** So many rows a page: a page is read in a millisecond, so nobody waits for a million of them. */
const PAGE = 500

/**
 * Everything that rows name, page by page and always in the same order: artifacts, then capsules. Of any schema since
 * the first release.
 *
 * @example for (const page of namedBlobs(snapshot)) await copyAll(page)
 */
export function* namedBlobs(database: Sqlite.Database): Generator<NamedBlob[]> {
  yield* pages(
    database.prepare(
      `SELECT episode_id AS id, kind, blob_key AS key, size_bytes, sha256 FROM artifacts
       WHERE (episode_id, kind) > (?, ?) ORDER BY episode_id, kind LIMIT ${PAGE}`,
    ),
  )
  yield* pages(
    database.prepare(
      `SELECT id, '' AS kind, blob_key AS key, size_bytes, sha256 FROM capsules
       WHERE id > ? AND ? = '' AND removed_at IS NULL ORDER BY id LIMIT ${PAGE}`,
    ),
  )
}

function* pages(statement: Sqlite.Statement<[string, string], Row>): Generator<NamedBlob[]> {
  let after: Position = { id: '', kind: '' }
  for (;;) {
    const rows = statement.all(after.id, after.kind)
    const last = rows.at(-1)
    if (!last) return
    yield rows.map(({ id: of, ...blob }) => ({ of, ...blob }))
    after = last
  }
}

/** How much rows name, without looking at a file. */
export function weighBlobs(database: Sqlite.Database): { count: number; size_bytes: number } {
  const row = database
    .prepare<[], { count: number; size_bytes: number }>(
      `SELECT sum(n) AS count, sum(bytes) AS size_bytes FROM (
         SELECT count(*) AS n, coalesce(sum(size_bytes), 0) AS bytes FROM artifacts
         UNION ALL SELECT count(*), coalesce(sum(size_bytes), 0) FROM capsules WHERE removed_at IS NULL)`,
    )
    .get()
  return row ?? { count: 0, size_bytes: 0 }
}

/**
 * Whether the database still names these bytes. Rows go before their bytes do: bytes that are not there while a row
 * names them are lost, the others were deleted.
 */
export function isNamed(database: Sqlite.Database, key: string): boolean {
  const [, , owner = ''] = key.split('/')
  const row = database
    .prepare(
      `SELECT 1 FROM artifacts WHERE blob_key = ? AND episode_id = ?
       UNION ALL SELECT 1 FROM capsules WHERE blob_key = ? AND removed_at IS NULL LIMIT 1`,
    )
    .get(key, owner, key)
  return row !== undefined
}
