import { codeOf } from '../db/errors.ts'
import { BackupError, BLOBS } from './layout.ts'
import type { NamedBlob } from './named-blobs.ts'

/** Bytes that a restore was allowed to leave out, because the backup has them no longer. Their row is back. */
export interface LeftOut {
  /** The episode or capsule whose bytes they were. */
  of: string
  /** Which artifact of the episode; null: the capsule itself. */
  artifact: string | null
  key: string
  size_bytes: number
  because: string
}

/** What a restore goes on without. */
export interface AllLeftOut {
  count: number
  size_bytes: number
  /** The first thousand. */
  first: readonly LeftOut[]
  /** Files of the backup's own: `secret`, and the list of what it has. */
  files: readonly string[]
}

/** Hears of everything that is wrong with a backup while it is restored. */
export interface Damage {
  /** @throws BackupError unless what is damaged is to be left out */
  blob: (blob: NamedBlob, because: string) => void
  /** @param needed nothing can be restored without it @throws BackupError as above */
  file: (name: string, because: string, needed?: 'needed') => void
  end: () => AllLeftOut
}

const MOST_NAMED = 1000

/** @example const damage = createDamage(skip); damage.blob(blob, 'is missing'); damage.end().count */
export function createDamage(skip: boolean | undefined): Damage {
  const first: LeftOut[] = []
  const files: string[] = []
  let [count, size] = [0, 0]
  return {
    blob: (blob, because) => {
      const { key, sha256, size_bytes } = blob
      if (!skip) throw refused(`${BLOBS}/…/${sha256} (${key}) ${because}`)
      count++
      size += size_bytes
      if (first.length < MOST_NAMED) first.push(leftOut(blob, because))
    },
    file: (name, because, needed) => {
      if (needed) throw hopeless(`${name} ${because}`)
      if (!skip) throw refused(`${name} ${because}`)
      files.push(name)
    },
    end: () => ({ count, size_bytes: size, first, files }),
  }
}

export function leftOut({ of, kind, key, size_bytes }: NamedBlob, because: string): LeftOut {
  return { of, artifact: kind === '' ? null : kind, key, size_bytes, because }
}

export const CHANGED = 'was changed: its hash differs from the manifest'

/**
 * Why bytes cannot be read from the backup; undefined: it is not the backup that is to blame.
 *
 * @param to where they were to go: what is wrong there is no damage, and nothing is left out for it
 * @example unreadable(error, to) // 'is missing', 'cannot be read (EIO)'
 */
export function unreadable(error: unknown, to: string): string | undefined {
  if (!(error instanceof Error)) return undefined
  const { syscall, path } = { syscall: undefined, path: undefined, ...error }
  if (path === to) return undefined
  const code = codeOf(error)
  if (!UNREADABLE.includes(code) || (syscall !== 'open' && syscall !== 'read')) return undefined
  return code === 'ENOENT' ? 'is missing' : `cannot be read (${code})`
}

/** Not there; a bad sector; a folder or a link in its place. */
const UNREADABLE = ['ENOENT', 'EIO', 'EISDIR', 'ELOOP']

function refused(what: string): BackupError {
  return new BackupError(`${what}. Nothing was restored.`, {
    hint: '`robotrace verify-backup` shows all that is wrong; then another backup, or all the rest of this one with `--skip-damaged`',
  })
}

function hopeless(what: string): BackupError {
  return new BackupError(`${what}, and without it there is nothing to go by. Nothing was restored.`, {
    hint: 'another backup: `robotrace backup --to FOLDER --list` names them, `--backup NAME` takes one',
  })
}
