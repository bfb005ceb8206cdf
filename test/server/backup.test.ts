import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { listBackups } from '../../server/backup/layout.ts'
import { backUp, blobsIn, damage, expectEpisodes, inBackup, record, tear } from '../backups.ts'
import { filesOf } from '../episode-requests.ts'
import { startTestServer } from '../harness.ts'
import { operator, scratchFolder } from '../operator-commands.ts'
import { portalClient } from '../portal-client.ts'
import { bearer, tenant } from '../seed.ts'

describe('a backup of a server that is being written to', () => {
  test('has every episode that was acknowledged before it began, with equal bytes, after a restore', async () => {
    using scratch = scratchFolder()
    await using server = await startTestServer({}, { file: true })
    const { api_key } = await tenant(server)
    const before = await record(server, api_key, 5)
    let ingesting = true
    const during = (async () => {
      let many = 0
      while (ingesting) many += (await record(server, api_key, 1)).size
      return many
    })()
    const { blobs } = await backUp(server, scratch.in('backups'))
    ingesting = false
    expect(await during).toBeGreaterThan(0)
    expect(blobs).toMatchObject({ gone: 0, damaged: 0 })

    const restored = await operator(
      server.data,
      'restore',
      scratch.in('backups'),
      '--data',
      scratch.in('back'),
    )
    expect(restored.status, restored.host.text()).toBe(0)
    await using second = await startTestServer({}, { file: true, data: scratch.in('back') })
    await expectEpisodes(second, api_key, before)
    expect((await second.fetch('/healthz')).status).toBe(200)
  })

  test('copies only what is new the second time, and each backup stays whole by itself', async () => {
    using scratch = scratchFolder()
    await using server = await startTestServer({}, { file: true })
    const { api_key } = await tenant(server)
    const early = await record(server, api_key, 3)
    const first = await backUp(server, scratch.in('backups'))
    expect(first.copied.count).toBe(3)
    const inodes = blobsIn(scratch.in('backups')).map((path) => statSync(path).ino)
    const late = await record(server, api_key, 2)
    const second = await backUp(server, scratch.in('backups'))
    expect(second.copied.count).toBe(2)
    expect(second.copied.size_bytes).toBe([...late.values()].reduce((sum, { length }) => sum + length, 0))
    expect(second.blobs.count).toBe(5)
    expect(blobsIn(scratch.in('backups')).map((path) => statSync(path).ino)).toEqual(
      expect.arrayContaining(inodes),
    )
    const args = ['restore', scratch.in('backups'), '--backup', first.name, '--data', scratch.in('back')]
    expect((await operator(server.data, ...args)).status).toBe(0)
    await using old = await startTestServer({}, { file: true, data: scratch.in('back') })
    await expectEpisodes(old, api_key, early)
    const [newest = ''] = late.keys()
    const answer = await old.fetch(`/api/episodes/${newest}`, { headers: bearer(api_key) })
    expect(answer.status).toBe(404)
  })

  test('(1) holds no clear key, password or session of anybody', async () => {
    using scratch = scratchFolder()
    await using server = await startTestServer({}, { file: true })
    const { owner, api_key } = await tenant(server)
    const { key } = await portalClient(server, owner).apiKeys.mintPersonal.mutate({ label: 'laptop' })
    await record(server, api_key, 1)
    const { path } = await backUp(server, scratch.in('backups'))
    const kept = readdirSync(path).map((name) => readFileSync(join(path, name), 'latin1'))
    const session = owner.cookie.split('=')[1] ?? ''
    const secrets = [api_key, key].map((one) => one.slice(one.lastIndexOf('_') + 1))
    expect(kept.join('')).toContain(owner.email)
    for (const secret of [...secrets, owner.password, session]) expect(kept.join('')).not.toContain(secret)
    expect((statSync(path).mode & 0o777).toString(8)).toBe('700')
    for (const name of readdirSync(path)) {
      expect((statSync(join(path, name)).mode & 0o777).toString(8), name).toMatch(/^6[04]0$/)
    }
  })
})

describe('bytes that are not there', () => {
  test('were deleted while the backup was made, or are lost: only the latter is damage', async () => {
    using scratch = scratchFolder()
    await using server = await startTestServer({}, { file: true })
    const { api_key } = await tenant(server)
    const episodes = await record(server, api_key, 3)
    const [lost = '', changed = ''] = await filesOf(server)
    rmSync(lost)
    damage(changed)
    const { status, host, json } = await operator(
      server.data,
      'backup',
      '--to',
      scratch.in('backups'),
      '--json',
    )
    expect(status).toBe(1)
    expect(json()).toMatchObject({ blobs: { count: 1, gone: 0, damaged: 2 } })
    expect(host.stderr()).toContain('is not there')
    expect(host.stderr()).toContain('is not what was uploaded')
    const back = await operator(server.data, 'restore', scratch.in('backups'), '--data', scratch.in('back'))
    expect(back.status).toBe(0)
    expect(back.host.stderr()).toContain('2 files were not there any more')
    expect(episodes.size).toBe(3)
  })
})

describe('an archive', () => {
  test('is one file that has everything, is proved whole, and comes back', async () => {
    using scratch = scratchFolder()
    await using server = await startTestServer({}, { file: true })
    const { api_key } = await tenant(server)
    const episodes = await record(server, api_key, 4)
    await backUp(server, scratch.in('all.tar'))
    expect(readdirSync(scratch.path)).toEqual(['all.tar'])
    const entries = execFileSync('tar', ['-tf', scratch.in('all.tar')], { encoding: 'utf8' })
      .trim()
      .split('\n')
    expect(entries.at(-1)).toBe('manifest.json')
    expect(entries.filter((name) => name.startsWith('blobs/')).length).toBe(4)
    const verdict = await operator(server.data, 'verify-backup', scratch.in('all.tar'))
    expect(verdict.status, verdict.host.text()).toBe(0)
    const back = await operator(server.data, 'restore', scratch.in('all.tar'), '--data', scratch.in('back'))
    expect(back.status, back.host.text()).toBe(0)
    await using second = await startTestServer({}, { file: true, data: scratch.in('back') })
    await expectEpisodes(second, api_key, episodes)
  })

  test('is not written over, and a torn or changed one is refused and says where', async () => {
    using scratch = scratchFolder()
    await using server = await startTestServer({}, { file: true })
    const { api_key } = await tenant(server)
    const [[, video = ''] = []] = [...(await record(server, api_key, 1))]
    const file = scratch.in('all.tar')
    await backUp(server, file)
    const whole = readFileSync(file)
    const again = await operator(server.data, 'backup', '--to', file)
    expect(again.status).toBe(1)
    expect(again.host.stderr()).toContain('is there already')

    const torn = scratch.in('torn.tar')
    writeFileSync(torn, whole.subarray(0, whole.length - 4096))
    const changed = scratch.in('changed.tar')
    const at = whole.indexOf(video)
    const bytes = Buffer.from(whole)
    bytes.write('V', at)
    writeFileSync(changed, bytes)
    for (const [path, says] of [
      [torn, /is torn/],
      [changed, /blobs\/.*episodes\/.* was changed/],
    ] as const) {
      const verdict = await operator(server.data, 'verify-backup', path)
      expect(verdict.status).toBe(1)
      expect(verdict.host.text()).toMatch(says)
      const back = await operator(server.data, 'restore', path, '--data', scratch.in('back'))
      expect(back.status).toBe(1)
      expect(back.host.text()).toMatch(says)
    }
    expect(readdirSync(scratch.path).sort()).toEqual(['all.tar', 'changed.tar', 'torn.tar'])
  })
})

describe('robotrace verify-backup', () => {
  test.each([
    ['a changed blob', (folder: string) => damage(blobsIn(folder)[0] ?? ''), 'was changed: its hash differs'],
    ['a missing blob', (folder: string) => rmSync(blobsIn(folder)[0] ?? ''), 'is missing'],
    [
      'a changed database',
      (folder: string) => damage(inBackup(folder, 'robotrace.db')),
      'robotrace.db was changed',
    ],
    [
      'a changed list',
      (folder: string) => damage(inBackup(folder, 'blobs.ndjson')),
      'blobs.ndjson was changed',
    ],
    ['a torn manifest', (folder: string) => tear(inBackup(folder, 'manifest.json')), 'is torn'],
  ])('finds %s', async (_, harm, says) => {
    using scratch = scratchFolder()
    await using server = await startTestServer({}, { file: true })
    const { api_key } = await tenant(server)
    await record(server, api_key, 2)
    await backUp(server, scratch.in('backups'))
    expect((await operator(server.data, 'verify-backup', scratch.in('backups'))).status).toBe(0)
    harm(scratch.in('backups'))
    const { status, host } = await operator(server.data, 'verify-backup', scratch.in('backups'))
    expect(status).toBe(1)
    expect(host.text()).toContain(says)
  })

  test('a changed blob that the server still has comes back whole once it is removed', async () => {
    using scratch = scratchFolder()
    await using server = await startTestServer({}, { file: true })
    const { api_key } = await tenant(server)
    await record(server, api_key, 1)
    await backUp(server, scratch.in('backups'))
    rmSync(blobsIn(scratch.in('backups'))[0] ?? '')
    expect((await backUp(server, scratch.in('backups'))).copied.count).toBe(1)
    expect((await operator(server.data, 'verify-backup', scratch.in('backups'))).status).toBe(0)
  })
})

describe('the secret', () => {
  test('is in the backup for nobody else to read, and out of it with --without-secret; each is said', async () => {
    using scratch = scratchFolder()
    await using server = await startTestServer({ ROBOTRACE_SECRET: '' }, { file: true })
    const { host } = await operator(server.data, 'backup', '--to', scratch.in('with'))
    expect(host.stderr()).toContain('The secret is in it')
    const path = inBackup(scratch.in('with'), 'secret')
    expect(readFileSync(path, 'utf8')).toBe(readFileSync(join(server.data, 'secret'), 'utf8'))
    expect(statSync(path).mode & 0o777).toBe(0o600)
    const without = await operator(server.data, 'backup', '--to', scratch.in('without'), '--without-secret')
    expect(without.host.stderr()).toContain('The secret is not in it')
    const [folder = ''] = readdirSync(scratch.in('without')).filter((name) => name.startsWith('2'))
    expect(readdirSync(join(scratch.in('without'), folder)).sort()).toEqual([
      'blobs.ndjson',
      'manifest.json',
      'robotrace.db',
    ])
    const back = await operator(server.data, 'restore', scratch.in('without'), '--data', scratch.in('back'))
    expect(back.host.stderr()).toContain('This backup has no secret')
  })
})

describe('a folder of backups', () => {
  test('lists what is finished and nothing else', async () => {
    using scratch = scratchFolder()
    await using server = await startTestServer({}, { file: true })
    const { name } = await backUp(server, scratch.in('backups'))
    const other = join(scratch.in('backups'), '2020-01-01T00-00-00.000Z')
    renameSync(join(scratch.in('backups'), name), other)
    rmSync(join(other, 'manifest.json'))
    const second = await backUp(server, scratch.in('backups'))
    expect((await listBackups(scratch.in('backups'))).map((one) => one.name)).toEqual([second.name])
    const { host } = await operator(server.data, 'backup', '--to', scratch.in('backups'), '--list')
    expect(host.stdout()).toMatch(new RegExp(`^${second.name}  .* 0 files  RoboTrace \\d`))
  })

  test('is not the data folder, nor inside of it', async () => {
    await using server = await startTestServer({}, { file: true })
    using scratch = scratchFolder()
    symlinkSync(server.data, scratch.in('link'))
    const inside = join(server.data, 'blobs', 'here')
    for (const to of [server.data, inside, scratch.in('link'), scratch.in('link/blobs/here')]) {
      const { status, host } = await operator(server.data, 'backup', '--to', to)
      expect(status).toBe(1)
      expect(host.stderr()).toContain('inside of the data folder')
    }
  })
})
