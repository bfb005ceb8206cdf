import type { Command, Given } from '../../cli/command.ts'
import { EXIT } from '../../cli/failure.ts'
import type { Host } from '../../cli/host.ts'
import { clean, done, paint, say, sayJson, warn } from '../../cli/print.ts'
import { count, size } from '../../cli/words.ts'
import { type Verdict, verifyBackup } from '../backup/verify.ts'
import { operate } from './operate.ts'
import { watched } from './watched.ts'

/** Reads a whole backup again. */
export const verifyBackupCommand: Command = {
  name: 'verify-backup',
  summary: 'read a backup again: every hash, the database, and that nothing it names is missing',
  examples: ['robotrace verify-backup /mnt/backups', 'robotrace verify-backup robotrace.tar --json'],
  argument: { name: 'from', about: 'a folder of backups, one backup in it, or an archive' },
  flags: [
    { name: 'backup', value: 'name', about: 'which one of the folder (default: the newest)' },
    { name: 'json', about: 'print one JSON object, for scripts' },
  ],
  run: (host, given) => operate(() => verify(host, given)),
}

/** 0: it is whole. 1: it is not. */
async function verify(host: Host, given: Given): Promise<number> {
  const verdict = await watched(host, (steering) =>
    verifyBackup({ ...steering, from: given.argument ?? '', name: given.text('backup') }),
  )
  const { name, manifest, findings, found } = verdict
  if (given.flag('json')) {
    const { at, robotrace, schema, blobs } = manifest
    sayJson(host, { name, whole: found === 0, at, robotrace, schema, blobs, found, findings })
  } else describe(host, verdict)
  return found === 0 ? EXIT.ok : EXIT.failure
}

function describe(host: Host, { name, manifest, findings, found }: Verdict): void {
  const { blobs, at, robotrace } = manifest
  if (found === 0) {
    say(host, name)
    done(
      host,
      `Whole: ${count(blobs.count, 'file')}, ${size(blobs.size_bytes)}, of ${at}, by RoboTrace ${robotrace}.`,
    )
  } else {
    const { bad } = paint(host.out, host.env)
    say(host, `${bad('✗')} ${name} is damaged: ${count(found, 'finding')}.`)
    for (const finding of findings) say(host, `  - ${clean(finding)}`)
    if (found > findings.length) say(host, `  … and ${found - findings.length} more`)
    warn(
      host,
      'A changed file below blobs/ that the server still has comes back whole: remove it, then run `robotrace backup` again.',
    )
  }
  if (blobs.gone + blobs.damaged > 0) {
    warn(
      host,
      `${count(blobs.gone + blobs.damaged, 'file')} were not in the data folder any more when it was made.`,
    )
  }
}
