import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Sqlite from 'better-sqlite3'
import { describe, expect, test } from 'vitest'
import { recordEvent } from '../../server/audit/audit.ts'
import type { AuditEventsTable } from '../../server/db/schema.gen.ts'
import { apiToken } from '../api-token.ts'
import { startTestServer, type TestServer } from '../harness.ts'
import { person, tenant } from '../seed.ts'
import { makeHome } from './home.ts'

const HEAD = /^Head: (\d+:[0-9a-f]{64})$/m

/** `robotrace admin audit verify`, asking this server as its staff. */
async function verify(server: TestServer, flags = '', who?: { token: string }) {
  using home = makeHome()
  const token = who?.token ?? (await staffToken(server))
  const env = { REROBOTS_API_TOKEN: token, ROBOTRACE_BASE_URL: server.url }
  const { status, host } = await home.robotrace(`admin audit verify${flags ? ` ${flags}` : ''}`, { env })
  return { status, out: host.stdout(), err: host.stderr() }
}

async function staffToken(server: TestServer): Promise<string> {
  return apiToken(server, await person(server, { staff: true, name: 'Sam Staff' }))
}

/** One event with something in every column. */
async function record(server: TestServer, organization_id: string): Promise<void> {
  await server.ctx.db.transaction().execute((trx) =>
    recordEvent(trx, server.ctx.now().toISOString(), {
      action: 'api_key.renamed',
      actor: {
        kind: 'person',
        id: 'acc_00000000000000000000',
        credential_id: 'ses_00000000000000000000',
        request_id: 'req_00000000000000000000',
        ip: '192.0.2.7',
        user_agent: 'Mozilla/5.0 (X11; Linux x86_64)',
      },
      organization_id,
      target: '8a4f01c2b3',
      detail: { from: 'rig', to: 'prod rig' },
    }),
  )
}

test('an untouched trail: exit 0, how many events, and the head for the next check', async () => {
  await using server = await startTestServer()
  await tenant(server)
  await tenant(server)
  const first = await verify(server)
  expect(first).toMatchObject({ status: 0, err: '' })
  expect(first.out).toContain('✓ 3 events in order, none changed.')
  const head = HEAD.exec(first.out)?.[1] ?? ''
  expect(head).toMatch(/^3:/)
  const second = await verify(server, `--head ${head}`)
  expect(second.out).toContain('✓ The noted head is still part of it.')
  expect(second.status).toBe(0)
  const json = await verify(server, '--json')
  expect(JSON.parse(json.out)).toMatchObject({ intact: true, rows: 5, broken: null })
})

/** A token is good for one address; with a port that changes it would not outlive the restart. */
const HERE = { PUBLIC_URL: 'http://localhost:9000' }

const COLUMNS: (keyof AuditEventsTable)[] = [
  'seq',
  'id',
  'at',
  'action',
  'outcome',
  'actor_kind',
  'actor_id',
  'credential_id',
  'organization_id',
  'target',
  'ip',
  'user_agent',
  'request_id',
  'detail',
  'previous_hash',
  'hash',
]

describe('(75) one byte of the database file is another one', () => {
  test.each(COLUMNS)('in %s: exit 1, and the event is named', async (column) => {
    const data = mkdtempSync(join(tmpdir(), 'robotrace-flip-'))
    try {
      const token = await fillFile(data)
      flip(join(data, 'robotrace.db'), column)
      await using server = await startTestServer(HERE, { file: true, data })
      const { status, out } = await verify(server, '', { token })
      expect(status).toBe(1)
      expect(out).toContain('✗ The audit trail is broken: ')
      expect(out).toContain(column === 'seq' ? 'event 3 is missing' : 'event 3 was changed')
      expect(out).toContain('2 events before that are in order.')
    } finally {
      rmSync(data, { recursive: true })
    }
  })
})

/** A file with a few events; the third is the one with something in every column. */
async function fillFile(data: string): Promise<string> {
  await using server = await startTestServer(HERE, { file: true, data })
  const { organization_id } = await tenant(server)
  await tenant(server)
  await record(server, organization_id)
  await tenant(server)
  return await staffToken(server)
}

/** Finds the row in the file by its own bytes, one column after the other, and changes one bit of one of them. */
function flip(file: string, column: keyof AuditEventsTable): void {
  const row = readRow(file)
  const bytes = readFileSync(file)
  const texts = COLUMNS.filter((name) => name !== 'seq').map((name) => String(row[name]))
  const start = bytes.indexOf(texts.join(''))
  expect(start).toBeGreaterThan(0)
  const before = COLUMNS.indexOf(column) - 1
  const at = column === 'seq' ? start - 1 : start + texts.slice(0, before).join('').length
  bytes[at] = (bytes[at] ?? 0) ^ (column === 'seq' ? 64 : 1)
  writeFileSync(file, bytes)
  if (column !== 'seq') return
  // The number stands in its index as well, where it is read from: whoever forges one forges both.
  const sqlite = new Sqlite(file)
  sqlite.exec('REINDEX audit_events')
  sqlite.close()
}

function readRow(file: string): Record<string, unknown> {
  const sqlite = new Sqlite(file)
  // What is still beside the file has to be in it.
  sqlite.pragma('wal_checkpoint(TRUNCATE)')
  const row = sqlite.prepare<[], Record<string, unknown>>('SELECT * FROM audit_events WHERE seq = 3').get()
  sqlite.close()
  return row ?? {}
}

describe('(75) an export with another row in it, or one less', () => {
  const lines = async (server: TestServer): Promise<string[]> => {
    const answer = await server.fetch('/api/v1/admin/audit', {
      headers: { Authorization: `Bearer ${await staffToken(server)}` },
    })
    return (await answer.text()).trimEnd().split('\n')
  }

  /** The lines a server would export, changed, and what the command says of them. */
  async function changed(change: (lines: string[]) => string[], flags = '') {
    await using server = await startTestServer()
    for (let nth = 0; nth < 4; nth++) await tenant(server)
    const text = change(await lines(server)).join('\n')
    using home = makeHome()
    const file = join(home.folder, 'audit.ndjson')
    writeFileSync(file, text)
    const { status, host } = await home.robotrace(`admin audit verify ${file}${flags}`)
    return { status, out: host.stdout() }
  }

  test('as it was exported: exit 0', async () => {
    expect(await changed((all) => all)).toMatchObject({ status: 0, out: expect.stringContaining('5 events') })
    expect((await changed((all) => [...all.map((line) => `${line}\r`), ''])).status).toBe(0)
  })

  test.each<[string, (lines: string[]) => string[], string]>([
    ['the second is missing', (all) => all.filter((_, nth) => nth !== 1), 'event 2 is missing'],
    ['the first is missing', (all) => all.slice(1), 'event 1 is missing'],
    ['three are missing', (all) => [...all.slice(0, 1), ...all.slice(4)], 'events 2 to 4 are missing'],
    ['one stands twice', (all) => [...all.slice(0, 2), ...all.slice(1)], 'the order was changed'],
    [
      'two have changed places',
      ([a, b, c, ...rest]) => [a ?? '', c ?? '', b ?? '', ...rest],
      'event 2 is missing',
    ],
    [
      'one was inserted',
      (all) => [...all.slice(0, 2), forged(all[1]), ...all.slice(2)],
      'event 4 comes after|does not follow|order was changed',
    ],
    [
      'one was replaced',
      (all) => [...all.slice(0, 2), forged(all[1]), ...all.slice(3)],
      'event 4 does not follow event 3',
    ],
    ['a line is cut short', (all) => [...all.slice(0, 3), all[3]?.slice(0, 80) ?? ''], 'a line is no event'],
  ])('%s: exit 1', async (_what, change, sentence) => {
    const { status, out } = await changed(change)
    expect(status).toBe(1)
    expect(out).toMatch(new RegExp(sentence))
  })

  test('the end is missing: only the head that was noted tells', async () => {
    let head = ''
    const cut = (all: string[]): string[] => {
      head = JSON.parse(all.at(-1) ?? '').hash
      return all.slice(0, -1)
    }
    expect((await changed(cut)).status).toBe(0)
    await using server = await startTestServer()
    for (let nth = 0; nth < 4; nth++) await tenant(server)
    const all = await lines(server)
    cut(all)
    using home = makeHome()
    const file = join(home.folder, 'audit.ndjson')
    writeFileSync(file, all.slice(0, -1).join('\n'))
    const short = await home.robotrace(`admin audit verify ${file} --head 5:${head}`)
    expect(short.status).toBe(1)
    expect(short.host.stdout()).toContain('before the noted event 5: its end was cut off')
    const other = await home.robotrace(`admin audit verify ${file} --head 4:${'0'.repeat(64)}`)
    expect(other.status).toBe(1)
    expect(other.host.stdout()).toContain('event 4 is not the one whose hash was noted')
  })
})

/** An event that was never written, with hashes that fit everything before it. */
function forged(before = ''): string {
  const { hash, ...row } = JSON.parse(before)
  const members = { ...row, seq: row.seq + 1, action: 'role.raised', previous_hash: hash }
  return JSON.stringify({ ...members, hash: sha256(JSON.stringify(Object.values(members))) })
}

describe('when nothing can be checked', () => {
  test('exit 2 for a file that is not there, a head that is none, and a server that does not answer', async () => {
    using home = makeHome()
    for (const line of [
      'admin audit verify nowhere.ndjson',
      'admin audit verify x --head 5',
      'admin audit',
      'admin',
    ]) {
      const { status, host } = await home.robotrace(line)
      expect(status, line).toBe(2)
      expect(host.stderr(), line).toMatch(/^Error: .+\nTry: /)
    }
    const env = { ROBOTRACE_API_KEY: 'x', ROBOTRACE_BASE_URL: 'http://127.0.0.1:1' }
    expect((await home.robotrace('admin audit verify', { env })).status).toBe(2)
  })

  test('exit 2 and the server’s sentence for somebody who is not staff; 4 for nobody', async () => {
    await using server = await startTestServer()
    const { api_key, owner } = await tenant(server)
    const own = await verify(server, '', { token: await apiToken(server, owner) })
    expect(own).toMatchObject({ status: 2, err: expect.stringContaining('Not enough permissions') })
    expect((await verify(server, '', { token: api_key })).err).toContain('This is for people.')
    using home = makeHome()
    expect((await home.robotrace('admin audit verify')).status).toBe(4)
  })
})

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
