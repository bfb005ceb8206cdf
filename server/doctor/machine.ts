import { spawnSync } from 'node:child_process'
import { statfsSync } from 'node:fs'
import { type Listed, listBackups, newestAt } from '../backup/layout.ts'
import { installationIn, strangerIn } from '../backup/owner.ts'
import type { Config } from '../config.ts'
import { type Finding, ok, problem, reason, size, warning } from './finding.ts'

/** Room for bytes and for files, next to what uploads must leave free. */
export function* checkDisk({
  data,
  min_free_bytes,
}: Pick<Config, 'data' | 'min_free_bytes'>): Generator<Finding> {
  const { bavail, bsize, blocks, files, ffree } = statfsSync(data)
  const free = bavail * bsize
  const of = `${size(free)} of ${size(blocks * bsize)} are free on ${data}`
  const floor = `uploads are refused below ${size(min_free_bytes)} (ROBOTRACE_MIN_FREE)`
  const more = 'Delete or archive elsewhere what is not needed, or give the data folder a larger disk.'
  if (free <= min_free_bytes) yield problem('disk', `${of}; ${floor}: no upload is taken.`, more)
  else if (free <= 2 * min_free_bytes) yield warning('disk', `${of}; ${floor}.`, more)
  else yield ok('disk', `${of}; ${floor}.`)
  if (files === 0) return
  const share = ffree / files
  const inodes = `${ffree} more files can be made on ${data}`
  if (share < 0.05) {
    const report = share < 0.01 ? problem : warning
    yield report(
      'disk',
      `${inodes}: less than ${share < 0.01 ? 1 : 5} % of all.`,
      'Move the data folder to a disk with more inodes.',
    )
  } else yield ok('disk', `${inodes}.`)
}

export function* checkTools(): Generator<Finding> {
  const { status, stdout } = spawnSync('ffmpeg', ['-version'], { encoding: 'utf8', timeout: 10_000 })
  if (status === 0) {
    yield ok('ffmpeg', `ffmpeg ${/version (\S+)/.exec(stdout)?.[1] ?? ''} is here.`)
    return
  }
  yield warning(
    'ffmpeg',
    'ffmpeg was not found. The server needs none; making and checking videos on this machine does.',
    'Install it, on Debian: apt-get install ffmpeg',
  )
}

/** How old the newest scheduled backup is. */
export async function* checkBackups(
  { backup, data }: Pick<Config, 'backup' | 'data'>,
  now: Date,
): AsyncGenerator<Finding> {
  if (!backup) {
    yield warning(
      'backups',
      'No backups are scheduled.',
      'Set ROBOTRACE_BACKUP_TO to a folder on another disk, or call `robotrace backup` from a timer of your own.',
    )
    return
  }
  const { to, every_h } = backup
  const late = 'Look for what the backup job says in the log, or call `robotrace backup`.'
  let listed: Listed[]
  try {
    listed = await listBackups(to)
  } catch (error) {
    const fix = `Let the server read ${to}, or correct ROBOTRACE_BACKUP_TO.`
    yield problem('backups', `The folder of backups cannot be read: ${reason(error)}`, fix)
    return
  }
  for (const { problem: what } of listed) {
    if (what !== undefined) yield warning('backups', what, 'Run `robotrace verify-backup` on it.')
  }
  const installation = ownInstallation(data)
  const stranger = strangerIn(to, listed, installation)
  if (stranger) yield problem('backups', stranger.message, `Set ROBOTRACE_BACKUP_TO to ${stranger.hint}.`)
  const newest = newestAt(listed, now, installation)
  if (newest === undefined) {
    yield warning('backups', `There is no backup in ${to} yet.`, late)
    return
  }
  const hours = (now.getTime() - Date.parse(newest)) / 3_600_000
  const age = `The newest backup in ${to} is ${hours.toFixed(1)} hours old; one is made every ${every_h}.`
  yield hours > 2 * every_h ? problem('backups', age, late) : ok('backups', age)
}

/** Undefined also of a database that cannot be read: that is another check's finding. */
function ownInstallation(data: string): string | undefined {
  try {
    return installationIn(data)
  } catch {
    return undefined
  }
}
