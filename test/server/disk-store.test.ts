import { randomBytes } from 'node:crypto'
import { readlinkSync } from 'node:fs'
import { mkdir, mkdtemp, open, readdir, realpath, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { describe, expect, test, vi } from 'vitest'
import type { BlobStore } from '../../server/blobs/blob-store.ts'
import { createDiskStore } from '../../server/blobs/disk.ts'

async function folder(): Promise<{ path: string } & AsyncDisposable> {
  const path = await mkdtemp(join(tmpdir(), 'robotrace-blobs-'))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) }
}

const FLOOR = { min_free_bytes: 0 }
const KEY = 'episodes/5f0c6c4e-8f0e-4a53-9a3f-3c1d7f0a2b11/ep_x/video-00.mp4'

/** The paths that are flushed to the disk while this runs: the engine's own fsync, looked at. */
async function flushed(path: string, run: () => Promise<void>): Promise<string[]> {
  const handle = await open(path)
  const prototype: { sync: (this: { fd: number }) => Promise<void> } = Object.getPrototypeOf(handle)
  await handle.close()
  const paths: string[] = []
  const { sync } = prototype
  const spy = vi.spyOn(prototype, 'sync').mockImplementation(function (this: { fd: number }) {
    paths.push(readlinkSync(`/proc/self/fd/${this.fd}`))
    return sync.call(this)
  })
  await run()
  spy.mockRestore()
  return paths
}

async function stored(blobs: BlobStore, key: string, bytes: Buffer): Promise<void> {
  await (await blobs.stage(Readable.from([bytes]), bytes.length)).commit(key)
}

describe('the disk store', () => {
  test('gives back what was stored, and parts of it, under a key nobody else may read on the machine', async () => {
    await using place = await folder()
    const blobs = createDiskStore(join(place.path, 'blobs'), FLOOR)
    const bytes = randomBytes(700_000)
    await stored(blobs, KEY, bytes)
    expect(await blobs.head(KEY)).toBe(700_000)
    expect(
      (await buffer(await blobs.open(KEY, { start: 5, end: 300_004 }))).equals(bytes.subarray(5, 300_005)),
    ).toBe(true)
    expect((await stat(join(place.path, 'blobs', KEY))).mode & 0o777).toBe(0o600)
    await blobs.remove(KEY)
    await blobs.remove(KEY)
    expect(await blobs.head(KEY)).toBeUndefined()
  })

  test('what a crash left half-written is gone after the next start, and what was whole stays', async () => {
    await using place = await folder()
    const before = createDiskStore(place.path, FLOOR)
    await stored(before, KEY, Buffer.from('whole'))
    await before.stage(Readable.from([Buffer.from('never committed')]), 15)
    await writeFile(join(place.path, '.incoming', 'torn'), 'half')
    expect(await readdir(join(place.path, '.incoming'))).toHaveLength(2)
    const after = createDiskStore(place.path, FLOOR)
    expect(await readdir(join(place.path, '.incoming'))).toEqual([])
    expect(await after.head(KEY)).toBe(5)
  })

  test('an upload is durable with every folder above it, also when another upload has just made those', async () => {
    await using place = await folder()
    const blobs = createDiskStore(place.path, FLOOR)
    const root = await realpath(place.path)
    const organization = join(root, dirname(dirname(KEY)))
    // As far as another upload is whose folders are made and not yet flushed.
    await mkdir(join(root, dirname(KEY)), { recursive: true })
    const first = await flushed(root, () => stored(blobs, KEY, Buffer.from('first')))
    const chain = [join(root, dirname(KEY)), organization, join(root, 'episodes'), root]
    expect(first.slice(1).sort()).toEqual(chain.sort())
    const second = await flushed(root, () =>
      stored(blobs, KEY.replace('ep_x', 'ep_y'), Buffer.from('second')),
    )
    expect(second.slice(1).sort()).toEqual([organization, join(organization, 'ep_y')])
  })

  test('a stream of another length than announced, or one that breaks, leaves nothing', async () => {
    await using place = await folder()
    const blobs = createDiskStore(place.path, FLOOR)
    const short = blobs.stage(Readable.from([Buffer.from('abc')]), 4)
    await expect(short).rejects.toThrow('The body has 3 bytes, 4 were announced.')
    const broken = new Readable({
      read() {
        this.push(Buffer.alloc(400_000))
        this.destroy(new Error('the line went dead'))
      },
    })
    await expect(blobs.stage(broken, 1_000_000)).rejects.toThrow('the line went dead')
    expect(await readdir(join(place.path, '.incoming'))).toEqual([])
  })

  test('uploads under way count against the floor before their bytes are on the disk', async () => {
    await using place = await folder()
    const blobs = createDiskStore(place.path, { min_free_bytes: 1000 }, async () => 2500)
    expect(await blobs.room()).toBe(1500)
    const waiting = new Readable({ read() {} })
    const first = blobs.stage(waiting, 1000)
    await expect(blobs.stage(Readable.from([]), 501)).rejects.toMatchObject({ code: 'storage_full' })
    waiting.push(Buffer.alloc(1000))
    waiting.push(null)
    await (await first).discard()
    expect(await blobs.room()).toBe(1500)
    expect(await readdir(join(place.path, '.incoming'))).toEqual([])
  })

  test.each([
    '../secret',
    'episodes/../../secret',
    '/etc/passwd',
    'episodes/%2e%2e/x',
    'episodes/a\u0000b',
    'episodes\\..\\x',
    'episodes/.incoming/x',
    '.incoming/x',
    'episodes//x',
    'episodes',
    `episodes/${'x'.repeat(300)}`,
    '',
  ])('refuses a key that is not one of ours: %j', async (key) => {
    await using place = await folder()
    const blobs = createDiskStore(place.path, FLOOR)
    await expect(blobs.head(key)).rejects.toThrow('not a blob key')
    await expect(blobs.open(key, { start: 0, end: 0 })).rejects.toThrow('not a blob key')
    await expect(blobs.remove(key)).rejects.toThrow('not a blob key')
    const staged = await blobs.stage(Readable.from([Buffer.from('x')]), 1)
    await expect(staged.commit(key)).rejects.toThrow('not a blob key')
  })

  test('follows no symbolic link out of its folder, neither for reading nor for writing', async () => {
    await using place = await folder()
    const blobs = createDiskStore(join(place.path, 'blobs'), FLOOR)
    await mkdir(join(place.path, 'outside'))
    await writeFile(join(place.path, 'outside', 'secret.mp4'), 'secret')
    await mkdir(join(place.path, 'blobs', 'episodes'))
    await symlink(join(place.path, 'outside'), join(place.path, 'blobs', 'episodes', 'door'))
    await symlink(
      join(place.path, 'outside', 'secret.mp4'),
      join(place.path, 'blobs', 'episodes', 'file.mp4'),
    )
    await expect(blobs.open('episodes/door/secret.mp4', { start: 0, end: 5 })).rejects.toThrow(
      'symbolic link',
    )
    await expect(blobs.head('episodes/file.mp4')).rejects.toThrow('ELOOP')
    await expect(blobs.remove('episodes/door/secret.mp4')).rejects.toThrow('symbolic link')
    const staged = await blobs.stage(Readable.from([Buffer.from('x')]), 1)
    await expect(staged.commit('episodes/door/new.mp4')).rejects.toThrow('symbolic link')
    expect(await readdir(join(place.path, 'outside'))).toEqual(['secret.mp4'])
  })
})
