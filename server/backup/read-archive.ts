import { createReadStream } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { extract } from 'tar-stream'
import type { StoredBlob } from '../blobs/blob-store.ts'
import { codeOf } from '../db/errors.ts'
import { absentBlobs } from './blob-list.ts'
import { copyHashed, type Steering } from './copy-file.ts'
import {
  BackupError,
  BLOB_LIST,
  BLOBS,
  DATABASE,
  MANIFEST,
  type Manifest,
  openManifest,
  SECRETS,
  StoppedError,
} from './layout.ts'
import { CHANGED } from './left-out.ts'
import { leadsNowhereElse, type NamedBlob, namedBlobs } from './named-blobs.ts'
import { opened } from './snapshot.ts'

/** What is done with the entries of an archive as they come by. */
interface Handling extends Steering {
  /** Where the database, the secret and the list go. */
  scratch: string
  /** The database is there: what follows are blobs. */
  began?: (rows: ReturnType<typeof opened>['database']) => Promise<void>
  /** Takes a blob to its end, and answers what it was. */
  blob: (blob: NamedBlob, bytes: AsyncIterable<Uint8Array>) => Promise<StoredBlob>
}

/** An archive, read to its end. */
export interface ReadArchive {
  manifest: Manifest
  /** Blobs that a row names and that are missing or not what they should be, and of which the backup knew nothing. */
  wrong: { blob: NamedBlob; how: string }[]
  /** Own files that are not what the manifest says. */
  changed: string[]
}

const OWN = new Set<string>([DATABASE, BLOB_LIST, MANIFEST, ...SECRETS])
/** A manifest is small; what claims to be one and is not must not fill the memory. */
const MOST_MANIFEST = 1024 * 1024

/**
 * Reads an archive from front to end, once. Blobs come in the order of the database's rows, so that each is compared with
 * its row as it passes by; nothing but damage is remembered.
 *
 * @throws BackupError when it is no archive of ours, or ends before its manifest
 */
export async function readArchive(file: string, handling: Handling): Promise<ReadArchive> {
  const reader = createReader(file, handling)
  try {
    for await (const entry of entriesOf(file)) await reader.take(entry.header.name, entry)
    return await reader.end()
  } catch (error) {
    if (isTorn(error)) throw new BackupError(`${file} is torn, or is no tar archive.`)
    if (isNoDatabase(error))
      throw new BackupError(`${DATABASE} of ${file} was changed: SQLite cannot read it.`)
    throw error
  } finally {
    reader.close()
  }
}

/** How tar-stream says that there is no more, or that it cannot be read. */
function isTorn(error: unknown): boolean {
  if (codeOf(error) === 'STREAM_DESTROYED') return true
  return error instanceof Error && /^(Invalid tar header|Unexpected end of data)/.test(error.message)
}

/** Its hash is known at the end of the archive only, and the rows are needed before. */
function isNoDatabase(error: unknown): boolean {
  return ['SQLITE_CORRUPT', 'SQLITE_NOTADB'].some((code) => codeOf(error).startsWith(code))
}

function entriesOf(file: string): ReturnType<typeof extract> {
  const reading = createReadStream(file, { highWaterMark: 1024 * 1024 })
  const entries = extract()
  reading.once('error', (error) => entries.destroy(error))
  entries.once('close', () => reading.destroy())
  reading.pipe(entries)
  return entries
}

interface Reader {
  take: (name: string, bytes: AsyncIterable<Uint8Array>) => Promise<void>
  end: () => Promise<ReadArchive>
  close: () => void
}

function createReader(file: string, handling: Handling): Reader {
  const own = new Map<string, StoredBlob>()
  const wrong = new Map<string, { blob: NamedBlob; how: string }>()
  let manifest: Manifest | undefined
  let rows: ReturnType<typeof opened> | undefined
  let waiting: Iterator<NamedBlob> | undefined
  const next = (): NamedBlob | undefined => {
    const step = waiting?.next()
    return step && !step.done ? step.value : undefined
  }
  const takeBlob = async (key: string, bytes: AsyncIterable<Uint8Array>): Promise<void> => {
    for (let blob = next(); blob; blob = next()) {
      if (blob.key !== key) {
        wrong.set(blob.key, { blob, how: 'is missing' })
        continue
      }
      if (!leadsNowhereElse(blob))
        throw new BackupError(`${file} names a file outside of the backup: ${key}.`)
      const read = await handling.blob(blob, bytes)
      if (read.size_bytes !== blob.size_bytes || read.sha256 !== blob.sha256)
        wrong.set(key, { blob, how: CHANGED })
      return
    }
    throw new BackupError(`${file} has a file in it that its database does not name: ${key}.`)
  }
  const takeOwn = async (name: string, bytes: AsyncIterable<Uint8Array>): Promise<void> => {
    if (name === MANIFEST) {
      manifest = openManifest(await textOf(bytes), file)
      return
    }
    own.set(name, await copyHashed(bytes, join(handling.scratch, name), handling))
    if (name !== DATABASE) return
    rows = opened(join(handling.scratch, DATABASE))
    waiting = oneByOne(rows.database)
    await handling.began?.(rows.database)
  }
  return {
    take: async (name, bytes) => {
      if (handling.stop?.()) throw new StoppedError()
      if (name.startsWith(`${BLOBS}/`)) return takeBlob(name.slice(BLOBS.length + 1), bytes)
      if (OWN.has(name) && !own.has(name)) return takeOwn(name, bytes)
      throw new BackupError(`${file} is not a backup of RoboTrace: it has ${name} in it.`)
    },
    end: async () => {
      if (!manifest) throw new BackupError(`${file} is torn: it ends before its manifest.`)
      for (let blob = next(); blob; blob = next()) wrong.set(blob.key, { blob, how: 'is missing' })
      const changed = changedFiles(manifest, own)
      if (own.has(BLOB_LIST)) {
        const list = join(handling.scratch, BLOB_LIST)
        const absent = changed.includes(BLOB_LIST) ? new Map<string, string>() : await absentBlobs(list)
        for (const key of absent.keys()) wrong.delete(key)
        await rm(list)
      }
      return {
        manifest,
        wrong: [...wrong.values()],
        changed,
      }
    },
    close: () => rows?.[Symbol.dispose](),
  }
}

function changedFiles(manifest: Manifest, own: Map<string, StoredBlob>): string[] {
  const names = new Set([...Object.keys(manifest.files), ...own.keys()])
  return [...names].filter((name) => {
    const [wanted, read] = [manifest.files[name], own.get(name)]
    return wanted?.sha256 !== read?.sha256 || wanted?.size_bytes !== read?.size_bytes
  })
}

function* oneByOne(rows: Parameters<typeof namedBlobs>[0]): Generator<NamedBlob> {
  for (const page of namedBlobs(rows)) yield* page
}

async function textOf(bytes: AsyncIterable<Uint8Array>): Promise<string> {
  let text = ''
  for await (const chunk of Readable.from(bytes)) {
    text += String(chunk)
    if (text.length > MOST_MANIFEST) throw new BackupError('This is no manifest: it has no end.')
  }
  return text
}
