import { existsSync, type Stats } from 'node:fs'
import { access, constants, lchown, opendir, readdir, realpath, rename, rm, stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import process from 'node:process'
import { claimDataFolder, claimFolder } from '../db/data-folder.ts'
import { makeFolder, syncFolder } from './copy-file.ts'
import { BackupError, BLOBS, DATABASE, SECRETS } from './layout.ts'

/** Where things are put until all of them are there and right. */
export interface Target {
  staging: string
  /** Makes it the data folder. */
  finish: () => Promise<void>
  /** Removes what was put there, and lets go of the folder. */
  release: () => Promise<void>
}

const INSIDE = '.restoring'

/**
 * Takes an empty place for a restore. Things arrive beside it, and one rename makes them the data folder. A folder that
 * is a disk of its own, or whose parent is not ours, cannot be renamed over: there they arrive inside, and the database
 * is moved last.
 *
 * @throws BackupError when the folder has something in it, DataFolderInUseError when a server runs on it
 */
export async function takeTarget(data: string): Promise<Target> {
  // Of a link, what it leads to becomes the data folder.
  const folder = existsSync(data) ? await realpath(data) : resolve(data)
  await checkEmpty(folder)
  const owner = existsSync(folder) ? await stat(folder) : undefined
  const inside = existsSync(folder) && !(await canBeRenamedOver(folder))
  const place = inside ? join(folder, INSIDE) : `${folder}.restoring`
  const staging = join(place, 'data')
  await makeFolder(place)
  const release = claimFolder(place)
  if (!release) {
    throw new BackupError(`Another restore into ${data} is going on.`, { hint: 'wait until it has ended' })
  }
  const leave = async (): Promise<void> => {
    await rm(place, { recursive: true, force: true })
    release()
  }
  try {
    // Once more: another restore may have ended in between. What one that was cut off has left goes.
    await removeHalfMoved(folder, await checkEmpty(folder))
    await rm(staging, { recursive: true, force: true })
    await makeFolder(staging)
  } catch (error) {
    await leave()
    throw error
  }
  return {
    staging,
    finish: async () => {
      if (owner && process.geteuid?.() === 0 && owner.uid !== 0) await giveTo(owner, staging)
      await (inside ? moveUp(staging, folder) : moveOver(staging, folder))
    },
    release: leave,
  }
}

/** @returns what a restore has left that was cut off while it moved things up: some of them, others are still to be moved */
async function checkEmpty(folder: string): Promise<string[]> {
  const names = existsSync(folder) ? await readdir(folder) : []
  const own = names.filter((name) => name !== INSIDE && name !== 'lost+found')
  const halfMoved = names.includes(INSIDE) && !names.includes(DATABASE)
  if (own.length === 0 || (halfMoved && own.every((name) => MOVED.has(name)))) return own
  // Says that it is in use, when it is: that is what somebody has to know first.
  if (names.includes('lock')) claimDataFolder(folder)()
  throw new BackupError(
    `${folder} is not empty: it has ${own.slice(0, 3).join(', ')}${own.length > 3 ? ', …' : ''} in it.`,
    { hint: `an empty place with \`--data\`, or move it away first: mv ${folder} ${folder}.before` },
  )
}

/** Only by whoever holds the place: it may be just now that somebody moves them. */
async function removeHalfMoved(folder: string, names: readonly string[]): Promise<void> {
  for (const name of names) await rm(join(folder, name), { recursive: true, force: true })
}

const MOVED = new Set<string>([BLOBS, ...SECRETS])

async function canBeRenamedOver(folder: string): Promise<boolean> {
  const [own, above] = [await stat(folder), await stat(dirname(folder))]
  const writable = await access(dirname(folder), constants.W_OK).then(
    () => true,
    () => false,
  )
  const empty = (await readdir(folder)).length === 0
  return own.dev === above.dev && writable && empty
}

/** What root restores stays the service's: a server that is not root could not open it. */
async function giveTo(owner: Stats, path: string): Promise<void> {
  for await (const entry of await opendir(path)) {
    const below = join(path, entry.name)
    if (entry.isDirectory()) await giveTo(owner, below)
    else await lchown(below, owner.uid, owner.gid)
  }
  await lchown(path, owner.uid, owner.gid)
}

async function moveOver(staging: string, folder: string): Promise<void> {
  await syncFolder(staging)
  await rename(staging, folder)
  await syncFolder(dirname(folder))
}

async function moveUp(staging: string, folder: string): Promise<void> {
  const names = await readdir(staging)
  // The database last: what has no database is no data folder.
  const order = [...names.filter((name) => name !== DATABASE), DATABASE]
  for (const name of order) await rename(join(staging, name), join(folder, name))
  await syncFolder(folder)
}
