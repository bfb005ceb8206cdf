import { randomBytes } from 'node:crypto'
import { type FileHandle, open, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type Sqlite from 'better-sqlite3'
import { codeOf } from '../db/errors.ts'
import { copyHashed, makeFolder, sizeOf, syncFolder } from './copy-file.ts'
import { inParallel } from './in-parallel.ts'
import { BLOB_LIST, BLOBS, blobPath, DATABASE, INCOMING, type Manifest, StoppedError } from './layout.ts'
import { isNamed, leadsNowhereElse, type NamedBlob, namedBlobs } from './named-blobs.ts'
import { opened } from './snapshot.ts'

/** What became of the bytes a row names. */
export type BlobState = 'kept' | 'gone' | 'missing' | 'damaged'

interface Wish {
  data: string
  /** The folder of backups. */
  to: string
  /** The snapshot. */
  rows: Sqlite.Database
  /** Where the list of what is in this backup goes. */
  folder: string
  /** Bytes to copy, for the report. */
  total: number
  at_once?: number | undefined
  stop?: (() => boolean) | undefined
  report?: ((step: 'files', done_bytes: number, total_bytes: number) => void) | undefined
}

interface Copied {
  blobs: Manifest['blobs']
  copied: { count: number; size_bytes: number }
  damage: string[]
}

/** So many sentences about damage; the rest is counted. */
const MOST_SENTENCES = 100

/**
 * Brings what the snapshot's rows name into the folder of backups, and lists it. What is there already was hashed when it
 * was copied and is not read again. Bytes get their name when they are whole and durable.
 */
export async function copyBlobs(wish: Wish): Promise<Copied> {
  await makeFolder(join(wish.to, INCOMING))
  await makeFolder(join(wish.to, BLOBS))
  const list = await open(join(wish.folder, BLOB_LIST), 'wx', 0o600)
  try {
    const copied = await copyPages(wish, list)
    await list.sync()
    return copied
  } finally {
    await list.close()
  }
}

async function copyPages(wish: Wish, list: FileHandle): Promise<Copied> {
  const tally = createTally()
  let through = 0
  const moved = (bytes: number): void => {
    through += bytes
    wish.report?.('files', through, wish.total)
  }
  for (const page of namedBlobs(wish.rows)) {
    const folders = new Set<string>()
    const states = await inParallel(page, wish.at_once ?? 4, async (blob) => {
      const state = await keep(wish, blob, moved, folders)
      tally.add(blob, state)
      return state
    })
    // Before the manifest that counts on them, and a page at a time: the names of what was renamed.
    for (const folder of folders) await syncFolder(folder)
    await list.write(page.map((blob, index) => listLine(blob, states[index]?.state)).join(''))
  }
  await syncFolder(join(wish.to, BLOBS))
  return tally.end()
}

/** One line of the list. @example listLine(blob, 'kept') // '{"key":"episodes/…","size_bytes":12,"sha256":"…"}\n' */
export function listLine({ key, size_bytes, sha256 }: NamedBlob, state: BlobState = 'kept'): string {
  return `${JSON.stringify({ key, size_bytes, sha256, ...(state === 'kept' ? {} : { state }) })}\n`
}

/** What was done about one blob; `copied`: it was not there before. */
interface Kept {
  state: BlobState
  copied: boolean
}

async function keep(
  { data, to, stop }: Wish,
  blob: NamedBlob,
  moved: (bytes: number) => void,
  folders: Set<string>,
): Promise<Kept> {
  if (stop?.()) throw new StoppedError()
  if (!leadsNowhereElse(blob)) return { state: 'damaged', copied: false }
  const path = blobPath(to, blob.sha256)
  if ((await sizeOf(path)) === blob.size_bytes) return { state: 'kept', copied: false }
  const incoming = join(to, INCOMING, randomBytes(16).toString('hex'))
  const from = join(data, BLOBS, blob.key)
  try {
    const { size_bytes, sha256 } = await copyHashed(from, incoming, { stop, moved })
    if (size_bytes !== blob.size_bytes || sha256 !== blob.sha256) {
      await rm(incoming)
      return { state: 'damaged', copied: false }
    }
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error
    return { state: whyMissing(data, blob.key), copied: false }
  }
  const folder = dirname(path)
  await makeFolder(folder)
  await rename(incoming, path)
  folders.add(folder)
  return { state: 'kept', copied: true }
}

/** Deleted after the snapshot was taken, or lost: the live database knows. */
export function whyMissing(data: string, key: string): BlobState {
  using live = opened(join(data, DATABASE))
  return isNamed(live.database, key) ? 'missing' : 'gone'
}

const SENTENCES = { missing: 'is not there', damaged: 'is not what was uploaded: its hash differs' }

/** Counts while copying. */
export function createTally(): { add: (blob: NamedBlob, kept: Kept) => void; end: () => Copied } {
  const blobs = { count: 0, size_bytes: 0, gone: 0, damaged: 0 }
  const copied = { count: 0, size_bytes: 0 }
  const damage: string[] = []
  return {
    add: ({ key, size_bytes }, kept) => {
      if (kept.state === 'kept') {
        blobs.count++
        blobs.size_bytes += size_bytes
        if (kept.copied) copied.count++
        if (kept.copied) copied.size_bytes += size_bytes
      } else if (kept.state === 'gone') blobs.gone++
      else {
        blobs.damaged++
        if (damage.length < MOST_SENTENCES) damage.push(`${BLOBS}/${key} ${SENTENCES[kept.state]}`)
      }
    },
    end: () => ({ blobs, copied, damage }),
  }
}
