import { existsSync, realpathSync } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { basename, dirname, join, resolve, sep } from 'node:path'
import { claimFolder } from '../db/data-folder.ts'
import { VERSION } from '../project.ts'
import { copyBlobs } from './copy-blobs.ts'
import { freeBytes, hashFile, makeFolder, sizeOf, syncFolder, writeWhole } from './copy-file.ts'
import {
  BackupBusyError,
  BackupError,
  BLOB_LIST,
  backupName,
  DATABASE,
  INCOMING,
  isBackupName,
  listBackups,
  MANIFEST,
  type Manifest,
  type Report,
  sealManifest,
  UNFINISHED,
} from './layout.ts'
import { missingBytes } from './missing-bytes.ts'
import { installationIn, installationOf, requireOwn } from './owner.ts'
import { copySecrets, type SecretKept } from './secrets.ts'
import { opened, type Snapshot, takeSnapshot } from './snapshot.ts'

export interface BackupWish {
  /** The data folder. A server may be running on it. */
  data: string
  /** A folder of backups, made when it is not there; or a file that is to be made, one archive. */
  to: string
  now: () => Date
  /** Leave the installation's secret out. */
  without_secret?: boolean | undefined
  /** How many files are copied side by side. */
  at_once?: number | undefined
  /** Asked again and again: true ends the work. */
  stop?: (() => boolean) | undefined
  report?: Report | undefined
}

/** What became of it. */
export interface BackupDone {
  /** The backup's name in its folder; of an archive, its path. */
  name: string
  path: string
  at: string
  size_bytes: number
  blobs: Manifest['blobs']
  /** What was not in the folder of backups before. */
  copied: { count: number; size_bytes: number }
  secret: SecretKept
  /** Bytes that a row names and that are lost or changed in the data folder: a sentence each, the first hundred. */
  damage: string[]
}

/**
 * Makes a backup while the server serves, or while it does not. The manifest is written last: whatever ends this before
 * leaves no backup behind, only bytes that the next run need not copy again.
 *
 * @throws BackupError, StoppedError
 * @example const done = await backupToFolder({ data: 'data', to: '/mnt/backups', now })
 */
export async function backupToFolder(wish: BackupWish): Promise<BackupDone> {
  const { data, to } = wish
  checkPlaces(data, to)
  await makeFolder(to)
  const release = claimFolder(to)
  if (!release) {
    throw new BackupBusyError(to)
  }
  try {
    requireOwn(to, await listBackups(to), installationIn(data))
    await removeUnfinished(to)
    return await makeBackup(wish)
  } finally {
    // Also after a failure: nobody has to clean up.
    await removeUnfinished(to)
    release()
  }
}

async function makeBackup(wish: BackupWish): Promise<BackupDone> {
  const { data, to, stop, report } = wish
  const unfinished = join(to, UNFINISHED)
  await makeFolder(unfinished)
  await needRoom(to, await weighDatabase(data))
  const at = wish.now()
  const snapshot = await takeSnapshot(join(data, DATABASE), join(unfinished, DATABASE), {
    ...(stop && { stop }),
    report: (done, total) => report?.('database', done, total),
  })
  const kept = await copySecrets(data, unfinished, wish.without_secret)
  using rows = opened(join(unfinished, DATABASE))
  const room = await missingBytes(rows.database, to)
  await needRoom(to, room.size_bytes)
  const installation = installationOf(rows.database)
  const copied = await copyBlobs({ ...wish, rows: rows.database, folder: unfinished, total: room.size_bytes })
  const done = { kept, ...copied, at, snapshot, installation }
  return finish(to, unfinished, done)
}

type Made = Awaited<ReturnType<typeof copyBlobs>> & {
  kept: SecretKept
  at: Date
  snapshot: Snapshot
  installation: string | undefined
}

async function finish(to: string, unfinished: string, made: Made): Promise<BackupDone> {
  const manifest = await describeBackup(unfinished, made)
  await writeWhole(join(unfinished, MANIFEST), sealManifest(manifest))
  const name = backupName(made.at)
  await rename(unfinished, join(to, name))
  await syncFolder(to)
  return doneOf({ name, path: join(to, name), manifest, made })
}

export function doneOf({
  name,
  path,
  manifest,
  made,
}: {
  name: string
  path: string
  manifest: Manifest
  made: Pick<Made, 'copied' | 'kept' | 'damage'>
}): BackupDone {
  const own = Object.values(manifest.files).reduce((sum, { size_bytes }) => sum + size_bytes, 0)
  const { at, blobs } = manifest
  const size_bytes = own + blobs.size_bytes
  return { name, path, at, size_bytes, blobs, copied: made.copied, secret: made.kept, damage: made.damage }
}

/** @param folder with everything a backup has of its own but the manifest */
export async function describeBackup(
  folder: string,
  {
    at,
    snapshot,
    installation,
    blobs,
    kept,
  }: Pick<Made, 'at' | 'snapshot' | 'installation' | 'blobs' | 'kept'>,
): Promise<Manifest> {
  const files: Manifest['files'] = {}
  for (const name of [DATABASE, ...kept.files, BLOB_LIST]) {
    files[name] = await hashFile(join(folder, name))
  }
  return {
    ...{ format: 1, at: at.toISOString(), installation, robotrace: VERSION, ...snapshot },
    ...{ files, blobs },
  }
}

/** Everything that a run which did not end has left. @param to must be claimed */
async function removeUnfinished(to: string): Promise<void> {
  await rm(join(to, UNFINISHED), { recursive: true, force: true })
  await rm(join(to, INCOMING), { recursive: true, force: true })
}

/** @throws BackupError */
export function checkPlaces(data: string, to: string): void {
  if (!existsSync(join(data, DATABASE))) {
    throw new BackupError(`There is no database in ${data}.`, {
      hint: 'name the data folder of the server with `--data`',
    })
  }
  const [inner, outer] = [realPlace(to), realPlace(data)]
  if (inner === outer || inner.startsWith(outer + sep)) {
    throw new BackupError(`${to} is inside of the data folder, and would be lost with it.`, {
      hint: 'a folder on another disk',
    })
  }
  if (existsSync(join(to, DATABASE)) || isBackupName(inner.split(sep).at(-1) ?? '')) {
    throw new BackupError(`${to} is a data folder or a single backup, not a folder of backups.`, {
      hint: 'the folder above it, or an empty one',
    })
  }
}

/** Where a path leads, links followed as far as it is there. */
function realPlace(path: string): string {
  const full = resolve(path)
  if (existsSync(full)) return realpathSync(full)
  return dirname(full) === full ? full : join(realPlace(dirname(full)), basename(full))
}

export async function weighDatabase(data: string): Promise<number> {
  const [file, log] = await Promise.all([DATABASE, `${DATABASE}-wal`].map((name) => sizeOf(join(data, name))))
  return (file ?? 0) + (log ?? 0)
}

/** @throws BackupError when the disk has less left: said before anything is written, not when it is full */
export async function needRoom(where: string, bytes: number): Promise<void> {
  const free = await freeBytes(where)
  if (free >= bytes) return
  const short = ((bytes - free) / 1e6).toFixed(1)
  throw new BackupError(
    `${where} has not enough room: ${(bytes / 1e6).toFixed(1)} MB are needed, ${short} MB more than are free.`,
    { hint: 'make room, or name a folder on another disk' },
  )
}
