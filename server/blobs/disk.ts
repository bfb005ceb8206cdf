import { createHash, randomBytes } from 'node:crypto'
import { constants, mkdirSync, realpathSync, rmSync } from 'node:fs'
import { type FileHandle, mkdir, open, opendir, realpath, rename, rm, stat, statfs } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Readable } from 'node:stream'
import type { Config } from '../config.ts'
import { makeFolder } from '../db/sync-now.ts'
import { AppError } from '../errors.ts'
import type { BlobStore, ListedBlob, StagedBlob, StoredBlob } from './blob-store.ts'
import { receive } from './receive.ts'

/** Where bytes arrive before they have a name. */
const INCOMING = '.incoming'

/** Server-made names only: no dots in front, nothing to escape, at most one folder a part. */
const KEY = /^[A-Za-z0-9_-]{1,64}(?:\/[A-Za-z0-9_-][A-Za-z0-9_.-]{0,99}){1,6}$/

/** Whether a name is one of ours, which leads nowhere but into the store. @example isBlobKey('../secret') // false */
export function isBlobKey(key: string): boolean {
  return KEY.test(key) && !key.includes('..')
}

/**
 * Blobs as files below one folder. Whatever a crash has left half-written is removed when the store is made.
 *
 * @param folder made when it is not there
 * @param config `min_free_bytes`: what uploads must leave free on the disk
 * @param freeBytes asks the disk; tests bring their own
 * @example const blobs = createDiskStore('data/blobs', config)
 */
export function createDiskStore(
  folder: string,
  config: Pick<Config, 'min_free_bytes'>,
  freeBytes: (folder: string) => Promise<number> = freeOn,
): BlobStore {
  makeFolder(folder)
  const root = realpathSync(folder)
  const incoming = join(root, INCOMING)
  rmSync(incoming, { recursive: true, force: true })
  mkdirSync(incoming, { mode: 0o700 })
  /** Announced by uploads under way and not written yet: the disk does not count it, the floor must. */
  let expected = 0
  /** Folders whose own names are durable. One an organization at most: those of episodes are not kept. */
  const settled = new Set([root])

  const room = async (): Promise<number> => {
    const free = await freeBytes(root)
    return Math.max(0, free - config.min_free_bytes - expected)
  }

  async function stage(
    stream: Readable,
    size: number,
    measure: 'exact' | 'at_most' = 'exact',
  ): Promise<StagedBlob> {
    const free = await freeBytes(root)
    // From here to the claim nothing is awaited: uploads that begin together must not all see the same room.
    if (free - config.min_free_bytes - expected < size) throw new AppError('storage_full')
    const path = join(incoming, randomBytes(16).toString('hex'))
    let outstanding = size
    expected += outstanding
    const arrived = (bytes: number): void => {
      expected -= bytes
      outstanding -= bytes
    }
    try {
      const stored = await write(path, stream, { size, measure }, arrived)
      return {
        ...stored,
        commit: (key) => commit({ root, settled }, path, key),
        discard: () => rm(path, { force: true }),
      }
    } catch (error) {
      await rm(path, { force: true })
      throw isFull(error) ? new AppError('storage_full', undefined, {}, { cause: error }) : error
    } finally {
      expected -= outstanding
    }
  }

  return {
    stage,
    room,
    ...namedBlobs(root),
  }
}

/**
 * What is under a name already. Unlike the whole store it leaves alone what is just arriving, so that it can be used
 * beside a server that is running.
 *
 * @param root the folder of the store, without symbolic links on the way
 * @example const blobs = namedBlobs(realpathSync('data/blobs'))
 */
export function namedBlobs(root: string): Pick<BlobStore, 'head' | 'open' | 'remove' | 'list'> {
  return {
    async head(key) {
      const file = await openKey(root, key)
      if (!file) return undefined
      await using _closed = closing(file)
      return (await file.stat()).size
    },
    async open(key, { start, end }) {
      const file = await openKey(root, key)
      if (!file) throw new AppError('not_found', 'These bytes are not here any more.')
      return file.createReadStream({ start, end, highWaterMark: 128 * 1024 })
    },
    async remove(key) {
      const path = await pathOf(root, key)
      await rm(path, { force: true })
      // Gone is gone, also when the power fails now.
      await syncFolder(dirname(path)).catch(ignoreMissing)
    },
    list: () => listFolder(root, ''),
  }
}

async function* listFolder(root: string, prefix: string): AsyncGenerator<ListedBlob> {
  const folder = await opendir(join(root, prefix)).catch((error: unknown) => {
    ignoreMissing(error)
    return []
  })
  for await (const entry of folder) {
    const key = `${prefix}${entry.name}`
    if (key === INCOMING) continue
    if (entry.isDirectory()) yield* listFolder(root, `${key}/`)
    if (!entry.isFile() || !KEY.test(key)) continue
    const stats = await stat(join(root, key)).catch(ignoreMissing)
    if (stats) yield { key, size_bytes: stats.size, modified_at: stats.mtime }
  }
}

async function write(
  path: string,
  stream: Readable,
  { size, measure }: { size: number; measure: 'exact' | 'at_most' },
  arrived: (bytes: number) => void,
): Promise<StoredBlob> {
  const { O_CREAT, O_EXCL, O_WRONLY, O_NOFOLLOW } = constants
  const file = await open(path, O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW, 0o600)
  await using _closed = closing(file)
  const hash = createHash('sha256')
  const size_bytes = await receive(stream, file, (chunk) => {
    hash.update(chunk)
    arrived(chunk.length)
  })
  if (measure === 'exact' ? size_bytes !== size : size_bytes > size) {
    throw new AppError('invalid_request', `The body has ${size_bytes} bytes, ${size} were announced.`)
  }
  await file.sync()
  return { size_bytes, sha256: hash.digest('hex') }
}

/**
 * A name becomes durable with its folder, and a folder with the one above it. Who made the folders does not count:
 * another upload may have made them a moment ago and not have waited for the disk yet.
 */
async function commit(
  { root, settled }: { root: string; settled: Set<string> },
  staged: string,
  key: string,
): Promise<void> {
  const path = checkedPath(root, key)
  const folder = dirname(path)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  await insist(root, path)
  await rename(staged, path)
  const unsettled: string[] = []
  for (let above = dirname(folder); !settled.has(above); above = dirname(above)) unsettled.push(above)
  const parents = [folder, ...unsettled].filter((name) => name !== root).map((name) => dirname(name))
  await Promise.all([folder, ...parents].map(syncFolder))
  for (const name of unsettled) settled.add(name)
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, constants.O_RDONLY | constants.O_DIRECTORY)
  await using _closed = closing(handle)
  await handle.sync()
}

function ignoreMissing(error: unknown): void {
  if (codeOf(error) !== 'ENOENT') throw error
}

async function openKey(root: string, key: string): Promise<FileHandle | undefined> {
  try {
    return await open(await pathOf(root, key), constants.O_RDONLY | constants.O_NOFOLLOW)
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  }
}

/** @throws Error when the key is not one of ours, or when its folder is reached through a symbolic link */
async function pathOf(root: string, key: string): Promise<string> {
  const path = checkedPath(root, key)
  try {
    await insist(root, path)
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error
  }
  return path
}

function checkedPath(root: string, key: string): string {
  if (!isBlobKey(key)) throw new Error('This is not a blob key.')
  return join(root, key)
}

/** Somebody with access to the folder may have put a link there; following it would leave the store. */
async function insist(root: string, path: string): Promise<void> {
  const folder = dirname(path)
  if ((await realpath(folder)) !== folder) throw new Error(`A symbolic link stands inside of ${root}.`)
}

async function freeOn(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder)
  return bavail * bsize
}

function closing(file: FileHandle): AsyncDisposable {
  return { [Symbol.asyncDispose]: () => file.close() }
}

function isFull(error: unknown): boolean {
  return ['ENOSPC', 'EDQUOT'].includes(codeOf(error))
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''
}
