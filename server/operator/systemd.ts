import { execFileSync } from 'node:child_process'
import { existsSync, realpathSync } from 'node:fs'
import process from 'node:process'
import type { Flag } from '../../cli/command.ts'
import { Failure } from '../../cli/failure.ts'
import { isOneFile } from '../binary/carried.ts'

/** Below the root of the system. */
export const UNIT = 'etc/systemd/system/robotrace.service'
export const VARIABLES = 'etc/robotrace/robotrace.env'

/** Of the commands that look at the system of another folder than `/`. */
export const ROOT_FLAG: Flag = {
  name: 'root',
  value: 'folder',
  about: 'the system below this folder, such as an image',
}

/** What the commands of a service know of the machine they run on; a test says otherwise. */
export interface Machine {
  /** What runs this very program; throws where that is nothing that a service could run. */
  program: () => readonly string[]
  /** Whose process this is; undefined where users have no numbers. */
  uid: number | undefined
  /** Calls systemctl and answers what it printed; undefined where systemd does not run the machine. */
  systemctl: ((args: readonly string[]) => string) | undefined
}

/** @throws Failure for everybody but root */
export function requireRoot({ uid }: Machine, verb: 'install' | 'uninstall'): void {
  if (uid === 0) return
  const does = verb === 'install' ? 'write' : 'remove'
  throw new Failure(`Only root may ${does} /${UNIT}.`, {
    hint: `\`sudo robotrace service ${verb}\`, or \`robotrace service ${verb} --print\` to read it first`,
  })
}

/**
 * What runs this very program: the single executable alone, or node with the built script.
 *
 * @throws Failure when it runs from its sources
 */
function programOfThis(): readonly string[] {
  const node = realpathSync(process.execPath)
  if (isOneFile) return [node]
  const script = realpathSync(process.argv[1] ?? '')
  if (!script.endsWith('.ts')) return [node, script]
  throw new Failure('This is RoboTrace from its sources; a service runs the built program.', {
    hint: 'npm run build, then node dist/robotrace.js service install',
  })
}

function systemctl(args: readonly string[]): string {
  // Times in UTC and words in English: what is read here must not depend on where the operator lives.
  const env = { ...process.env, TZ: 'UTC', LC_ALL: 'C' }
  return execFileSync('systemctl', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'], env })
}

export const THIS_MACHINE: Machine = {
  program: programOfThis,
  uid: process.getuid?.(),
  // sd_booted(3): this folder is there exactly where systemd is the first process.
  systemctl: existsSync('/run/systemd/system') ? systemctl : undefined,
}
