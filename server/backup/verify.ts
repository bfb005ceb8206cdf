import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type Sqlite from 'better-sqlite3'
import { codeOf } from '../db/errors.ts'
import { absentBlobs, readBlobList } from './blob-list.ts'
import { hashFile } from './copy-file.ts'
import { inParallel } from './in-parallel.ts'
import { BLOB_LIST, BLOBS, blobPath, DATABASE, type Manifest, type Report } from './layout.ts'
import { leadsNowhereElse, type NamedBlob, namedBlobs } from './named-blobs.ts'
import { readArchive } from './read-archive.ts'
import { opened } from './snapshot.ts'
import { type FolderBackup, findBackup } from './source.ts'

export interface VerifyWish {
  from: string
  name?: string | undefined
  /** Where an archive's database is put to look at it; default: the system's temporary folder. */
  scratch?: string | undefined
  stop?: (() => boolean) | undefined
  report?: Report | undefined
}

/** What is wrong with a backup; nothing, when `findings` is empty. */
export interface Verdict {
  name: string
  manifest: Manifest
  findings: string[]
  /** How many there are; `findings` has the first thousand. */
  found: number
}

const MOST_FINDINGS = 1000

/**
 * Reads a whole backup again: every hash, the database's own checks, and that every file a row names is there.
 *
 * @throws BackupError when there is nothing that could be read, StoppedError
 */
export async function verifyBackup(wish: VerifyWish): Promise<Verdict> {
  const found = await findBackup(wish.from, wish.name)
  return found.kind === 'archive' ? verifyArchive(found.file, wish) : verifyFolder(found, wish)
}

async function verifyFolder(backup: FolderBackup, wish: VerifyWish): Promise<Verdict> {
  const { manifest, folder, root, name } = backup
  const findings = createFindings()
  const sound = new Set<string>()
  for (const [file, wanted] of Object.entries(manifest.files)) {
    const wrong = await compare(join(folder, file), wanted, wish)
    if (wrong) findings.add(`${name}/${file} ${wrong}`)
    else sound.add(file)
    wish.report?.('database', wanted.size_bytes, wanted.size_bytes)
  }
  // Without these two nothing can be said about the rest; with changed ones something wrong would be.
  if (sound.has(DATABASE) && sound.has(BLOB_LIST)) {
    using rows = opened(join(folder, DATABASE))
    checkDatabase(rows.database, findings)
    await checkListed(join(folder, BLOB_LIST), manifest, findings)
    await checkBlobs(rows.database, { root, manifest, folder }, wish, findings)
  }
  return { name, manifest, ...findings.end() }
}

async function checkBlobs(
  rows: Sqlite.Database,
  { root, manifest, folder }: Pick<FolderBackup, 'root' | 'manifest' | 'folder'>,
  wish: VerifyWish,
  findings: Findings,
): Promise<void> {
  const absent = await absentBlobs(join(folder, BLOB_LIST))
  let through = 0
  const moved = (bytes: number): void => {
    through += bytes
    wish.report?.('files', through, manifest.blobs.size_bytes)
  }
  for (const page of namedBlobs(rows)) {
    await inParallel(page, 4, async (blob: NamedBlob) => {
      if (!leadsNowhereElse(blob)) return findings.add(`${BLOBS}/${blob.key} is named outside of the backup`)
      if (absent.has(blob.key)) return
      const path = blobPath(root, blob.sha256)
      const wrong = await compare(path, blob, { ...wish, moved })
      if (wrong) findings.add(`${BLOBS}/${blob.sha256.slice(0, 2)}/${blob.sha256} (${blob.key}) ${wrong}`)
    })
  }
}

/** The list says the same as the manifest about itself. */
async function checkListed(path: string, manifest: Manifest, findings: Findings): Promise<void> {
  const { count, gone, damaged } = manifest.blobs
  let lines = 0
  for await (const _ of readBlobList(path)) lines++
  if (lines !== count + gone + damaged) {
    findings.add(`${BLOB_LIST} has ${lines} lines, the manifest counts ${count + gone + damaged}`)
  }
}

async function verifyArchive(file: string, wish: VerifyWish): Promise<Verdict> {
  const scratch = await mkdtemp(join(wish.scratch ?? tmpdir(), 'robotrace-verify-'))
  const findings = createFindings()
  let through = 0
  const moved = (bytes: number): void => {
    through += bytes
    wish.report?.('files', through, through)
  }
  try {
    const { manifest, wrong, changed } = await readArchive(file, {
      ...{ scratch, stop: wish.stop, moved },
      blob: (_, bytes) => hashFile(bytes, { stop: wish.stop, moved }),
    })
    for (const name of changed) findings.add(`${name} is not what the manifest says`)
    for (const { blob, how } of wrong) findings.add(`${BLOBS}/${blob.key} ${how}`)
    if (!changed.includes(DATABASE)) {
      using rows = opened(join(scratch, DATABASE))
      checkDatabase(rows.database, findings)
    }
    return { name: file, manifest, ...findings.end() }
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}

async function compare(
  path: string,
  wanted: { size_bytes: number; sha256: string },
  steering: Parameters<typeof hashFile>[1],
): Promise<string | undefined> {
  try {
    const read = await hashFile(path, steering)
    if (read.size_bytes !== wanted.size_bytes) {
      return `has ${read.size_bytes} bytes instead of ${wanted.size_bytes}`
    }
    return read.sha256 === wanted.sha256 ? undefined : 'was changed: its hash differs'
  } catch (error) {
    const code = codeOf(error)
    if (code === 'ENOENT') return 'is missing'
    // A bad sector, a link in its place: that it cannot be read is the finding.
    if (code.startsWith('E')) return `cannot be read (${code})`
    throw error
  }
}

function checkDatabase(database: Sqlite.Database, findings: Findings): void {
  // What a pragma answers is SQLite's word, which its types do not know.
  for (const said of database.pragma('integrity_check(20)') as { integrity_check: string }[]) {
    if (said.integrity_check !== 'ok') findings.add(`${DATABASE}: ${said.integrity_check}`)
  }
  // As above.
  for (const row of database.pragma('foreign_key_check') as { table: string; parent: string }[]) {
    findings.add(`${DATABASE}: a row of ${row.table} hangs on one of ${row.parent} that is not there`)
  }
}

interface Findings {
  add: (finding: string) => void
  end: () => { findings: string[]; found: number }
}

function createFindings(): Findings {
  const findings: string[] = []
  let found = 0
  return {
    add: (finding) => {
      found++
      if (findings.length < MOST_FINDINGS) findings.push(finding)
    },
    end: () => ({ findings, found }),
  }
}
