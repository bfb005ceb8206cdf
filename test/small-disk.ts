import { execFileSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, rmdirSync, rmSync, statfsSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A file system of its own, in memory, that is full when it is full. Mounting it takes root. */
export interface SmallDisk extends Disposable {
  folder: string
  /** Takes all room but so many bytes. */
  fill: (but_bytes?: number) => void
  /** Gives it back. */
  free: () => void
}

/** @example using disk = smallDisk(48) */
export function smallDisk(megabytes: number): SmallDisk {
  const folder = mkdtempSync(join(tmpdir(), 'robotrace-disk-'))
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m,mode=700`, 'tmpfs', folder])
  const ballast = join(folder, 'ballast')
  return {
    folder,
    fill(but_bytes = 0) {
      const file = openSync(ballast, 'a')
      const page = Buffer.alloc(4096, 1)
      try {
        while (roomOn(folder) > but_bytes) writeSync(file, page)
      } finally {
        closeSync(file)
      }
    },
    free: () => rmSync(ballast, { force: true }),
    [Symbol.dispose]() {
      execFileSync('umount', ['--lazy', folder])
      rmdirSync(folder)
    },
  }
}

function roomOn(folder: string): number {
  const { bavail, bsize } = statfsSync(folder)
  return bavail * bsize
}
