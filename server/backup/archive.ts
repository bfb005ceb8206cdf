import { createHash } from 'node:crypto'
import { createWriteStream, fstatSync, statSync } from 'node:fs'
import { lstat, mkdir, open, readFile, rename, rm } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import process from 'node:process'
import { pipeline } from 'node:stream/promises'
import { type Pack, pack } from 'tar-stream'
import { claimFolder } from '../db/data-folder.ts'
import { codeOf } from '../db/errors.ts'
import {
  type BackupDone,
  type BackupWish,
  checkPlaces,
  describeBackup,
  doneOf,
  needRoom,
  weighDatabase,
} from './backup.ts'
import { createTally, listLine, whyMissing } from './copy-blobs.ts'
import { makeFolder, readingOf, sizeOf, syncFolder, writeWhole } from './copy-file.ts'
import { BackupError, BLOB_LIST, BLOBS, DATABASE, MANIFEST, StoppedError, sealManifest } from './layout.ts'
import { leadsNowhereElse, type NamedBlob, namedBlobs, weighBlobs } from './named-blobs.ts'
import { installationOf } from './owner.ts'
import { copySecrets } from './secrets.ts'
import { opened, takeSnapshot } from './snapshot.ts'

/** Whether somebody means one archive, and not a folder of backups. @example isArchive('robots.tar') // true */
export function isArchive(to: string): boolean {
  return to.endsWith('.tar') && !statSync(to, { throwIfNoEntry: false })?.isDirectory()
}

/**
 * Makes one archive that has everything in it: database, secret, blobs by their keys, the list of them, and the manifest
 * as its last entry. It is written from front to end and gets its name when it is whole; an interrupted one is begun anew.
 *
 * @param wish `to` ends in .tar and is not there yet
 * @throws BackupError, StoppedError
 */
export async function backupToArchive(wish: BackupWish): Promise<BackupDone> {
  const { data, to } = wish
  checkPlaces(data, dirname(resolve(to)))
  if ((await sizeOf(to)) !== undefined) {
    throw new BackupError(`${to} is there already, and is not written over.`, { hint: 'another name' })
  }
  await makeFolder(dirname(resolve(to)))
  const partial = `${to}.unfinished`
  const work = await takeWorkFolder(to)
  try {
    await rm(partial, { force: true })
    const done = await fillArchive(wish, partial, work.scratch)
    await rename(partial, to)
    await syncFolder(dirname(resolve(to)))
    return done
  } finally {
    await rm(partial, { force: true })
    await work.release()
  }
}

/**
 * A folder beside the archive, for what goes into it; of two that make the same archive, the second is refused. The
 * secret lies there for a while, so where others may write as well, one that they have made is not used.
 */
async function takeWorkFolder(to: string): Promise<{ scratch: string; release: () => Promise<void> }> {
  const place = `${to}.scratch`
  await mkdir(place, { mode: 0o700 }).catch((error: unknown) => {
    if (codeOf(error) !== 'EEXIST') throw error
  })
  const found = await lstat(place)
  if (!found.isDirectory() || found.uid !== process.geteuid?.() || (found.mode & 0o077) !== 0) {
    throw new BackupError(`${place} is in the way: it is not a folder of this user's alone.`, {
      hint: 'remove it',
    })
  }
  const release = claimFolder(place)
  if (!release) throw new BackupError(`${to} is being made already.`, { hint: 'wait until that has ended' })
  const scratch = join(place, 'work')
  // What a run that was cut off has left.
  await rm(scratch, { recursive: true, force: true })
  await mkdir(scratch, { mode: 0o700 })
  return {
    scratch,
    release: async () => {
      await rm(place, { recursive: true, force: true })
      release()
    },
  }
}

async function fillArchive(wish: BackupWish, partial: string, scratch: string): Promise<BackupDone> {
  const { data, to, stop, report } = wish
  const at = wish.now()
  const database_bytes = await weighDatabase(data)
  await needRoom(dirname(resolve(to)), database_bytes * 2)
  const snapshot = await takeSnapshot(join(data, DATABASE), join(scratch, DATABASE), {
    ...(stop && { stop }),
    report: (done, total) => report?.('database', done, total),
  })
  const kept = await copySecrets(data, scratch, wish.without_secret)
  using rows = opened(join(scratch, DATABASE))
  const { size_bytes: total } = weighBlobs(rows.database)
  await needRoom(dirname(resolve(to)), database_bytes + total)
  const archive = pack()
  const written = pipeline(archive, createWriteStream(partial, { flags: 'wx', mode: 0o600 }))
  // Awaited at the end; when the disk is full before that, it is this that says so.
  written.catch((error: unknown) => archive.destroy(error instanceof Error ? error : undefined))
  for (const name of [DATABASE, ...kept.files]) await packFile(archive, name, join(scratch, name))
  const blobs = await packBlobs(archive, { ...wish, total }, rows.database, join(scratch, BLOB_LIST))
  const manifest = await describeBackup(scratch, {
    ...{ at, snapshot, kept, blobs: blobs.blobs },
    installation: installationOf(rows.database),
  })
  await packFile(archive, BLOB_LIST, join(scratch, BLOB_LIST))
  await writeWhole(join(scratch, MANIFEST), sealManifest(manifest))
  archive.entry({ name: MANIFEST, mode: 0o600 }, await readFile(join(scratch, MANIFEST)))
  archive.finalize()
  await written
  await syncFile(partial)
  return doneOf({ name: to, path: to, manifest, made: { kept, copied: blobs.copied, damage: blobs.damage } })
}

type Wish = BackupWish & { total: number }

async function packBlobs(
  archive: Pack,
  wish: Wish,
  rows: Parameters<typeof namedBlobs>[0],
  list_path: string,
): Promise<ReturnType<ReturnType<typeof createTally>['end']>> {
  const tally = createTally()
  const list = await open(list_path, 'wx', 0o600)
  let through = 0
  const moved = (bytes: number): void => {
    if (wish.stop?.()) throw new StoppedError()
    through += bytes
    wish.report?.('files', through, wish.total)
  }
  try {
    for (const page of namedBlobs(rows)) {
      let lines = ''
      for (const blob of page) {
        const state = await packBlob(archive, wish.data, blob, moved)
        tally.add(blob, { state, copied: state === 'kept' })
        lines += listLine(blob, state)
      }
      await list.write(lines)
    }
  } finally {
    await list.close()
  }
  return tally.end()
}

/** An entry says its size before its bytes: a file of another size is left out, one of other bytes shows by its hash. */
async function packBlob(
  archive: Pack,
  data: string,
  blob: NamedBlob,
  moved: (bytes: number) => void,
): Promise<'kept' | 'gone' | 'missing' | 'damaged'> {
  if (!leadsNowhereElse(blob)) return 'damaged'
  const { key, size_bytes, sha256 } = blob
  const path = join(data, BLOBS, key)
  const size = await sizeOf(path)
  if (size === undefined) return whyMissing(data, key) === 'gone' ? 'gone' : 'missing'
  if (size !== size_bytes) return 'damaged'
  try {
    const read = await packFile(archive, `${BLOBS}/${key}`, path, moved)
    return read === sha256 ? 'kept' : 'damaged'
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error
    return whyMissing(data, key) === 'gone' ? 'gone' : 'missing'
  }
}

/** @returns the hash of what went into the archive */
async function packFile(
  archive: Pack,
  name: string,
  path: string,
  moved?: (bytes: number) => void,
): Promise<string> {
  const bytes = readingOf(path)
  const file = await new Promise<number>((resolve, reject) =>
    bytes.once('open', resolve).once('error', reject),
  )
  const hash = createHash('sha256')
  // Of what was opened: its name may be gone by now, with what was deleted.
  const entry = archive.entry({ name, mode: 0o600, size: fstatSync(file).size })
  await pipeline(
    bytes,
    async function* hashed(chunks: AsyncIterable<Buffer>) {
      for await (const chunk of chunks) {
        hash.update(chunk)
        moved?.(chunk.length)
        yield chunk
      }
    },
    entry,
  )
  return hash.digest('hex')
}

async function syncFile(path: string): Promise<void> {
  const file = await open(path, 'r+')
  try {
    await file.sync()
  } finally {
    await file.close()
  }
}
