import { createHash } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import Sqlite from 'better-sqlite3'
import { pack } from 'tar-stream'
import { expect, test } from 'vitest'
import { hashFile } from '../../server/backup/copy-file.ts'
import { blobPath, listBackups, type Manifest, sealManifest } from '../../server/backup/layout.ts'
import { withVideo } from '../episode-requests.ts'
import { startTestServer } from '../harness.ts'
import { operator, scratchFolder } from '../operator-commands.ts'
import { tenant } from '../seed.ts'

// A manifest's own hash shows what has gone wrong, not who wrote it: anybody can seal one. What comes from somebody
// else must not be able to put a file anywhere but into the new data folder.

type Scratch = ReturnType<typeof scratchFolder>

/** A whole backup with one video, in `backups`. */
async function backedUp(scratch: Scratch): Promise<{ root: string; name: string; manifest: Manifest }> {
  await using server = await startTestServer({}, { file: true })
  const { api_key } = await tenant(server)
  await withVideo(server, api_key, 'video')
  const root = scratch.in('backups')
  expect((await operator(server.data, 'backup', '--to', root)).status).toBe(0)
  const [only] = await listBackups(root)
  if (!only?.manifest) throw new Error('no backup was made')
  return { root, name: only.name, manifest: only.manifest }
}

async function seal(folder: string, manifest: Manifest, more: Manifest['files'] = {}): Promise<void> {
  const files: Manifest['files'] = { ...manifest.files, ...more }
  for (const name of Object.keys(manifest.files)) files[name] = await hashFile(join(folder, name))
  await writeFile(join(folder, 'manifest.json'), sealManifest({ ...manifest, files }))
}

/** Everything that is below a folder, so that what has got out shows. */
async function below(folder: string): Promise<string[]> {
  return (await readdir(folder, { recursive: true })).sort()
}

async function expectRefused(scratch: Scratch, from: string, says: RegExp): Promise<void> {
  await mkdir(scratch.in('new'), { recursive: true })
  const before = await below(scratch.path)
  const back = await operator(scratch.in('new/data'), 'restore', from)
  expect(back.host.stderr()).toMatch(says)
  expect(back.status).toBe(1)
  expect(await below(scratch.path)).toEqual(before)
  const verdict = await operator(scratch.in('new/data'), 'verify-backup', from)
  expect(verdict.status).toBe(1)
  expect(verdict.host.text()).toMatch(says)
}

test('a manifest that names a file outside of its backup is not believed', async () => {
  using scratch = scratchFolder()
  const { root, name, manifest } = await backedUp(scratch)
  const planted = join(root, 'planted')
  await writeFile(planted, 'ssh-ed25519 AAAA mallory')
  const more = { '../planted': await hashFile(planted) }
  await seal(join(root, name), manifest, more)
  await expectRefused(scratch, root, /of a kind this RoboTrace does not know/)
})

test('a manifest that leaves the database out is not believed, and never called whole', async () => {
  using scratch = scratchFolder()
  const { root, name, manifest } = await backedUp(scratch)
  await writeFile(join(root, name, 'manifest.json'), sealManifest({ ...manifest, files: {} }))
  await expectRefused(scratch, root, /of a kind this RoboTrace does not know/)
})

/** Lets the one artifact's row name a file of another place. */
function rename(database: string, key: string): void {
  const rows = new Sqlite(database)
  for (const trigger of rows
    .prepare<[], string>("SELECT name FROM sqlite_master WHERE type = 'trigger'")
    .pluck()
    .all())
    rows.exec(`DROP TRIGGER "${trigger}"`)
  expect(rows.prepare('UPDATE artifacts SET blob_key = ?').run(key).changes).toBe(1)
  rows.close()
}

test('a row that names a file outside of the data folder is refused, in a folder and in an archive', async () => {
  using scratch = scratchFolder()
  const { root, name, manifest } = await backedUp(scratch)
  const folder = join(root, name)
  const out = '../../../../planted'
  rename(join(folder, 'robotrace.db'), out)
  await seal(folder, manifest)
  await expectRefused(scratch, root, /named outside of the backup/)

  const archive = scratch.in('all.tar')
  const entries = pack()
  const written = pipeline(entries, createWriteStream(archive))
  const video = blobPath(root, createHash('sha256').update('video').digest('hex'))
  for (const [entry, path] of [
    ['robotrace.db', join(folder, 'robotrace.db')],
    [`blobs/${out}`, video],
    ['blobs.ndjson', join(folder, 'blobs.ndjson')],
    ['manifest.json', join(folder, 'manifest.json')],
  ] as const)
    entries.entry({ name: entry }, await readFile(path))
  entries.finalize()
  await written
  await expectRefused(scratch, archive, /names a file outside of the backup/)
})
