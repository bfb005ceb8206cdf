import { spawn } from 'node:child_process'
import { chmodSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { connect } from 'node:net'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { device, keyPair, letIn, projectOf } from '../fleet-requests.ts'
import { startTestServer, type TestServer } from '../harness.ts'
import { portalClient } from '../portal-client.ts'
import { type Tenant, tenant } from '../seed.ts'
import { type Home, makeHome } from './home.ts'

/** A robot at home: its key saved, one person let in. */
async function robot(server: TestServer, home: Home, key_text: string) {
  const at = await tenant(server)
  const { id, key } = await device(server, at)
  const ssh_key_id = await letIn(server, at, at.owner, { device: id, key_text })
  save(home, key, server.url)
  const line = `authorized-keys --device ${at.organization_id}/default/arm-7`
  return { at, id, key, ssh_key_id, line, ask: (more = '') => home.robotrace(`${line}${more}`) }
}

function save(home: Home, key: string, base_url: string): void {
  home.save(`[default]\napi_key = "${key}"\nbase_url = "${base_url}"\n`)
}

const cacheOf = (home: Home): string => join(home.folder, '.robotrace', 'authorized-keys')
const kept = (home: Home): string[] => readdirSync(cacheOf(home))

async function shutOut(server: TestServer, at: Tenant, ssh_key_id: string): Promise<void> {
  await portalClient(server, at.owner).fleet.removeDoorKey.mutate({
    ...projectOf(at),
    device: 'arm-7',
    ssh_key_id,
  })
}

/** A robot that has asked once, and whose server is gone since. */
async function lonely(home: Home, key_text: string) {
  await using server = await startTestServer()
  const { ask, line } = await robot(server, home, key_text)
  await ask()
  server.clock.advance('7d')
  return { ask, line, port: Number(new URL(server.url).port) }
}

/** Something that answers everything in one way, where the robot's own server was. */
async function stranger(port: number, status: number, type: string, body: string): Promise<AsyncDisposable> {
  const http = createServer((_request, response) => {
    response.writeHead(status, { 'Content-Type': type, ETag: '"x"', Connection: 'close' }).end(body)
  })
  await new Promise<void>((done) => http.listen(port, '127.0.0.1', done))
  return { [Symbol.asyncDispose]: () => new Promise((done) => void http.close(() => done())) }
}

describe('robotrace authorized-keys', () => {
  test('prints the device’s file as sshd reads it, and asks again without carrying it twice', async () => {
    await using server = await startTestServer()
    using home = makeHome()
    using pair = keyPair()
    const { ask, at } = await robot(server, home, pair.public_text)
    const [type, blob] = pair.public_text.split(' ')
    const text = `${type} ${blob} ${at.owner.caller.name} (${at.owner.email})\n`
    for (let time = 0; time < 2; time++) {
      const { status, host } = await ask()
      expect([status, host.stdout(), host.stderr()]).toEqual([0, text, ''])
    }
    const answered = [...server.log().matchAll(/authorized_keys","status":(\d+)/g)].map(
      ([, status]) => status,
    )
    expect(answered).toEqual(['200', '304'])
  })

  test('keeps the list 0600 in a folder of 0700, and nothing else', async () => {
    await using server = await startTestServer()
    using home = makeHome()
    using pair = keyPair()
    const { ask, key } = await robot(server, home, pair.public_text)
    await ask()
    await ask()
    const [name = '', ...more] = kept(home)
    expect(more).toEqual([])
    expect(statSync(join(cacheOf(home), name)).mode & 0o777).toBe(0o600)
    expect(statSync(cacheOf(home)).mode & 0o777).toBe(0o700)
    expect(readFileSync(join(cacheOf(home), name), 'utf8')).not.toContain(key.slice(14))
  })

  test('with the server gone for a week it prints the list that it kept, and says since when', async () => {
    using home = makeHome()
    using pair = keyPair()
    const { ask } = await lonely(home, pair.public_text)
    const { status, host } = await ask()
    expect(status).toBe(0)
    expect(host.stdout()).toContain(pair.public_text.split(' ')[1])
    expect(host.stderr()).toContain('Using the list of 2026-05-04T20:08:14.000Z')
  })

  test('a revocation arrives with the next contact, and stays when the contact is lost again', async () => {
    using home = makeHome()
    using pair = keyPair()
    let line: string
    {
      await using server = await startTestServer()
      const { at, ask, ssh_key_id, ...more } = await robot(server, home, pair.public_text)
      line = more.line
      expect((await ask()).host.stdout()).not.toBe('')
      await shutOut(server, at, ssh_key_id)
      expect((await ask()).host.stdout()).toBe('')
    }
    const { status, host } = await home.robotrace(line)
    expect([status, host.stdout()]).toEqual([0, ''])
  })

  test('once the robot’s key is revoked it prints nothing, forgets the list, and says why', async () => {
    await using server = await startTestServer()
    using home = makeHome()
    using pair = keyPair()
    const { ask, key, line } = await robot(server, home, pair.public_text)
    await ask()
    expect(kept(home)).toHaveLength(1)
    await server.ctx.db
      .updateTable('api_keys')
      .set({ revoked_at: server.ctx.now().toISOString() })
      .where('device_id', 'is not', null)
      .execute()
    const { status, host } = await ask()
    expect([status, host.stdout()]).toEqual([1, ''])
    expect(host.stderr()).toContain('The server refuses to say who may log in')
    expect(host.stderr()).not.toContain(key.slice(14))
    expect(kept(home)).toEqual([])
    save(home, key, 'http://127.0.0.1:1')
    const later = await home.robotrace(line)
    expect([later.status, later.host.stdout()]).toEqual([1, ''])
  })

  test('of another device, or of a removed one, it prints nothing', async () => {
    await using server = await startTestServer()
    using home = makeHome()
    using pair = keyPair()
    const { ask, at } = await robot(server, home, pair.public_text)
    await device(server, at, 'arm-8')
    const other = await home.robotrace(`authorized-keys --device ${at.organization_id}/default/arm-8`)
    expect([other.status, other.host.stdout()]).toEqual([1, ''])
    await ask()
    await portalClient(server, at.owner).fleet.remove.mutate({ ...projectOf(at), device: 'arm-7' })
    expect((await ask()).host.stdout()).toBe('')
    expect(kept(home)).toEqual([])
  })

  test.each([
    [200, 'text/html', '<p>Welcome to Hotel Wi-Fi</p>'],
    [200, 'application/json', '{}'],
    [200, 'text/plain', 'Welcome to Hotel Wi-Fi\n'],
    [302, 'text/html', 'moved'],
    [401, 'text/html', 'proxy'],
    [403, 'text/plain', 'blocked'],
    [404, 'text/html', '<h1>nginx</h1>'],
    [404, 'application/json', '{"error": "not here"}'],
    [429, 'application/problem+json', '{"code": "rate_limited", "error": "Slowly."}'],
    [500, 'application/problem+json', '{"code": "internal", "error": "Sorry."}'],
    [503, 'text/plain', 'down'],
  ])('a %i of something that is not the server (%s) changes nothing', async (status, type, body) => {
    using home = makeHome()
    using pair = keyPair()
    const { ask, port } = await lonely(home, pair.public_text)
    await using _other = await stranger(port, status, type, body)
    const answer = await ask()
    expect(answer.status).toBe(0)
    expect(answer.host.stdout()).toContain(pair.public_text.split(' ')[1])
    expect(kept(home)).toHaveLength(1)
  })

  test('a server that takes no connection is given up on, long before an answer would be due', async () => {
    using home = makeHome()
    using pair = keyPair()
    const { ask, port } = await lonely(home, pair.public_text)
    await using _full = await fullBacklog(port)
    const { status, host } = await ask(' --timeout 50s --connect-timeout 200ms')
    expect(status).toBe(0)
    expect(host.stdout()).toContain(pair.public_text.split(' ')[1])
    expect(host.stderr()).toContain('takes no connection')
  })

  test('a list that others could have written is not believed', async () => {
    using home = makeHome()
    using pair = keyPair()
    const { ask } = await lonely(home, pair.public_text)
    const file = join(cacheOf(home), kept(home)[0] ?? '')
    const text = readFileSync(file, 'utf8')
    expect((await ask()).status).toBe(0)
    chmodSync(file, 0o666)
    const wide = await ask()
    expect([wide.status, wide.host.stdout()]).toEqual([1, ''])
    expect(wide.host.stderr()).toContain('can be changed by others')
    chmodSync(file, 0o600)
    chmodSync(cacheOf(home), 0o777)
    expect((await ask()).status).toBe(1)
    chmodSync(cacheOf(home), 0o700)
    writeFileSync(file, 'broken')
    expect((await ask()).status).toBe(1)
    rmSync(file)
    const elsewhere = join(home.folder, 'elsewhere')
    writeFileSync(elsewhere, text, { mode: 0o600 })
    symlinkSync(elsewhere, file)
    expect((await ask()).status).toBe(1)
    rmSync(file)
    writeFileSync(file, text, { mode: 0o600 })
    expect((await ask()).status).toBe(0)
  })

  test('only the accounts named get anything', async () => {
    await using server = await startTestServer()
    using home = makeHome()
    using pair = keyPair()
    const { ask } = await robot(server, home, pair.public_text)
    expect((await ask(' --accounts robot,admin --user robot')).host.stdout()).not.toBe('')
    const root = await ask(' --accounts robot,admin --user root')
    expect([root.status, root.host.text()]).toEqual([0, ''])
    expect((await ask(' --accounts robot')).status).toBe(2)
  })

  test.each([
    ['authorized-keys', 2],
    ['authorized-keys --device arm-7', 2],
    ['authorized-keys --device a/b/c/d', 2],
    ['authorized-keys --device a/b/c --timeout soon', 2],
    ['authorized-keys --device a/b/c --credentials /nowhere/credentials', 4],
  ])('%j ends with %i and says what to do', async (line, status) => {
    using home = makeHome()
    save(home, 'rt_8a4f01c2b3_x', 'http://127.0.0.1:1')
    const ran = await home.robotrace(line)
    expect(ran.status).toBe(status)
    expect(ran.host.stdout()).toBe('')
    expect(ran.host.stderr()).toContain('Try: ')
  })
})

/** A port that completes no handshake: its program never takes a connection, and its queue is full. */
async function fullBacklog(port: number): Promise<AsyncDisposable> {
  const program = `require('net').createServer().listen(${port}, '127.0.0.1', 1, () => {
    console.log('listening')
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
  })`
  const child = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'inherit'] })
  await new Promise((done) => child.stdout.once('data', done))
  const sockets = Array.from({ length: 8 }, () => connect(port, '127.0.0.1').on('error', () => {}))
  await Promise.race(sockets.map((socket) => new Promise((done) => socket.once('connect', done))))
  return {
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      child.kill('SIGKILL')
      await new Promise((done) => child.once('exit', done))
    },
  }
}
