import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { backupToFolder } from '../../server/backup/backup.ts'
import { filesOf, withVideo } from '../episode-requests.ts'
import { startTestServer, type TestServer } from '../harness.ts'
import { operator, scratchFolder } from '../operator-commands.ts'
import { PROGRAM } from '../process.ts'
import { tenant } from '../seed.ts'

/** `robotrace …` as a process of its own, as an operator calls it. */
function robotrace(data: string, ...args: string[]): { child: ChildProcess; ended: Promise<number | null> } {
  const child = spawn(process.execPath, [...PROGRAM, ...args], {
    env: { PATH: process.env.PATH, HOME: data, ROBOTRACE_DATA: data },
    stdio: 'ignore',
  })
  return { child, ended: new Promise((resolve) => child.once('close', (code) => resolve(code))) }
}

/** Settles when the folder has so many files. */
async function holds(folder: string, many: number): Promise<void> {
  mkdirSync(folder, { recursive: true })
  await expect.poll(() => filesBelow(folder).length, { interval: 20, timeout: 60_000 }).toBe(many)
}

/**
 * Puts a pipe that nobody writes to in the place of a file: whoever reads it waits for good, at a point that is known.
 *
 * @returns how to put the file back
 */
function obstruct(path: string): () => void {
  renameSync(path, `${path}.aside`)
  execFileSync('mkfifo', [path])
  return () => renameSync(`${path}.aside`, path)
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
}

const MANY = 8

async function recorded(server: TestServer): Promise<string[]> {
  const { api_key } = await tenant(server)
  for (let nth = 0; nth < MANY; nth++) await withVideo(server, api_key, `video ${nth}`)
  return filesOf(server)
}

test('a backup that is killed while it copies leaves no backup, and the next one copies only what was missing', async () => {
  using scratch = scratchFolder()
  await using server = await startTestServer({}, { file: true })
  const [last = ''] = await recorded(server)
  const to = scratch.in('backups')
  const clear = obstruct(last)
  const { child, ended } = robotrace(server.data, 'backup', '--to', to)
  await holds(join(to, 'blobs'), MANY - 1)
  child.kill('SIGKILL')
  expect(await ended).toBeNull()
  clear()

  const listed = await operator(server.data, 'backup', '--to', to, '--list', '--json')
  expect(listed.json()).toMatchObject({ backups: [] })
  const none = await operator(server.data, 'restore', to, '--data', scratch.in('back'))
  expect(none.host.stderr()).toContain('There is no finished backup')

  const again = await operator(server.data, 'backup', '--to', to, '--json')
  expect(again.status, again.host.text()).toBe(0)
  expect(again.json()).toMatchObject({ blobs: { count: MANY }, copied: { count: 1 } })
  expect((await operator(server.data, 'verify-backup', to)).status).toBe(0)
  expect(readdirSync(to).filter((name) => name.startsWith('.'))).toEqual([])
}, 120_000)

test('a restore that is killed leaves no data folder, and the next one is whole', async () => {
  using scratch = scratchFolder()
  await using server = await startTestServer({}, { file: true })
  await recorded(server)
  const [to, data] = [scratch.in('backups'), scratch.in('back')]
  await operator(server.data, 'backup', '--to', to)
  const [last = ''] = filesBelow(join(to, 'blobs'))
  const clear = obstruct(last)
  const { child, ended } = robotrace(server.data, 'restore', to, '--data', data)
  // The one that is waited for has been made, and is empty.
  await holds(`${data}.restoring/data/blobs`, MANY)
  child.kill('SIGKILL')
  await ended
  clear()
  expect(readdirSync(scratch.path)).not.toContain('back')
  const { status, host } = await operator(server.data, 'restore', to, '--data', data)
  expect(status, host.text()).toBe(0)
  expect(filesBelow(join(data, 'blobs')).length).toBe(MANY)
  expect(readdirSync(scratch.path).sort()).toEqual(['back', 'backups'])
}, 120_000)

test('a backup that is stopped in the middle of a file leaves nothing half-written', async () => {
  using scratch = scratchFolder()
  await using server = await startTestServer({}, { file: true })
  const { api_key } = await tenant(server)
  await withVideo(server, api_key, 'x'.repeat(4_000_000))
  let asked = 0
  const stopped = backupToFolder({
    data: server.data,
    to: scratch.in('backups'),
    now: () => new Date(),
    // Somewhere in the middle of the one file.
    stop: () => ++asked > 12,
  })
  await expect(stopped).rejects.toThrow('Stopped before it was finished')
  expect(filesBelow(scratch.in('backups')).map((path) => path.slice(scratch.path.length))).toEqual([
    '/backups/lock',
  ])
})

test('two backups to one folder do not meet: the second is refused while the first goes on', async () => {
  using scratch = scratchFolder()
  await using server = await startTestServer({}, { file: true })
  const both = await Promise.all([
    operator(server.data, 'backup', '--to', scratch.in('backups')),
    operator(server.data, 'backup', '--to', scratch.in('backups')),
  ])
  expect(both.map(({ status }) => status).sort()).toEqual([0, 1])
  expect(both.map(({ host }) => host.stderr()).join('')).toContain('Another backup to')
})

test('two backups into one archive do not meet, and what comes of the first is whole', async () => {
  using scratch = scratchFolder()
  await using server = await startTestServer({}, { file: true })
  await recorded(server)
  const file = scratch.in('all.tar')
  const both = await Promise.all([
    operator(server.data, 'backup', '--to', file),
    operator(server.data, 'backup', '--to', file),
  ])
  expect(both.map(({ status }) => status).sort()).toEqual([0, 1])
  expect(both.map(({ host }) => host.stderr()).join('')).toContain('is being made already')
  expect((await operator(server.data, 'verify-backup', file)).status).toBe(0)
  expect(readdirSync(scratch.path)).toEqual(['all.tar'])
})

/**
 * Kills a backup into an archive once it has written some of it. Where that was a moment too late the archive has its
 * name, and has to be whole; then it begins again.
 */
async function killWhileWritten(data: string, to: string): Promise<void> {
  for (;;) {
    const { child, ended } = robotrace(data, 'backup', '--to', to)
    const over = ended.then(() => true)
    const written = () => (statSync(`${to}.unfinished`, { throwIfNoEntry: false })?.size ?? 0) > 0
    while (!written()) {
      if (await Promise.race([over, setTimeout(1, false)])) break
    }
    child.kill('SIGKILL')
    await ended
    if (!existsSync(to)) return
    expect((await operator(data, 'verify-backup', to)).status).toBe(0)
    rmSync(to)
  }
}

test('an archive that is killed while it is written has not got its name, and the next one is whole and leaves nothing beside it', async () => {
  using scratch = scratchFolder()
  await using server = await startTestServer({}, { file: true })
  const { api_key } = await tenant(server)
  await withVideo(server, api_key, 'video '.repeat(8_000_000))
  const to = scratch.in('all.tar')
  await killWhileWritten(server.data, to)
  expect(existsSync(`${to}.unfinished`)).toBe(true)
  expect((await operator(server.data, 'restore', to, '--data', scratch.in('back'))).status).toBe(1)
  expect((await operator(server.data, 'backup', '--to', to)).status).toBe(0)
  expect(readdirSync(scratch.path)).toEqual(['all.tar'])
  expect((await operator(server.data, 'verify-backup', to)).status).toBe(0)
}, 120_000)

test('a folder of somebody else where an archive is put together is not used: the secret would lie in it', async () => {
  using scratch = scratchFolder()
  await using server = await startTestServer({}, { file: true })
  mkdirSync(scratch.in('all.tar.scratch'))
  chmodSync(scratch.in('all.tar.scratch'), 0o777)
  const { status, host } = await operator(server.data, 'backup', '--to', scratch.in('all.tar'))
  expect(status).toBe(1)
  expect(host.stderr()).toContain('all.tar.scratch is in the way')
  expect(readdirSync(scratch.path)).toEqual(['all.tar.scratch'])
})

test('a backup of a stopped server needs nothing but the folder, and changes nothing in it', async () => {
  using scratch = scratchFolder()
  const data = scratch.in('data')
  mkdirSync(data)
  await using server = await startTestServer({}, { file: true, data })
  const { api_key } = await tenant(server)
  await withVideo(server, api_key, 'moving')
  await server[Symbol.asyncDispose]()
  const before = readFileSync(join(data, 'robotrace.db'))
  const { status, host } = await operator(data, 'backup', '--to', scratch.in('backups'))
  expect(status, host.text()).toBe(0)
  expect(readFileSync(join(data, 'robotrace.db')).equals(before)).toBe(true)
  writeFileSync(scratch.in('elsewhere'), '')
  expect((await operator(data, 'backup', '--to', scratch.in('elsewhere'))).status).toBe(1)
})
