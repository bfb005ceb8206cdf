import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { copyHashed } from '../../server/backup/copy-file.ts'
import { unreadable } from '../../server/backup/left-out.ts'
import { backUp, blobsIn, damage, expectEpisodes, inBackup, record } from '../backups.ts'
import { read, signedGet } from '../episode-requests.ts'
import { startTestServer, type TestServer } from '../harness.ts'
import { operator, scratchFolder } from '../operator-commands.ts'
import { tenant } from '../seed.ts'

interface Prepared {
  key: string
  organization_id: string
  /** By its id, what each episode's video holds. */
  episodes: Map<string, string>
}

async function prepare(server: TestServer, to: string): Promise<Prepared> {
  const { api_key: key, organization_id } = await tenant(server)
  const episodes = await record(server, key, 3)
  await backUp(server, to)
  return { key, organization_id, episodes }
}

/** The first episode, taken out of the others. */
function takeOne(episodes: Map<string, string>): string {
  const [id = ''] = episodes.keys()
  episodes.delete(id)
  return id
}

/** Where the folder of backups has an episode's video. */
function blobOf(folder: string, bytes: string): string {
  const found = blobsIn(folder).find((path) => readFileSync(path, 'utf8') === bytes)
  if (found === undefined) throw new Error('The backup has no such bytes.')
  return found
}

const CUT = [
  ['was changed', damage, /was changed/],
  ['is gone', (path: string) => rmSync(path), /is missing/],
  ['cannot be read', (path: string) => inTheWay(path), /cannot be read \(EISDIR\)/],
  ['is a link', (path: string) => asLink(path), /cannot be read \(ELOOP\)/],
] as const

function inTheWay(path: string): void {
  rmSync(path)
  mkdirSync(path)
}

function asLink(path: string): void {
  rmSync(path)
  symlinkSync('/etc/hostname', path)
}

describe('a backup in which one file is damaged', () => {
  test.each(CUT)(
    '(it %s) comes back without that file when asked to, says which it is, and says it again later',
    async (_, harm, says) => {
      using scratch = scratchFolder()
      await using server = await startTestServer({}, { file: true })
      const { key, organization_id, episodes } = await prepare(server, scratch.in('backups'))
      const [[lost = '', bytes = ''] = []] = [...episodes]
      harm(blobOf(scratch.in('backups'), bytes))
      const from = ['restore', scratch.in('backups'), '--data', scratch.in('back')]

      const refused = await operator(server.data, ...from)
      expect(refused.status).toBe(1)
      expect(refused.host.stderr()).toMatch(says)
      expect(refused.host.stderr()).toContain('--skip-damaged')
      expect(readdirSync(scratch.path)).toEqual(['backups'])

      const { status, host } = await operator(server.data, ...from, '--skip-damaged', '--quiet')
      expect(status, host.text()).toBe(0)
      expect(host.stderr()).toContain('1 file')
      expect(host.stderr()).toMatch(new RegExp(`- ${lost} video \\(episodes/.*${says.source}`))

      takeOne(episodes)
      await using second = await startTestServer({}, { file: true, data: scratch.in('back') })
      await expectEpisodes(second, key, episodes)
      // The row says what was there; the bytes are told to be missing by whoever is asked.
      expect((await read(second, key, lost)).status).toBe('ready')
      expect((await fetch(await signedGet(second, key, lost))).status).toBe(404)
      await second.ctx.background.drain()
      const found = second.ctx.findings.missing.get(organization_id)
      expect(found).toMatchObject({ n: 1, first: [{ of: lost, because: 'gone' }] })
      const { host: doctor } = await operator(scratch.in('back'), 'doctor', '--json')
      expect(doctor.stdout()).toContain(`of ${lost} is gone`)
      const { detail } = await second.ctx.db
        .selectFrom('audit_events')
        .select('detail')
        .where('action', '=', 'installation.restored')
        .executeTakeFirstOrThrow()
      expect(JSON.parse(detail ?? '')).toMatchObject({ left_out: 1 })
    },
  )

  test('as an archive, comes back without that file when asked to', async () => {
    using scratch = scratchFolder()
    await using server = await startTestServer({}, { file: true })
    const { key, episodes } = await prepare(server, scratch.in('all.tar'))
    const [[lost = '', bytes = ''] = []] = [...episodes]
    const whole = readFileSync(scratch.in('all.tar'))
    whole.write('V', whole.indexOf(bytes))
    writeFileSync(scratch.in('all.tar'), whole)
    const from = ['restore', scratch.in('all.tar'), '--data', scratch.in('back'), '--json']
    expect((await operator(server.data, ...from)).status).toBe(1)
    const { status, json } = await operator(server.data, ...from, '--skip-damaged')
    expect(status).toBe(0)
    expect(json()).toMatchObject({
      left_out: { count: 1, first: [{ of: lost, artifact: 'video' }], files: [] },
    })
    takeOne(episodes)
    await using second = await startTestServer({}, { file: true, data: scratch.in('back') })
    await expectEpisodes(second, key, episodes)
    expect((await fetch(await signedGet(second, key, lost))).status).toBe(404)
  })

  test.each(['secret', 'blobs.ndjson'])('(its %s) comes back without it when asked to', async (name) => {
    using scratch = scratchFolder()
    await using server = await startTestServer({}, { file: true })
    writeFileSync(join(server.data, 'secret'), 'x'.repeat(64), { mode: 0o600 })
    const { key, episodes } = await prepare(server, scratch.in('backups'))
    damage(inBackup(scratch.in('backups'), name))
    const from = ['restore', scratch.in('backups'), '--data', scratch.in('back'), '--json']
    expect((await operator(server.data, ...from)).status).toBe(1)
    const { status, host, json } = await operator(server.data, ...from, '--skip-damaged')
    expect(status, host.text()).toBe(0)
    expect(json()).toMatchObject({ left_out: { count: 0, files: [name] }, secret: name !== 'secret' })
    expect(host.stderr()).toContain(`${name} of the backup is damaged and was left out`)
    await using second = await startTestServer({}, { file: true, data: scratch.in('back') })
    await expectEpisodes(second, key, episodes)
  })

  test('(its database) is refused also then, in a folder and in an archive: there is nothing to go by', async () => {
    using scratch = scratchFolder()
    await using server = await startTestServer({}, { file: true })
    await prepare(server, scratch.in('backups'))
    await operator(server.data, 'backup', '--to', scratch.in('all.tar'))
    damage(inBackup(scratch.in('backups'), 'robotrace.db'))
    const whole = readFileSync(scratch.in('all.tar'))
    // Past the entry's header, so that the archive itself stays readable.
    whole.fill(0xff, whole.indexOf('SQLite format 3') + 4096, whole.indexOf('SQLite format 3') + 8192)
    writeFileSync(scratch.in('all.tar'), whole)
    for (const name of ['backups', 'all.tar']) {
      const from = ['restore', scratch.in(name), '--data', scratch.in('back'), '--skip-damaged']
      const { status, host } = await operator(server.data, ...from)
      expect(status).toBe(1)
      expect(host.stderr()).toMatch(/robotrace\.db .*was changed/)
      expect(readdirSync(scratch.path).sort()).toEqual(['all.tar', 'backups'])
    }
  })

  test('is to blame for what cannot be read from it, not for a place that cannot be written to', async () => {
    using scratch = scratchFolder()
    writeFileSync(scratch.in('whole'), 'bytes')
    const why = (from: string, to: string) =>
      copyHashed(scratch.in(from), scratch.in(to)).then(
        () => 'nothing',
        (error: unknown) => unreadable(error, scratch.in(to)),
      )
    expect(await why('whole', 'copy')).toBe('nothing')
    expect(await why('missing', 'other')).toBe('is missing')
    expect(await why('whole', 'no such folder/copy')).toBeUndefined()
  })
})
