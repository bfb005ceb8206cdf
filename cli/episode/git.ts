import { execFile } from 'node:child_process'

/** The commit that the working folder stands at. */
export interface Commit {
  sha: string
  /** Something that git knows was changed since. */
  dirty: boolean
}

const LONGEST_MS = 5_000

/**
 * The commit of a folder; undefined where there is no git, no repository, or no commit yet. Nothing that the repository
 * configures is run for it.
 *
 * @example await commitOf('/home/art/policies') // { sha: '9f8e7d6…', dirty: true }
 */
export async function commitOf(folder: string): Promise<Commit | undefined> {
  const sha = (await git(folder, 'rev-parse', '--verify', 'HEAD'))?.trim()
  if (sha === undefined || !/^[0-9a-f]{40,64}$/.test(sha)) return undefined
  const changes = await git(folder, 'status', '--porcelain', '--untracked-files=no')
  return { sha, dirty: changes !== undefined && changes.trim() !== '' }
}

function git(folder: string, ...args: string[]): Promise<string | undefined> {
  const settings = ['-c', 'core.fsmonitor=false', '-c', 'core.hooksPath=/dev/null', '--no-optional-locks']
  return new Promise((resolve) => {
    execFile(
      'git',
      [...settings, '-C', folder, ...args],
      { timeout: LONGEST_MS, maxBuffer: 8 * 1024 * 1024 },
      (error, stdout) => resolve(error ? undefined : String(stdout)),
    )
  })
}
