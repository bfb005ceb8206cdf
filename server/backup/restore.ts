import { dirname, join } from 'node:path'
import type { StoredBlob } from '../blobs/blob-store.ts'
import { codeOf } from '../db/errors.ts'
import { needRoom } from './backup.ts'
import { absentBlobs } from './blob-list.ts'
import { copyHashed, hashFile, makeFolder, type Steering, syncFolder } from './copy-file.ts'
import { inParallel } from './in-parallel.ts'
import { BackupError, BLOB_LIST, BLOBS, blobPath, DATABASE, type Report } from './layout.ts'
import { leadsNowhereElse, type NamedBlob, namedBlobs } from './named-blobs.ts'
import { type AfterRestore, settleRestored } from './settle-restored.ts'
import { opened } from './snapshot.ts'
import { checkSchema, type FolderBackup, findBackup } from './source.ts'
import { type Target, takeTarget } from './target.ts'
import { unpackInto } from './unpack.ts'

export interface RestoreWish {
  /** A folder of backups, one backup of it, or an archive. */
  from: string
  /** Which one of a folder; undefined: the newest. */
  name?: string | undefined
  /** The data folder that is to be: empty, or not there. */
  data: string
  /** Leave sign-ins as they were when the backup was made. */
  keep_sessions?: boolean | undefined
  now: () => Date
  stop?: (() => boolean) | undefined
  report?: Report | undefined
}

/** What came back. */
export interface RestoreDone extends AfterRestore {
  name: string
  /** When the backup was made: nothing later is known. */
  at: string
  robotrace: string
  schema: number
  blobs: { count: number; size_bytes: number; gone: number; damaged: number }
  secret: boolean
}

/**
 * Brings a backup back into an empty place. Every byte is hashed on its way, and nothing stands in the data folder
 * before all of it is right: an interrupted or refused restore leaves nothing, and can be repeated.
 *
 * @throws BackupError, NewerSchemaError, DataFolderInUseError, StoppedError
 * @example await restoreBackup({ from: '/mnt/backups', data: 'data', now })
 */
export async function restoreBackup(wish: RestoreWish): Promise<RestoreDone> {
  const found = await findBackup(wish.from, wish.name)
  const target = await takeTarget(wish.data)
  try {
    const backup =
      found.kind === 'archive'
        ? await unpackInto(found.file, target.staging, wish)
        : await copyInto(found, target, wish)
    const after = await settleRestored(join(target.staging, DATABASE), { ...wish, ...backup })
    await target.finish()
    const { name, manifest } = backup
    const { at, robotrace, schema, blobs, files } = manifest
    return { name, at, robotrace, schema, blobs, secret: files.secret !== undefined, ...after }
  } finally {
    await target.release()
  }
}

/** A folder's backup, hash by hash. */
async function copyInto(
  backup: FolderBackup,
  { staging }: Target,
  wish: RestoreWish,
): Promise<Pick<FolderBackup, 'name' | 'manifest'>> {
  const { manifest, folder } = backup
  checkSchema(manifest)
  const own = Object.values(manifest.files).reduce((sum, { size_bytes }) => sum + size_bytes, 0)
  await needRoom(wish.data, own + manifest.blobs.size_bytes)
  await copyOwnFiles(backup, staging, wish)
  const absent = await absentBlobs(join(folder, BLOB_LIST))
  const moved = counted(wish, manifest.blobs.size_bytes)
  await makeFolder(join(staging, BLOBS))
  using rows = opened(join(staging, DATABASE))
  for (const page of namedBlobs(rows.database)) {
    const wanted = page.filter(({ key }) => !absent.has(key))
    await placeAll(wanted, staging, (blob, to) =>
      copyHashed(blobPath(backup.root, blob.sha256), to, { stop: wish.stop, moved }),
    )
  }
  return backup
}

function counted({ report }: RestoreWish, total: number): (bytes: number) => void {
  let through = 0
  return (bytes) => {
    through += bytes
    report?.('files', through, total)
  }
}

async function copyOwnFiles(backup: FolderBackup, staging: string, wish: RestoreWish): Promise<void> {
  const { manifest, folder, name } = backup
  const steering: Steering = { stop: wish.stop }
  for (const [file, wanted] of Object.entries(manifest.files)) {
    const path = join(folder, file)
    const read = await (file === BLOB_LIST
      ? hashFile(path, steering)
      : copyHashed(path, join(staging, file), steering)
    ).catch((error: unknown) => {
      if (codeOf(error) === 'ENOENT') throw new BackupError(`${file} of the backup ${name} is missing.`)
      throw error
    })
    if (!isSame(read, wanted)) throw changed(`${file} of the backup ${name}`)
    wish.report?.('database', read.size_bytes, read.size_bytes)
  }
}

/**
 * Puts a page of blobs where the server looks for them, and makes them durable.
 *
 * @throws BackupError when one is missing or not what it should be
 */
export async function placeAll(
  blobs: readonly NamedBlob[],
  staging: string,
  bring: (blob: NamedBlob, to: string) => Promise<StoredBlob>,
): Promise<void> {
  const folders = new Set<string>()
  await inParallel(blobs, 4, async (blob) => {
    if (!leadsNowhereElse(blob)) throw changed(`${BLOBS}/${blob.key}`, 'is named outside of the backup')
    const path = join(staging, BLOBS, blob.key)
    const folder = dirname(path)
    await makeFolder(folder)
    for (let at = folder; at.length > staging.length; at = dirname(at)) folders.add(at)
    const read = await bring(blob, path).catch((error: unknown) => {
      if (codeOf(error) === 'ENOENT') throw changed(`${BLOBS}/…/${blob.sha256} (${blob.key})`, 'is missing')
      throw error
    })
    if (!isSame(read, blob)) throw changed(`${BLOBS}/…/${blob.sha256} (${blob.key})`)
  })
  for (const folder of folders) await syncFolder(folder)
}

export function isSame(one: StoredBlob, other: StoredBlob): boolean {
  return one.size_bytes === other.size_bytes && one.sha256 === other.sha256
}

function changed(what: string, how = 'was changed: its hash differs from the manifest'): BackupError {
  return new BackupError(`${what} ${how}. Nothing was restored.`, {
    hint: 'run `robotrace verify-backup` to see all that is wrong, and restore another backup',
  })
}
