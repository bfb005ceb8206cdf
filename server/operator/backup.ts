import { statSync } from 'node:fs'
import type { Command, Given } from '../../cli/command.ts'
import { EXIT } from '../../cli/failure.ts'
import type { Host } from '../../cli/host.ts'
import { done, say, sayJson, warn } from '../../cli/print.ts'
import { count, duration, size } from '../../cli/words.ts'
import { backupToArchive, isArchive } from '../backup/archive.ts'
import { type BackupDone, backupToFolder } from '../backup/backup.ts'
import { type Listed, listBackups } from '../backup/layout.ts'
import type { Environment } from '../environment.ts'
import { CONFIGURATION_FLAGS, configOf } from './configuration.ts'
import { operate } from './operate.ts'
import { watched } from './watched.ts'

const DEFAULT_FOLDER = './robotrace-backups'

/** Makes a backup of the data folder, or lists those that were made. */
export function backup(environment: Environment): Command {
  return {
    name: 'backup',
    summary: 'copy database, artifacts and secret somewhere else, while the server runs',
    examples: ['robotrace backup --to /mnt/backups', 'robotrace backup --to robotrace.tar'],
    flags: [
      {
        name: 'to',
        value: 'path',
        about: `a folder of backups, or a file that ends in .tar (default: ROBOTRACE_BACKUP_TO, else ${DEFAULT_FOLDER})`,
      },
      ...CONFIGURATION_FLAGS,
      {
        name: 'without-secret',
        about: 'leave out the secret that second factors and webhooks are sealed with',
      },
      { name: 'list', about: 'show the backups of the folder instead' },
      { name: 'json', about: 'print one JSON object, for scripts' },
    ],
    run: (host, given) =>
      operate(() => {
        const { config } = configOf(environment, given)
        const to = given.text('to') ?? config.backup?.to ?? DEFAULT_FOLDER
        if (given.flag('list')) return list(host, given, to)
        return make(host, given, { to, data: config.data })
      }),
  }
}

async function make(host: Host, given: Given, places: { to: string; data: string }): Promise<number> {
  const began = host.now()
  const made = await watched(host, (steering) =>
    (isArchive(places.to) ? backupToArchive : backupToFolder)({
      ...places,
      ...steering,
      now: () => new Date(host.now()),
      without_secret: given.flag('without-secret'),
    }),
  )
  if (given.flag('json')) sayJson(host, { ...made, secret: made.secret.state })
  else describe(host, made, (host.now() - began) / 1000)
  warnOf(host, made)
  return made.blobs.damaged > 0 ? EXIT.failure : EXIT.ok
}

function describe(host: Host, made: BackupDone, seconds: number): void {
  const { blobs, copied } = made
  say(host, made.path)
  const files = `${count(blobs.count, 'file')}, ${size(made.size_bytes)} in all`
  const fresh = `${count(copied.count, 'file')} (${size(copied.size_bytes)}) copied`
  done(host, `Backup of ${made.at}: ${files}; ${fresh} in ${duration(seconds)}.`)
}

const SECRET_LINES = {
  included:
    'The secret is in it: whoever can read this backup can do what the server can. Keep it as you keep the server.',
  left_out:
    'The secret is not in it: without it, people set up their second factor anew, webhooks get new secrets, and API tokens end.',
  elsewhere: 'The secret comes from ROBOTRACE_SECRET and is not in it: keep it where you find it again.',
}

function warnOf(host: Host, { secret, blobs, damage }: BackupDone): void {
  warn(host, SECRET_LINES[secret.state])
  if (blobs.gone > 0) {
    warn(host, `${count(blobs.gone, 'file')} went while the backup was made, with what was deleted.`)
  }
  if (blobs.damaged === 0) return
  // Not to be missed, whatever is quiet.
  const loud = { ...host, quiet: false }
  warn(loud, `${count(blobs.damaged, 'file')} of the data folder cannot be backed up; everything else is:`)
  for (const sentence of damage) loud.err.write(`  - ${sentence}\n`)
}

async function list(host: Host, given: Given, folder: string): Promise<number> {
  statSync(folder)
  const all = await listBackups(folder)
  if (given.flag('json')) {
    sayJson(host, { folder, backups: all.map(asJson) })
    return EXIT.ok
  }
  if (all.length === 0) host.err.write(`No finished backups in ${folder}.\n`)
  for (const one of all) say(host, lineOf(one))
  return EXIT.ok
}

function asJson({ name, manifest, problem }: Listed): object {
  const { at, robotrace, schema, blobs } = manifest ?? {}
  return { name, at, robotrace, schema, blobs, problem }
}

function lineOf({ name, manifest, problem }: Listed): string {
  if (!manifest) return `${name}  ${problem}`
  const { blobs, robotrace, files } = manifest
  const own = Object.values(files).reduce((sum, { size_bytes }) => sum + size_bytes, 0)
  return `${name}  ${size(own + blobs.size_bytes)}  ${count(blobs.count, 'file')}  RoboTrace ${robotrace}`
}
