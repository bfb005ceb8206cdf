import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import Sqlite from 'better-sqlite3'
import { build } from 'vite'
import { newId } from '../server/db/ids.ts'
import { openDatabase } from '../server/db/open.ts'
import { insertOrganization } from '../server/organizations/organizations.ts'
import { projectFile, VERSION } from '../server/project.ts'
import { benchWaits } from './backup-waits.ts'
import { fillFleet } from './fill-fleet.ts'
import { benchFolder } from './processes.ts'

interface Wish {
  episodes: number
  /** Of artifacts. */
  bytes: number
  /** That these bytes lie in. */
  files: number
}

/**
 * How fast is a data folder backed up, backed up again, verified and brought back, next to `cp -r` and `sync` of the same
 * folder in the same run; how much memory does each take; and how long do requests wait meanwhile?
 */
export async function benchBackup(wish: Wish): Promise<Record<string, number>> {
  const folder = benchFolder()
  try {
    await buildProgram()
    const data = join(folder, 'data')
    await fill(data, wish)
    const megabytes = (wish.bytes + statSync(join(data, 'robotrace.db')).size) / 1e6
    const rate = (name: string, { seconds, peak_mib }: Run): Record<string, number> => {
      console.log(
        `  ${name}: ${(megabytes / seconds).toFixed(0)} MB/s in ${seconds.toFixed(1)} s, ${peak_mib.toFixed(0)} MiB`,
      )
      return { [`${name}_mb_s`]: megabytes / seconds, [`${name}_s`]: seconds, [`${name}_peak_mib`]: peak_mib }
    }
    const [to, tar, back] = ['backups', 'all.tar', 'back'].map((name) => join(folder, name))
    const copy = await run('sh', ['-c', `cp -r ${data} ${join(folder, 'cp')} && sync -f ${folder}`])
    rmSync(join(folder, 'cp'), { recursive: true })
    const figures: Record<string, number> = {
      megabytes,
      ...rate('cp', copy),
      ...rate('backup', await robotrace(data, 'backup', '--to', to ?? '')),
      ...rate('backup_again', await robotrace(data, 'backup', '--to', to ?? '')),
      ...rate('verify', await robotrace(data, 'verify-backup', to ?? '')),
      ...rate('restore', await robotrace(data, 'restore', to ?? '', '--data', back ?? '')),
    }
    rmSync(back ?? '', { recursive: true })
    rmSync(to ?? '', { recursive: true })
    const archive = rate('archive', await robotrace(data, 'backup', '--to', tar ?? ''))
    const untar = rate('restore_archive', await robotrace(data, 'restore', tar ?? '', '--data', back ?? ''))
    rmSync(back ?? '', { recursive: true })
    const backup_of_cp = copy.seconds / (figures.backup_s ?? Number.NaN)
    const restore_of_cp = copy.seconds / (figures.restore_s ?? Number.NaN)
    const waits = await benchWaits(data, join(folder, 'inside'))
    return { ...figures, ...archive, ...untar, backup_of_cp, restore_of_cp, ...waits }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** The program as it is released, under a name of its own. */
async function buildProgram(): Promise<void> {
  await build({
    configFile: false,
    root: projectFile('.'),
    logLevel: 'error',
    build: {
      ssr: 'server/main.ts',
      outDir: 'dist',
      emptyOutDir: false,
      target: 'node20',
      rollupOptions: { output: { entryFileNames: 'bench-robotrace.js' } },
    },
  })
}

interface Run {
  seconds: number
  peak_mib: number
}

function robotrace(data: string, ...args: string[]): Promise<Run> {
  return run(process.execPath, [projectFile('dist/bench-robotrace.js'), ...args, '--quiet'], {
    ROBOTRACE_DATA: data,
  })
}

/** Runs a program to its end and looks at its memory meanwhile (VmHWM only ever grows). */
async function run(program: string, args: string[], env: Record<string, string> = {}): Promise<Run> {
  const began = performance.now()
  const child = spawn(program, args, {
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let errors = ''
  child.stderr.on('data', (chunk) => {
    errors += chunk
  })
  let peak_mib = 0
  const look = setInterval(() => {
    peak_mib = peakOf(child.pid) ?? peak_mib
  }, 20)
  const status = await new Promise((resolve) => child.once('exit', resolve))
  clearInterval(look)
  if (status !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${status}: ${errors}`)
  return { seconds: (performance.now() - began) / 1000, peak_mib }
}

function peakOf(pid: number | undefined): number | undefined {
  try {
    const found = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
    return found ? Number(found[1]) / 1024 : undefined
  } catch {
    return undefined
  }
}

async function fill(data: string, wish: Wish): Promise<void> {
  mkdirSync(data, { recursive: true })
  const file = join(data, 'robotrace.db')
  const db = openDatabase(file, VERSION)
  const [account_id, at] = [newId('acc'), new Date().toISOString()]
  await db
    .insertInto('accounts')
    .values({ id: account_id, email: 'bench@lab.example', name: 'Bench', password_hash: '', created_at: at })
    .execute()
  const organization_id = await insertOrganization(db, account_id, { name: 'Bench', slug: 'bench' }, at)
  const { id: project_id } = await db.selectFrom('projects').select('id').executeTakeFirstOrThrow()
  await db.destroy()
  const sqlite = new Sqlite(file)
  sqlite.pragma('recursive_triggers = ON')
  // Filling is not what is measured: all of it in memory, and no waiting for the disk.
  sqlite.pragma('cache_size = -2000000')
  sqlite.pragma('synchronous = OFF')
  fillFleet(sqlite, { organization_id, account_id, project_id, devices: 100, episodes: wish.episodes })
  fillArtifacts(sqlite, join(data, 'blobs'), organization_id, wish)
  sqlite.close()
}

/** So many episodes get a video of bytes that no two have in common. */
function fillArtifacts(sqlite: Sqlite.Database, blobs: string, organization_id: string, wish: Wish): void {
  const insert = sqlite.prepare(
    `INSERT INTO artifacts (episode_id, kind, blob_key, content_type, size_bytes, sha256, stored_at)
     VALUES (?, 'video', ?, 'video/mp4', ?, ?, '2026-01-01T00:00:00.000Z')`,
  )
  const ids = sqlite.prepare<[number], { id: string }>('SELECT id FROM episodes LIMIT ?').all(wish.files)
  const bytes = Buffer.alloc(Math.floor(wish.bytes / wish.files))
  for (let at = 0; at < bytes.length; at++) bytes[at] = (at * 2654435761) >>> 24
  sqlite.transaction(() => {
    for (const [nth, { id }] of ids.entries()) {
      bytes.writeUInt32LE(nth)
      const key = `episodes/${organization_id}/${id}/video.mp4`
      mkdirSync(dirname(join(blobs, key)), { recursive: true })
      writeFileSync(join(blobs, key), bytes)
      insert.run(id, key, bytes.length, createHash('sha256').update(bytes).digest('hex'))
    }
  })()
}

/** `npx tsx bench/backup.bench.ts --full`: a million episodes and 5 GB. */
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const full = process.argv.includes('--full')
  const wish = full
    ? { episodes: 1_000_000, bytes: 5e9, files: 2_000 }
    : { episodes: 50_000, bytes: 500e6, files: 200 }
  console.log(
    JSON.stringify(
      await benchBackup(wish),
      (_, value) => (typeof value === 'number' ? Number(value.toFixed(2)) : value),
      2,
    ),
  )
}
