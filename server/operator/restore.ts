import type { Command, Given } from '../../cli/command.ts'
import { EXIT } from '../../cli/failure.ts'
import type { Host } from '../../cli/host.ts'
import { clean, done, say, sayJson, warn } from '../../cli/print.ts'
import { count, size } from '../../cli/words.ts'
import { type RestoreDone, restoreBackup } from '../backup/restore.ts'
import type { Environment } from '../environment.ts'
import { CONFIGURATION_FLAGS, configOf } from './configuration.ts'
import { operate } from './operate.ts'
import { watched } from './watched.ts'

/** Brings a backup back into an empty place. */
export function restore(environment: Environment): Command {
  return {
    name: 'restore',
    summary: 'bring a backup back, into an empty data folder',
    examples: ['robotrace restore /mnt/backups', 'robotrace restore robotrace.tar --data /srv/robotrace'],
    argument: { name: 'from', about: 'a folder of backups, one backup in it, or an archive' },
    flags: [
      { name: 'backup', value: 'name', about: 'which one of the folder (default: the newest)' },
      ...CONFIGURATION_FLAGS,
      {
        name: 'skip-damaged',
        about: 'leave out what the backup has lost, list it, and restore all the rest',
      },
      {
        name: 'keep-sessions',
        about: 'leave people signed in; for a move, when the server was stopped before the backup',
      },
      { name: 'json', about: 'print one JSON object, for scripts' },
    ],
    run: (host, given) =>
      operate(() => {
        const { config, secrets } = configOf(environment, given)
        return run(host, given, { data: config.data, has_secret: secrets.master !== undefined })
      }),
  }
}

async function run(
  host: Host,
  given: Given,
  { data, has_secret }: { data: string; has_secret: boolean },
): Promise<number> {
  const back = await watched(host, (steering) =>
    restoreBackup({
      ...steering,
      from: given.argument ?? '',
      name: given.text('backup'),
      data,
      skip_damaged: given.flag('skip-damaged'),
      keep_sessions: given.flag('keep-sessions'),
      now: () => new Date(host.now()),
    }),
  )
  if (given.flag('json')) sayJson(host, { ...back, data })
  else say(host, data)
  describe(host, back)
  tellLeftOut(host, back)
  if (!back.secret && !has_secret) {
    warn(
      host,
      'This backup has no secret. Put the old one into ROBOTRACE_SECRET before the server starts, or a new one is made: then second factors, webhook secrets and API tokens are lost.',
    )
  }
  return EXIT.ok
}

function describe(host: Host, { at, blobs, live, sessions_ended, robotrace, left_out }: RestoreDone): void {
  const whole = left_out.count + left_out.files.length === 0
  const files = `${count(blobs.count - left_out.count, 'file')}, ${size(blobs.size_bytes - left_out.size_bytes)}`
  done(
    host,
    `${whole ? 'Everything' : 'What is whole'} of ${at} (RoboTrace ${robotrace}) is back, every hash checked: ${files}.`,
  )
  if (sessions_ended > 0) done(host, `${count(sessions_ended, 'sign-in')} ended: everybody signs in again.`)
  const absent = blobs.gone + blobs.damaged
  if (absent > 0) {
    warn(
      host,
      `${count(absent, 'file')} were not there any more when the backup was made; their rows are back.`,
    )
  }
  warn(
    host,
    `What was revoked or changed after ${at} cannot be known. ${good(live)}Look at members, roles and passwords.`,
  )
}

/** Not to be missed, whatever is quiet: this is the only moment at which the backup and what came of it are side by side. */
function tellLeftOut(host: Host, { left_out, name }: RestoreDone): void {
  const { count: many, size_bytes, first, files } = left_out
  const loud = { ...host, quiet: false }
  for (const file of files) warn(loud, `${file} of the backup is damaged and was left out.`)
  if (many === 0) return
  warn(
    loud,
    `${count(many, 'file')} (${size(size_bytes)}) of ${name} are lost, and their episodes came back without them:`,
  )
  for (const { of, artifact, key, because } of first) {
    loud.err.write(`  - ${of} ${artifact ?? 'capsule'} (${clean(key)}) ${because}\n`)
  }
  if (many > first.length) loud.err.write(`  … and ${many - first.length} more\n`)
  warn(
    loud,
    'Where an older backup or a robot still has them, put them below blobs/ under these names. `robotrace doctor` lists what is missing, also later.',
  )
}

/** What of a backup opens something again; nothing where it holds no credentials. */
function good(live: RestoreDone['live']): string {
  const all: [number, string][] = [
    [live.api_keys, 'API key'],
    [live.api_tokens, 'API token'],
    [live.enrolment_tokens, 'enrolment token'],
    [live.invitations, 'invitation'],
  ]
  const some = all.filter(([many]) => many > 0)
  if (some.length === 0) return ''
  const words = some.map(([many, what]) => count(many, what)).join(', ')
  return `Good again: ${words}. Revoke those that you had revoked since. `
}
