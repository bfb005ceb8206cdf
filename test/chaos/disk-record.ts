import { execFileSync } from 'node:child_process'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** What of a folder is on the disk for certain, as record-fsync.c writes it down. */
export interface DiskRecord extends Disposable {
  /** The folder that is watched. */
  folder: string
  /** Variables for the process whose writes are watched. */
  env: Record<string, string>
  /**
   * The folder as a power cut at this moment would leave it at worst.
   *
   * @param but files and folders whose fsyncs are to count as not done: what a mistake would leave
   */
  afterPowerLoss: (but?: (path: string) => boolean) => string
}

/** @example using record = recordDisk(folder); spawn(program, { env: { ...process.env, ...record.env } }) */
export function recordDisk(folder: string): DiskRecord {
  const place = mkdtempSync(join(tmpdir(), 'robotrace-record-'))
  const kept = join(place, 'kept')
  const library = join(place, 'record-fsync.so')
  mkdirSync(kept)
  execFileSync('gcc', ['-shared', '-fPIC', '-O2', '-o', library, 'test/chaos/record-fsync.c', '-ldl'])
  keepWhatIs(folder, kept)
  let images = 0
  return {
    folder,
    env: {
      LD_PRELOAD: library,
      POWER_LOSS_ROOT: folder,
      POWER_LOSS_RECORD: kept,
      // Otherwise Node may hand its fsyncs to the kernel without calling the function.
      UV_USE_IO_URING: '0',
    },
    afterPowerLoss(but = () => false) {
      const image = join(place, `image-${++images}`)
      rebuild(kept, { inode: inodeOf(folder), to: image, forgotten: forgottenOf(kept, but) })
      return image
    },
    [Symbol.dispose]: () => rmSync(place, { recursive: true, force: true }),
  }
}

function inodeOf(path: string): string {
  return String(statSync(path, { bigint: true }).ino)
}

/** What was there before counts as being on the disk. */
function keepWhatIs(folder: string, kept: string): void {
  const lines = readdirSync(folder, { withFileTypes: true }).map((entry) => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) keepWhatIs(path, kept)
    else copyFileSync(path, join(kept, inodeOf(path)))
    return `${inodeOf(path)} ${entry.isDirectory() ? 'folder' : 'file'} ${entry.name}\n`
  })
  writeFileSync(join(kept, `${inodeOf(folder)}.names`), lines.join(''))
}

function forgottenOf(kept: string, but: (path: string) => boolean): Set<string> {
  const paths = join(kept, 'paths')
  const lines = existsSync(paths) ? readFileSync(paths, 'utf8').split('\n').filter(Boolean) : []
  return new Set(
    lines.flatMap((line) => {
      const [inode = '', path = ''] = [line.slice(0, line.indexOf(' ')), line.slice(line.indexOf(' ') + 1)]
      return but(path) ? [inode] : []
    }),
  )
}

/** A name without content is an empty file, as file systems leave it. */
function rebuild(
  kept: string,
  { inode, to, forgotten }: { inode: string; to: string; forgotten: Set<string> },
): void {
  mkdirSync(to, { mode: 0o700 })
  const names = join(kept, `${inode}.names`)
  if (forgotten.has(inode) || !existsSync(names)) return
  for (const line of readFileSync(names, 'utf8').split('\n').filter(Boolean)) {
    const [, of = '', kind = '', name = ''] = /^(\d+) (file|folder) (.*)$/.exec(line) ?? []
    const path = join(to, name)
    if (kind === 'folder') rebuild(kept, { inode: of, to: path, forgotten })
    else if (existsSync(join(kept, of)) && !forgotten.has(of)) copyFileSync(join(kept, of), path)
    else writeFileSync(path, '')
  }
}
