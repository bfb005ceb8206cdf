import { createHash } from 'node:crypto'
import { sql } from 'kysely'
import type { AppContext } from '../context.ts'
import type { BlobStore, ListedBlob } from './blob-store.ts'

/** Bytes that no row names. */
export interface Orphan extends ListedBlob {
  /** Whose they were, by their name; undefined: no organization of that id is here. */
  organization_id: string | undefined
}

/** A row whose bytes are not as it says. */
export interface Missing {
  key: string
  organization_id: string
  /** The episode or capsule whose bytes they are. */
  of: string
  because: 'gone' | 'other size' | 'other content'
  size_bytes: number
  /** What is there instead; undefined: nothing. */
  found_bytes: number | undefined
}

type Reading = Pick<AppContext, 'db'> & { blobs: Pick<BlobStore, 'list' | 'head' | 'open'> }

/** Looked up together: files on the way there, rows on the way back. */
const AT_ONCE = 500

/** `episodes/<organization>/<episode>/<file>`, `capsules/<organization>/<capsule>/<file>` */
const PARTS = /^(episodes|capsules)\/([^/]+)\/([^/]+)\/[^/]+$/

/**
 * Files that no row names: what a crash between the bytes and their row leaves behind. One that waits to be removed
 * is none. Reads as it goes, so memory stays flat however many there are.
 *
 * @param older_than files changed later than that are left out: their row may still be on its way. An hour is plenty.
 * @example for await (const { key, size_bytes } of findOrphans(ctx, { older_than: anHourAgo })) log.info({ key })
 */
export async function* findOrphans(
  ctx: Reading,
  { older_than }: { older_than: Date },
): AsyncGenerator<Orphan> {
  let batch: ListedBlob[] = []
  for await (const blob of ctx.blobs.list()) {
    if (blob.modified_at > older_than) continue
    batch.push(blob)
    if (batch.length < AT_ONCE) continue
    yield* await unnamed(ctx, batch)
    batch = []
  }
  yield* await unnamed(ctx, batch)
}

async function unnamed(ctx: Reading, batch: ListedBlob[]): Promise<Orphan[]> {
  if (batch.length === 0) return []
  const parts = batch.map(({ key }) => PARTS.exec(key))
  const ids = (kind: string, part: number): string[] => [
    ...new Set(parts.flatMap((match) => (match?.[1] === kind ? (match[part] ?? []) : []))),
  ]
  // Found by the ids in their names: blob_key has no index of its own.
  const [artifacts, capsules, removals, organizations] = await Promise.all([
    ctx.db.selectFrom('artifacts').select('blob_key').where('episode_id', 'in', ids('episodes', 3)).execute(),
    ctx.db
      .selectFrom('capsules')
      .select('blob_key')
      .where('id', 'in', ids('capsules', 3))
      .where('removed_at', 'is', null)
      .execute(),
    ctx.db
      .selectFrom('blob_removals')
      .select('blob_key')
      .where(
        'blob_key',
        'in',
        batch.map(({ key }) => key),
      )
      .execute(),
    ctx.db
      .selectFrom('organizations')
      .select('id')
      .where('id', 'in', [...ids('episodes', 2), ...ids('capsules', 2)])
      .execute(),
  ])
  const named = new Set([...artifacts, ...capsules, ...removals].map(({ blob_key }) => blob_key))
  const known = new Set(organizations.map(({ id }) => id))
  return batch.flatMap((blob, at) => {
    if (named.has(blob.key)) return []
    const of = parts[at]?.[2]
    return [{ ...blob, organization_id: of !== undefined && known.has(of) ? of : undefined }]
  })
}

/**
 * Rows whose bytes are gone or have another size; with `deep`, also those whose bytes hash to something else, which
 * reads all of them. What is uploaded or removed meanwhile is asked for a second time before it is told.
 *
 * @example for await (const { of, because } of findMissing(ctx)) log.error({ of, because })
 */
export async function* findMissing(
  ctx: Reading,
  { deep = false }: { deep?: boolean } = {},
): AsyncGenerator<Missing> {
  for await (const row of allRows(ctx)) {
    const found = await compare(ctx, row, deep)
    if (found && (await isStillThere(ctx, row))) yield found
  }
}

interface Row {
  kind: 'artifact' | 'capsule'
  key: string
  organization_id: string
  of: string
  size_bytes: number
  sha256: string
}

async function compare({ blobs }: Reading, row: Row, deep: boolean): Promise<Missing | undefined> {
  const { key, organization_id, of, size_bytes } = row
  const found_bytes = await blobs.head(key)
  const missing = { key, organization_id, of, size_bytes, found_bytes }
  if (found_bytes === undefined) return { ...missing, because: 'gone' }
  if (found_bytes !== size_bytes) return { ...missing, because: 'other size' }
  if (!deep || size_bytes === 0) return undefined
  const hash = createHash('sha256')
  for await (const chunk of await blobs.open(key, { start: 0, end: size_bytes - 1 })) hash.update(chunk)
  return hash.digest('hex') === row.sha256 ? undefined : { ...missing, because: 'other content' }
}

async function isStillThere({ db }: Reading, { kind, key, of }: Row): Promise<boolean> {
  const found =
    kind === 'artifact'
      ? await db
          .selectFrom('artifacts')
          .select('blob_key')
          .where('episode_id', '=', of)
          .where('blob_key', '=', key)
          .executeTakeFirst()
      : await db
          .selectFrom('capsules')
          .select('blob_key')
          .where('id', '=', of)
          .where('removed_at', 'is', null)
          .executeTakeFirst()
  return found !== undefined
}

/** Page by page along the primary keys. */
async function* allRows({ db }: Reading): AsyncGenerator<Row> {
  for (let after = { episode_id: '', kind: '' }; ; ) {
    const rows = await db
      .selectFrom('artifacts')
      .innerJoin('episodes', 'episodes.id', 'artifacts.episode_id')
      .select(['episode_id', 'kind', 'organization_id', 'blob_key', 'size_bytes', 'sha256'])
      .where(sql<boolean>`(episode_id, kind) > (${after.episode_id}, ${after.kind})`)
      .orderBy('episode_id')
      .orderBy('kind')
      .limit(AT_ONCE)
      .execute()
    for (const { episode_id: of, blob_key: key, kind: _, ...row } of rows) {
      yield { kind: 'artifact', key, of, ...row }
    }
    const last = rows.at(-1)
    if (!last) break
    after = last
  }
  for (let after = ''; ; ) {
    const rows = await db
      .selectFrom('capsules')
      .select(['id', 'organization_id', 'blob_key', 'size_bytes', 'sha256'])
      .where('id', '>', after)
      .where('removed_at', 'is', null)
      .orderBy('id')
      .limit(AT_ONCE)
      .execute()
    for (const { id: of, blob_key: key, ...row } of rows) yield { kind: 'capsule', key, of, ...row }
    const last = rows.at(-1)
    if (!last) break
    after = last.id
  }
}
