import {
  chownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { verifyChain } from '../../cli/admin/chain.ts'
import { claimFolder } from '../../server/db/data-folder.ts'
import { backUp, blobsIn, damage, inBackup, record } from '../backups.ts'
import { start } from '../episode-requests.ts'
import { startTestServer } from '../harness.ts'
import { operator, scratchFolder } from '../operator-commands.ts'
import { portalClient } from '../portal-client.ts'
import { bearer, person, tenant } from '../seed.ts'

/** Into `data` what was backed up into `backups`. */
function restore(
  server: { data: string },
  scratch: ReturnType<typeof scratchFolder>,
  data = scratch.in('back'),
  ...flags: string[]
) {
  return operator(server.data, 'restore', scratch.in('backups'), '--data', data, ...flags)
}

describe('(78) after a restore', () => {
  test('a revoked key stays revoked, the audit trail holds and says that it was restored', async () => {
    using scratch = scratchFolder()
    await using server = await startTestServer({}, { file: true })
    const { owner, api_key, api_key_id, organization_id } = await tenant(server)
    const { key: kept } = await portalClient(server, owner).apiKeys.mint.mutate({
      organization_id,
      label: 'kept',
    })
    await portalClient(server, owner).apiKeys.revoke.mutate({ id: api_key_id })
    const { name } = await backUp(server, scratch.in('backups'))
    await restore(server, scratch)
    await using second = await startTestServer({}, { file: true, data: scratch.in('back') })
    const asked = (key: string) => second.fetch('/api/whoami', { headers: bearer(key) })
    expect((await asked(api_key)).status).toBe(401)
    expect((await asked(kept)).status).toBe(200)
    const rows = await second.ctx.db.selectFrom('audit_events').selectAll().orderBy('seq').execute()
    const lines = rows.map((row) => JSON.stringify(row))
    expect((await verifyChain(asLines(lines), undefined)).broken).toBeUndefined()
    expect(rows.at(-1)).toMatchObject({
      action: 'installation.restored',
      actor_kind: 'operator',
      target: name,
    })
  })

  test('everybody signs in again, unless --keep-sessions says that nothing was revoked since', async () => {
    using scratch = scratchFolder()
    await using server = await startTestServer({}, { file: true })
    const somebody = await person(server)
    await backUp(server, scratch.in('backups'))
    const answers: Record<string, number> = {}
    for (const flag of ['--quiet', '--keep-sessions']) {
      const data = scratch.in(flag)
      await restore(server, scratch, data, flag)
      await using second = await startTestServer({}, { file: true, data })
      const answer = await second.fetch('/trpc/notices.list', { headers: { Cookie: somebody.cookie } })
      answers[flag] = answer.status
    }
    expect(answers).toEqual({ '--quiet': 401, '--keep-sessions': 200 })
  })

  test('what was revoked after the backup cannot be known, and the output says so', async () => {
    using scratch = scratchFolder()
    await using server = await startTestServer({}, { file: true })
    const { owner, api_key_id } = await tenant(server)
    const { at } = await backUp(server, scratch.in('backups'))
    await portalClient(server, owner).apiKeys.revoke.mutate({ id: api_key_id })
    const { host } = await restore(server, scratch)
    expect(host.stderr()).toContain(
      `What was revoked or changed after ${at} cannot be known. Good again: 1 API key.`,
    )
  })
})

describe('a restore', () => {
  async function prepared(scratch: {
    in: (name: string) => string
  }): Promise<{ data: string } & AsyncDisposable> {
    const server = await startTestServer({}, { file: true })
    const { api_key } = await tenant(server)
    await record(server, api_key, 2)
    await start(server, api_key)
    await backUp(server, scratch.in('backups'))
    return server
  }

  test.each([
    ['a blob', (folder: string) => blobsIn(folder)[0] ?? ''],
    ['the database', (folder: string) => inBackup(folder, 'robotrace.db')],
    ['the list of blobs', (folder: string) => inBackup(folder, 'blobs.ndjson')],
    ['the manifest', (folder: string) => inBackup(folder, 'manifest.json')],
  ])('refuses a backup in which %s was changed, and leaves nothing behind', async (_, pathOf) => {
    using scratch = scratchFolder()
    await using server = await prepared(scratch)
    damage(pathOf(scratch.in('backups')))
    const { status, host } = await restore(server, scratch)
    expect(status, host.text()).toBe(1)
    expect(host.stderr()).toMatch(/Error: .*(manifest|hash)/)
    expect(readdirSync(scratch.path)).toEqual(['backups'])
  })

  test('goes into an empty place only, and names what stands in a place that is not', async () => {
    using scratch = scratchFolder()
    await using server = await prepared(scratch)
    writeFileSync(scratch.in('notes.txt'), 'mine')
    const { status, host } = await restore(server, scratch, scratch.path)
    expect(status).toBe(1)
    expect(host.stderr()).toMatch(/is not empty: it has .*notes\.txt/)
    expect(readFileSync(scratch.in('notes.txt'), 'utf8')).toBe('mine')
  })

  test('is refused where a server runs', async () => {
    using scratch = scratchFolder()
    await using server = await prepared(scratch)
    const { status, host } = await operator(server.data, 'restore', scratch.in('backups'))
    expect(status).toBe(1)
    expect(host.stderr()).toContain(`Another RoboTrace is running on ${server.data}`)
  })

  test('of a backup with a newer schema names the version that can read it', async () => {
    using scratch = scratchFolder()
    await using server = await startTestServer({}, { file: true })
    await server.ctx.db
      .insertInto('schema_versions')
      .values({ version: 99, written_by: '9.1.0', applied_at: '2030-01-01T00:00:00.000Z' })
      .execute()
    await backUp(server, scratch.in('backups'))
    const { status, host } = await restore(server, scratch)
    expect(status).toBe(1)
    expect(host.stderr()).toContain('Start RoboTrace 9.1.0 or newer')
    expect(readdirSync(scratch.path)).toEqual(['backups'])
  })

  test('into a link makes what it leads to the data folder', async () => {
    using scratch = scratchFolder()
    await using server = await prepared(scratch)
    mkdirSync(scratch.in('disk'))
    symlinkSync(scratch.in('disk'), scratch.in('link'))
    const back = await restore(server, scratch, scratch.in('link'))
    expect(back.status, back.host.text()).toBe(0)
    expect(readdirSync(scratch.in('disk'))).toContain('robotrace.db')
    expect(readdirSync(scratch.path).sort()).toEqual(['backups', 'disk', 'link'])
  })

  test('does not take away what another one is moving in just now', async () => {
    using scratch = scratchFolder()
    await using server = await prepared(scratch)
    const data = scratch.in('data')
    mkdirSync(join(data, '.restoring'), { recursive: true })
    mkdirSync(join(data, 'blobs'))
    writeFileSync(join(data, 'blobs', 'moved'), 'first')
    const release = claimFolder(join(data, '.restoring'))
    const { status, host } = await restore(server, scratch, data)
    expect(status).toBe(1)
    expect(host.stderr()).toContain('Another restore into')
    expect(readFileSync(join(data, 'blobs', 'moved'), 'utf8')).toBe('first')
    release?.()
    expect((await restore(server, scratch, data)).status).toBe(0)
    expect(readdirSync(data).sort()).toEqual(['blobs', 'robotrace.db'])
  })

  test('belongs afterwards to whom the empty folder belonged, also when root does it', async () => {
    using scratch = scratchFolder()
    await using server = await prepared(scratch)
    const isRoot = process.getuid?.() === 0
    const uid = isRoot ? 12_345 : (process.getuid?.() ?? 0)
    for (const data of [scratch.in('plain'), scratch.in('mounted')]) {
      mkdirSync(data)
      // As on a disk of its own, where things arrive inside.
      if (data.endsWith('mounted')) mkdirSync(join(data, 'lost+found'))
      if (isRoot) chownSync(data, uid, uid)
      expect((await restore(server, scratch, data)).status).toBe(0)
      const all = readdirSync(data, { recursive: true, encoding: 'utf8' }).filter(
        (name) => name !== 'lost+found',
      )
      expect(all).toContain('robotrace.db')
      for (const name of all) expect(statSync(join(data, name)).uid, name).toBe(uid)
    }
  })

  test('goes into a folder that is there and empty as well', async () => {
    using scratch = scratchFolder()
    using empty = scratchFolder()
    await using server = await prepared(scratch)
    expect((await restore(server, scratch, empty.path)).status).toBe(0)
    expect(readdirSync(empty.path).sort()).toEqual(['blobs', 'robotrace.db'])
  })
})

async function* asLines(lines: string[]): AsyncGenerator<string> {
  yield* lines
}
