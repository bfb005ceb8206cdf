import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isStale, SOURCES } from '../scripts/built.ts'

const BUILT = 'dist/robotrace.js'

/**
 * The whole program as arguments of Node: as it was built, which starts in a third of the time, or from its sources when
 * they are newer.
 *
 * @example spawn(process.execPath, [...PROGRAM, 'serve'])
 */
export const PROGRAM: readonly string[] = isStale(BUILT, SOURCES)
  ? ['--import', 'tsx', 'server/main.ts']
  : [BUILT]

/** The real process, as `npm start` runs it, for what only a process can show: signals, exit status, output. */
export interface ServerProcess {
  child: ChildProcess
  data: string
  /** Everything written so far. */
  stdout: () => string
  stderr: () => string
  /** Settles with the first match in the output; rejects when the process ends without one. */
  until: (pattern: RegExp) => Promise<RegExpExecArray>
  exit: Promise<number | null>
}

/** @example const server = startProcess({ PORT: '0' }) */
export function startProcess(env: Record<string, string> = {}): ServerProcess {
  const data = env.ROBOTRACE_DATA ?? mkdtempSync(join(tmpdir(), 'robotrace-process-'))
  const child = spawn(process.execPath, [...PROGRAM, 'serve'], {
    env: {
      PATH: process.env.PATH,
      HOME: tmpdir(),
      PORT: '0',
      ROBOTRACE_DATA: data,
      ROBOTRACE_MIN_FREE: '1MB',
      ROBOTRACE_RATE_LIMIT: '0',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  return { data, ...follow(child) }
}

/** Reads along with a process. @example const login = follow(spawn('./robotrace', ['login'])) */
export function follow(child: ChildProcess): Omit<ServerProcess, 'data'> {
  let stdout = ''
  let stderr = ''
  child.stdout?.on('data', (chunk) => {
    stdout += String(chunk)
  })
  child.stderr?.on('data', (chunk) => {
    stderr += String(chunk)
  })
  const exit = new Promise<number | null>((resolve) => child.once('close', (code) => resolve(code)))
  const until = (pattern: RegExp): Promise<RegExpExecArray> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        const match = pattern.exec(stdout)
        if (match) resolve(match)
      }
      look()
      child.stdout?.on('data', look)
      exit.then((code) => reject(new Error(`ended with ${code} before ${pattern}: ${stdout}${stderr}`)))
    })
  return { child, stdout: () => stdout, stderr: () => stderr, until, exit }
}
