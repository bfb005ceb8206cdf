import { createHash } from 'node:crypto'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { run } from '../../cli/run.ts'
import { type Manifest, sealManifest } from '../../server/backup/layout.ts'
import { removeBlobs } from '../../server/blobs/removals.ts'
import type { Finding } from '../../server/doctor/finding.ts'
import { TICKET_HEADER } from '../../server/doctor/ticket.ts'
import { operatorCommands } from '../../server/operator/commands.ts'
import { testHost } from '../cli/test-host.ts'
import { fillFirstRelease } from '../database/first-release.ts'
import { withVideo } from '../episode-requests.ts'
import { startTestServer, TEST_SECRET, type TestServer } from '../harness.ts'
import { tenant } from '../seed.ts'

let data = ''
const NO_BYTES = { size_bytes: 0, sha256: createHash('sha256').digest('hex') }
const MANIFEST: Omit<Manifest, 'at'> = {
  ...{ format: 1, robotrace: '0.2.0', schema: 4, read_by: '0.2.0' },
  files: { 'robotrace.db': NO_BYTES, 'blobs.ndjson': NO_BYTES },
  blobs: { count: 0, size_bytes: 0, gone: 0, damaged: 0 },
}
const DAY_MS = 24 * 3_600_000

beforeEach(() => {
  // As the commands themselves do.
  process.umask(0o077)
  data = mkdtempSync(join(tmpdir(), 'robotrace-doctor-'))
})

afterEach(() => rmSync(data, { recursive: true, force: true }))

async function doctor(args: string[] = [], env: Record<string, string> = {}) {
  const host = testHost()
  const environment = {
    ROBOTRACE_DATA: data,
    ROBOTRACE_SECRET: TEST_SECRET,
    ROBOTRACE_MIN_FREE: '1MB',
    PORT: '0',
    ...env,
  }
  const status = await run(['doctor', '--json', ...args], host, operatorCommands(environment))
  const findings: Finding[] = host
    .stdout()
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line))
  const about = (check: string): Finding[] => findings.filter((one) => one.check === check)
  const wrong = findings.filter(({ level }) => level === 'problem')
  return { status, findings, about, wrong, text: host.text() }
}

function left(key: string, age_ms: number): string {
  const path = join(data, 'blobs', key)
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  writeFileSync(path, 'left', { mode: 0o600 })
  const at = new Date(Date.now() - age_ms)
  utimesSync(path, at, at)
  return path
}

const serving = (env: Record<string, string> = {}): Promise<TestServer> =>
  startTestServer(env, { file: true, data })

describe('robotrace doctor', () => {
  test('finds nothing wrong with a server that is well, beside it and after it was stopped', async () => {
    const server = await serving()
    const { api_key } = await tenant(server)
    await withVideo(server, api_key, 'bytes of a video')
    const beside = await doctor(['--deep'])
    await server[Symbol.asyncDispose]()
    const after = await doctor()
    for (const { wrong, status, about } of [beside, after]) {
      expect(wrong).toEqual([])
      expect(status).toBe(0)
      expect(about('database').map(({ level }) => level)).toEqual(['ok', 'ok', 'ok'])
    }
    expect(beside.about('server')[0]?.message).toBe('A server is running on this data folder.')
    expect(after.about('server')[0]?.message).toBe('No server is running on this data folder.')
    expect(beside.about('bytes').map(({ message }) => message)).toContain(
      'Every row has its bytes, and they hash to what it says.',
    )
  })

  test('says in plain lines what is wrong and what to do, and ends with status 1', async () => {
    const host = testHost()
    const status = await run(['doctor'], host, operatorCommands({ ROBOTRACE_DATA: join(data, 'nowhere') }))
    expect(host.stdout()).toContain(`✗ data folder: There is no folder ${join(data, 'nowhere')}.`)
    expect(host.stdout()).toContain('  Fix: Set ROBOTRACE_DATA to the data folder')
    expect(host.stdout()).toContain('\nFound 1 problem and no warnings.')
    expect(status).toBe(1)
  })

  test('names every variable that is wrong or contradicts another', async () => {
    const { wrong, status } = await doctor([], { PORT: 'many', ROBOTRACE_TLS_CERT: '/cert.pem' })
    expect(wrong.map(({ message }) => message).join('\n')).toMatch(
      /PORT.*\n.*ROBOTRACE_TLS_KEY: must be set as well/,
    )
    expect(status).toBe(1)
  })

  test('finds what others may read, and closes it when asked to', async () => {
    await (await serving())[Symbol.asyncDispose]()
    writeFileSync(join(data, 'secret'), 'x', { mode: 0o600 })
    chmodSync(join(data, 'secret'), 0o644)
    chmodSync(data, 0o755)
    const found = await doctor()
    expect(found.wrong.map(({ fix }) => fix)).toEqual([`chmod 700 ${data}`, `chmod 600 ${data}/secret`])
    const fixed = await doctor(['--fix'])
    expect(fixed.wrong).toEqual([])
    expect(fixed.about('data folder').map((one) => one.fixed)).toEqual([
      `Closed to others: chmod 700 ${data}`,
      `Closed to others: chmod 600 ${data}/secret`,
    ])
    expect(statSync(data).mode & 0o777).toBe(0o700)
    expect(statSync(join(data, 'secret')).mode & 0o777).toBe(0o600)
  })

  test('finds bytes without a row and rows without bytes, and removes only what has been lost for a day', async () => {
    await using server = await serving()
    const { api_key, organization_id } = await tenant(server)
    const { id } = await withVideo(server, api_key, 'bytes of a video')
    const old = left(`episodes/${organization_id}/ep_gone/video.mp4`, 2 * DAY_MS)
    const stranger = left('episodes/nobody/ep_gone/video.mp4', 2 * DAY_MS)
    const young = left(`episodes/${organization_id}/ep_gone/young.mp4`, DAY_MS / 4)
    const staged = left('.incoming/cut-short', DAY_MS / 4)
    const { blob_key } = await server.ctx.db
      .selectFrom('artifacts')
      .select('blob_key')
      .executeTakeFirstOrThrow()
    truncateSync(join(data, 'blobs', blob_key), 3)

    const found = await doctor()
    expect(found.wrong.map(({ message }) => message)).toEqual([
      `${blob_key} of ${id} has 3 bytes instead of 16.`,
    ])
    expect(found.findings.map(({ message }) => message)).toContain(
      '2 files that belong to nothing take 8 bytes.',
    )
    expect(found.findings.map(({ message }) => message)).toContain(
      '1 files below blobs/ have the name of no organization that is here.',
    )
    for (const path of [old, stranger, young, staged]) expect(existsSync(path)).toBe(true)

    const fixed = await doctor(['--fix'])
    expect(fixed.status).toBe(1)
    await removeBlobs(server.ctx)
    expect([old, stranger, young, staged].map((path) => existsSync(path))).toEqual([false, true, true, false])
    expect(statSync(join(data, 'blobs', blob_key)).size).toBe(3)
  })

  test('removes no recording when the database was lost and a server has made an empty one', async () => {
    let recorded = ''
    {
      await using server = await serving()
      const { api_key } = await tenant(server)
      await withVideo(server, api_key, 'bytes of a video')
      const row = await server.ctx.db.selectFrom('artifacts').select('blob_key').executeTakeFirstOrThrow()
      recorded = join(data, 'blobs', row.blob_key)
      const long_ago = new Date(Date.now() - 30 * DAY_MS)
      utimesSync(recorded, long_ago, long_ago)
    }
    for (const end of ['', '-wal', '-shm']) rmSync(join(data, `robotrace.db${end}`), { force: true })
    await using server = await serving()
    const { findings } = await doctor(['--fix'])
    await removeBlobs(server.ctx)
    expect(findings.some(({ message }) => message.includes('the name of no organization'))).toBe(true)
    expect(statSync(recorded).size).toBe(16)
  })

  test('is well where the data folder is reached by a link', async () => {
    await (await serving())[Symbol.asyncDispose]()
    const link = `${data}-link`
    symlinkSync(data, link)
    try {
      const found = await doctor([], { ROBOTRACE_DATA: link })
      expect(found.about('data folder').map(({ level }) => level)).toEqual(['ok'])
    } finally {
      rmSync(link)
    }
  })

  test('finds a damaged database, and one that waits to be brought up to date', async () => {
    await (await serving())[Symbol.asyncDispose]()
    const file = join(data, 'robotrace.db')
    rmSync(file)
    fillFirstRelease(file)
    const old = await doctor()
    expect(old.about('database').at(-1)).toMatchObject({
      level: 'warning',
      message: expect.stringContaining('has schema 3'),
    })
    writeFileSync(file, 'no database at all, '.repeat(1000))
    const { wrong } = await doctor()
    expect(wrong[0]).toMatchObject({ check: 'database', fix: expect.stringContaining('restore') })
  })

  test('finds a clock that went backwards', async () => {
    await using server = await serving()
    await tenant(server)
    server.clock.advance('3d')
    await tenant(server)
    vi.useRealTimers()
    const { about } = await doctor()
    expect(about('clock')[0]).toMatchObject({ level: 'problem', fix: expect.stringContaining('timedatectl') })
  })

  test('finds backups that are late, and those of another server in the same folder', async () => {
    await (await serving())[Symbol.asyncDispose]()
    const to = join(data, 'elsewhere')
    const backup = (age_ms: number, installation?: string): void => {
      const folder = join(to, new Date(Date.now() - age_ms).toISOString().replaceAll(':', '-'))
      mkdirSync(folder, { recursive: true, mode: 0o700 })
      const at = new Date(Date.now() - age_ms).toISOString()
      const manifest = { ...MANIFEST, at, installation }
      writeFileSync(join(folder, 'manifest.json'), sealManifest(manifest), { mode: 0o600 })
    }
    backup(3 * DAY_MS)
    const env = { ROBOTRACE_BACKUP_TO: to }
    expect((await doctor([], env)).about('backups')[0]).toMatchObject({ level: 'problem' })
    backup(DAY_MS / 2)
    expect((await doctor([], env)).about('backups')[0]).toMatchObject({ level: 'ok' })
    backup(DAY_MS / 3, 'another')
    expect((await doctor([], env)).about('backups')[0]).toMatchObject({
      level: 'problem',
      message: expect.stringContaining('another installation'),
      fix: expect.stringContaining('ROBOTRACE_BACKUP_TO'),
    })
  })
})

/** A proxy that passes requests on to a port, with the headers it adds. */
async function proxy(to: () => number, headers: Record<string, string>) {
  const server = createServer((incoming, outgoing) => {
    const { host: _, ...rest } = incoming.headers
    const onward = request(
      {
        port: to(),
        host: '127.0.0.1',
        path: incoming.url,
        headers: { host: incoming.headers.host, ...rest, ...headers },
      },
      (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
        answer.pipe(outgoing)
      },
    )
    onward.once('error', () => outgoing.writeHead(502).end())
    incoming.pipe(onward)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  // A TCP server's address is never a string or null while it listens.
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      server.close()
    },
  }
}

describe('robotrace doctor and what stands in front of the server', () => {
  test.each([
    [
      'trusts nobody',
      {},
      { 'x-forwarded-for': '203.0.113.7', 'x-forwarded-proto': 'http' },
      'problem',
      'ROBOTRACE_TRUSTED_PROXIES=127.0.0.1',
    ],
    [
      'hears of no client',
      { ROBOTRACE_TRUSTED_PROXIES: '127.0.0.1' },
      { 'x-forwarded-proto': 'http' },
      'problem',
      'X-Forwarded-For',
    ],
    [
      'hears the wrong scheme',
      { ROBOTRACE_TRUSTED_PROXIES: '127.0.0.1' },
      { 'x-forwarded-for': '203.0.113.7', 'x-forwarded-proto': 'https' },
      'warning',
      'X-Forwarded-Proto',
    ],
    ['is passed another Host', {}, { host: 'elsewhere.example' }, 'problem', 'proxy_set_header Host'],
    [
      'is told everything',
      { ROBOTRACE_TRUSTED_PROXIES: '127.0.0.1' },
      { 'x-forwarded-for': '203.0.113.7', 'x-forwarded-proto': 'http' },
      'ok',
      undefined,
    ],
  ])('a server that %s: what it sees is told as it is', async (_, env, headers, level, fix) => {
    let port = 0
    await using front = await proxy(() => port, headers)
    await using server = await serving({ PUBLIC_URL: front.url, ...env })
    port = Number(new URL(server.url).port)
    const { about } = await doctor([], { PUBLIC_URL: front.url, ...env })
    const last = about('proxy').at(-1)
    expect(last).toMatchObject({ level })
    if (fix) expect(last?.fix).toContain(fix)
    else expect(last?.message).toContain('this request came from 203.0.113.7')
  })

  test('is asked also while the server is stopped: doctor answers in its place', async () => {
    await (await serving())[Symbol.asyncDispose]()
    const free = createServer()
    await new Promise<void>((resolve) => free.listen(0, '127.0.0.1', resolve))
    const { port } = free.address() as AddressInfo
    await new Promise((resolve) => free.close(resolve))
    await using front = await proxy(() => port, { 'x-forwarded-for': '203.0.113.7' })
    const { about } = await doctor([], { PUBLIC_URL: front.url, PORT: String(port) })
    expect(about('public url')[0]).toMatchObject({
      level: 'ok',
      message: `${front.url} leads to this server.`,
    })
    expect(about('proxy')[0]).toMatchObject({ level: 'problem', fix: 'ROBOTRACE_TRUSTED_PROXIES=127.0.0.1' })
  })

  test('nothing, a stranger, or a second copy at PUBLIC_URL is not taken for this server', async () => {
    await using server = await serving()
    const nothing = await doctor([], { PUBLIC_URL: 'http://127.0.0.1:9' })
    expect(nothing.about('public url')[0]?.message).toContain('does not answer')
    await using stranger = await startTestServer({
      ROBOTRACE_SECRET: 'another secret that is long enough as well',
    })
    const other = await doctor([], { PUBLIC_URL: stranger.url })
    expect(other.about('public url')[0]?.message).toContain('it is not this RoboTrace')
    await using copy = await startTestServer()
    const second = await doctor([], { PUBLIC_URL: copy.url })
    expect(second.about('public url')[0]?.message).toContain('another copy of this RoboTrace')
    const right = await doctor([], { PUBLIC_URL: server.url })
    expect(right.about('public url')[0]).toMatchObject({ level: 'ok' })
  })

  test('without a ticket signed with the secret, /healthz tells nobody anything', async () => {
    await using server = await serving()
    const until = Date.now() + 30_000
    const forged = `${until}.${'0'.repeat(32)}.${'A'.repeat(43)}`
    for (const ticket of ['', 'x', forged]) {
      const answer = await server.fetch('/healthz', { headers: { [TICKET_HEADER]: ticket } })
      expect(await answer.json()).toEqual({ status: 'ok' })
    }
  })
})
