import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Sqlite from 'better-sqlite3'
import { afterEach, describe, expect, test } from 'vitest'
import { type ServerProcess, startProcess } from '../process.ts'

const started: ServerProcess[] = []

function start(env: Record<string, string> = {}): ServerProcess {
  const server = startProcess(env)
  started.push(server)
  return server
}

afterEach(async () => {
  for (const { child, exit, data } of started.splice(0)) {
    child.kill('SIGKILL')
    await exit
    rmSync(data, { recursive: true, force: true })
  }
})

async function ready(server: ServerProcess): Promise<string> {
  return (await server.until(/RoboTrace \S+ · (http:\S+) ·/))[1] ?? ''
}

describe('the first start', () => {
  test('(6, 34) prints a set-up link, and makes its folder, database and secret readable by the owner only', async () => {
    const server = start()
    const url = await ready(server)
    const [, link] = await server.until(/(http\S+\/setup\?token=\S+)/)
    expect(link?.startsWith(`${url}/setup?token=`)).toBe(true)
    expect(statSync(join(server.data, 'secret')).mode & 0o777).toBe(0o600)
    expect(readFileSync(join(server.data, 'secret'), 'utf8').trim()).toHaveLength(43)
    expect(statSync(join(server.data, 'robotrace.db')).mode & 0o077).toBe(0)
  })

  test('the secret stays the same over starts', async () => {
    const first = start()
    await ready(first)
    const secret = readFileSync(join(first.data, 'secret'), 'utf8')
    first.child.kill('SIGTERM')
    expect(await first.exit).toBe(0)
    const second = start({ ROBOTRACE_DATA: first.data })
    await ready(second)
    expect(readFileSync(join(first.data, 'secret'), 'utf8')).toBe(secret)
  })
})

describe('(34) a configuration that cannot work', () => {
  test('is refused with every problem and its fix, and status 1', async () => {
    const server = start({ PORT: 'eighty', PUBLIC_URL: 'http://robots.example' })
    expect(await server.exit).toBe(1)
    expect(server.stderr()).toMatch(
      /^Error: The configuration is not valid:\n {2}- PORT: .*\n {2}- PUBLIC_URL: .*ROBOTRACE_INSECURE_HTTP=1/,
    )
    expect(server.stderr()).not.toMatch(/\bat \S+:\d+/)
  })

  test('a port that is taken is said in a sentence', async () => {
    const first = start()
    const { port } = new URL(await ready(first))
    const second = start({ PORT: port })
    expect(await second.exit).toBe(1)
    expect(second.stderr()).toBe(
      `Error: Another program listens on 127.0.0.1 port ${port} already.\nTry: stop it, or name another port with \`--port\` or PORT\n`,
    )
    expect(second.stderr()).not.toMatch(/\n\s+at /)
  })
})

describe('a data folder', () => {
  test('that cannot be made is said in a sentence', async () => {
    const server = start({ ROBOTRACE_DATA: '/proc/robotrace' })
    expect(await server.exit).toBe(1)
    expect(server.stderr()).toMatch(/^Error: There is no \/proc\/robotrace\.\nTry: /)
  })

  test('is one server’s: a second one is refused, and let in once the first has been killed', async () => {
    const first = start()
    await ready(first)
    const second = start({ ROBOTRACE_DATA: first.data })
    expect(await second.exit).toBe(1)
    expect(second.stderr()).toContain('Another RoboTrace is running on')
    first.child.kill('SIGKILL')
    await first.exit
    await ready(start({ ROBOTRACE_DATA: first.data }))
  })
})

describe('the database', () => {
  test('of a newer RoboTrace is not touched: the refusal names the version that can read it', async () => {
    const server = start()
    await ready(server)
    server.child.kill('SIGTERM')
    await server.exit
    const file = join(server.data, 'robotrace.db')
    const db = new Sqlite(file)
    db.prepare("INSERT INTO schema_versions VALUES (7, '2.3.0', '2031-01-01T00:00:00.000Z')").run()
    db.close()
    const before = readFileSync(file)
    const older = start({ ROBOTRACE_DATA: server.data })
    expect(await older.exit).toBe(1)
    expect(older.stderr()).toContain('This database has schema 7; this RoboTrace reads schema 4')
    expect(older.stderr()).toContain('Start RoboTrace 2.3.0 or newer')
    expect(readFileSync(file).equals(before)).toBe(true)
  })

  test('from before the first release is not touched either: the refusal says what to do', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'robotrace-old-'))
    const file = join(folder, 'robotrace.db')
    const db = new Sqlite(file)
    db.pragma('journal_mode = WAL')
    db.exec('CREATE TABLE schema_versions (version BIGINT, written_by TEXT, applied_at TEXT)')
    db.prepare("INSERT INTO schema_versions VALUES (1, '0.0.1', '2026-01-01T00:00:00.000Z')").run()
    db.close()
    const before = readFileSync(file)
    const server = start({ ROBOTRACE_DATA: folder })
    expect(await server.exit).toBe(1)
    expect(server.stderr()).toContain('from before the first release')
    expect(server.stderr()).toContain('Move the data folder away')
    expect(readFileSync(file).equals(before)).toBe(true)
    rmSync(folder, { recursive: true })
  })

  test('waits for the disk at each commit, keeps a WAL and checks its foreign keys', async () => {
    const server = start()
    await ready(server)
    const file = join(server.data, 'robotrace.db')
    expect(existsSync(`${file}-wal`)).toBe(true)
    // The pragmas of one connection cannot be read from another: ask the code that sets them.
    const script = `
      import { openDatabase } from './server/db/open.ts'
      import { sql } from 'kysely'
      const db = openDatabase(process.argv[1], '0')
      for (const name of ['journal_mode', 'synchronous', 'foreign_keys']) {
        const { rows } = await sql.raw('PRAGMA ' + name).execute(db)
        console.log(name, Object.values(rows[0])[0])
      }`
    const out = execFileSync(
      process.execPath,
      ['--import', 'tsx', '--input-type=module', '-e', script, file],
      { encoding: 'utf8' },
    )
    expect(out.trim().split('\n')).toEqual(['journal_mode wal', 'synchronous 2', 'foreign_keys 1'])
  })
})

describe('SIGTERM', () => {
  test('lets a request under way finish, takes no new one, and ends with status 0', async () => {
    const server = start()
    const url = await ready(server)
    // A body that is announced and not yet sent keeps this request under way.
    const slow = request(`${url.replace('localhost', '127.0.0.1')}/trpc/auth.signIn`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', 'Content-Length': '2' },
    })
    const answer = new Promise<number>((resolve, reject) => {
      slow.on('response', (response) => {
        response.resume()
        resolve(response.statusCode ?? 0)
      })
      slow.on('error', reject)
    })
    slow.flushHeaders()
    await new Promise((resolve) => slow.once('socket', (socket) => socket.once('connect', resolve)))
    await fetch(`${url}/healthz`).then((response) => response.text())
    server.child.kill('SIGTERM')
    await refused(url)
    slow.end('{}')
    expect(await answer).toBe(400)
    expect(await server.exit).toBe(0)
    expect(existsSync(join(server.data, 'robotrace.db-wal'))).toBe(false)
  })
})

/** Settles once the port takes no more connections. */
async function refused(url: string): Promise<void> {
  for (;;) {
    try {
      await fetch(`${url}/healthz`, { headers: { Connection: 'close' } }).then((response) => response.text())
    } catch {
      return
    }
  }
}
