import { rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { StoredBlob } from '../blobs/blob-store.ts'
import { needRoom } from './backup.ts'
import { absentBlobs } from './blob-list.ts'
import { copyHashed, hashFile, makeFolder, type Steering, syncFolder } from './copy-file.ts'
import { inParallel } from './in-parallel.ts'
import { BackupError, BLOB_LIST, BLOBS, blobPath, DATABASE, type Report } from './layout.ts'
import { type AllLeftOut, CHANGED, createDamage, type Damage, unreadable } from './left-out.ts'
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
  /** Go on without what the backup has lost, and say what that is; otherwise nothing is restored then. */
  skip_damaged?: boolean | undefined
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
  /** What the backup had lost; nothing, unless that was allowed. */
  left_out: AllLeftOut
}

/**
 * Brings a backup back into an empty place. Every byte is hashed on its way, and nothing stands in the data folder
 * before all of it is right: an interrupted or refused restore leaves nothing, and can be repeated. What is damaged can
 * be left out: then its row comes back without its bytes, as one whose bytes a server has lost.
 *
 * @throws BackupError, NewerSchemaError, DataFolderInUseError, StoppedError
 * @example await restoreBackup({ from: '/mnt/backups', data: 'data', now })
 */
export async function restoreBackup(wish: RestoreWish): Promise<RestoreDone> {
  const found = await findBackup(wish.from, wish.name)
  const target = await takeTarget(wish.data)
  const damage = createDamage(wish.skip_damaged)
  try {
    const backup =
      found.kind === 'archive'
        ? await unpackInto(found.file, target.staging, { ...wish, damage })
        : await copyInto(found, target, { ...wish, damage })
    const left_out = damage.end()
    const after = settleRestored(join(target.staging, DATABASE), { ...wish, ...backup, left_out })
    await target.finish()
    const { name, manifest } = backup
    const { at, robotrace, schema, blobs, files } = manifest
    const secret = files.secret !== undefined && !left_out.files.includes('secret')
    return { name, at, robotrace, schema, blobs, secret, left_out, ...after }
  } finally {
    await target.release()
  }
}

type Wish = RestoreWish & { damage: Damage }

/** A folder's backup, hash by hash. */
async function copyInto(
  backup: FolderBackup,
  { staging }: Target,
  wish: Wish,
): Promise<Pick<FolderBackup, 'name' | 'manifest'>> {
  const { manifest, folder } = backup
  checkSchema(manifest)
  const own = Object.values(manifest.files).reduce((sum, { size_bytes }) => sum + size_bytes, 0)
  await needRoom(wish.data, own + manifest.blobs.size_bytes)
  await copyOwnFiles(backup, staging, wish)
  const listed = !wish.damage.end().files.includes(BLOB_LIST)
  const absent = listed ? await absentBlobs(join(folder, BLOB_LIST)) : new Map<string, string>()
  const moved = counted(wish, manifest.blobs.size_bytes)
  await makeFolder(join(staging, BLOBS))
  using rows = opened(join(staging, DATABASE))
  for (const page of namedBlobs(rows.database)) {
    const wanted = page.filter(({ key }) => !absent.has(key))
    await placeAll(wanted, { staging, damage: wish.damage }, (blob, to) =>
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

async function copyOwnFiles(backup: FolderBackup, staging: string, wish: Wish): Promise<void> {
  const { manifest, folder, name } = backup
  for (const [file, wanted] of Object.entries(manifest.files)) {
    const wrong = await copyOwnFile(join(folder, file), join(staging, file), wanted, wish)
    if (wrong)
      wish.damage.file(file, `of the backup ${name} ${wrong}`, file === DATABASE ? 'needed' : undefined)
    wish.report?.('database', wanted.size_bytes, wanted.size_bytes)
  }
}

/** @returns what is wrong with it, in which case it is not there */
async function copyOwnFile(
  from: string,
  to: string,
  wanted: StoredBlob,
  { stop }: Steering,
): Promise<string | undefined> {
  try {
    const read = await (from.endsWith(BLOB_LIST) ? hashFile(from, { stop }) : copyHashed(from, to, { stop }))
    if (isSame(read, wanted)) return undefined
    await rm(to, { force: true })
    return CHANGED
  } catch (error) {
    const how = unreadable(error, to)
    if (how === undefined) throw error
    return how
  }
}

/** Puts a page of blobs where the server looks for them, and makes them durable. */
async function placeAll(
  blobs: readonly NamedBlob[],
  { staging, damage }: { staging: string; damage: Damage },
  bring: (blob: NamedBlob, to: string) => Promise<StoredBlob>,
): Promise<void> {
  const folders = new Set<string>()
  await inParallel(blobs, 4, async (blob) => {
    if (!leadsNowhereElse(blob)) throw outside(blob)
    const path = join(staging, BLOBS, blob.key)
    const folder = dirname(path)
    await makeFolder(folder)
    for (let at = folder; at.length > staging.length; at = dirname(at)) folders.add(at)
    const read = await bring(blob, path).catch((error: unknown) => {
      const how = unreadable(error, path)
      if (how === undefined) throw error
      damage.blob(blob, how)
    })
    if (!read || isSame(read, blob)) return
    await rm(path)
    damage.blob(blob, CHANGED)
  })
  for (const folder of folders) await syncFolder(folder)
}

function isSame(one: StoredBlob, other: StoredBlob): boolean {
  return one.size_bytes === other.size_bytes && one.sha256 === other.sha256
}

/** Not damage but somebody's intent: never left out, always refused. */
function outside({ key }: NamedBlob): BackupError {
  return new BackupError(`${BLOBS}/${key} is named outside of the backup. Nothing was restored.`, {
    hint: 'another backup',
  })
}
