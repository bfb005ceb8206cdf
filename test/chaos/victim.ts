import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { TEST_SECRET } from '../harness.ts'

/** The program as it is released, in a process that is going to be killed. */
export interface Victim {
  child: ChildProcess
  /** Settles with its origin once it serves; rejects with what it said when it ends before that. */
  ready: Promise<string>
  /** kill -9, and waits until the system has taken it away. */
  kill: () => Promise<void>
  /** Its exit status once it has ended by itself; null: killed. */
  ended: Promise<number | null>
}

/**
 * Runs the built program on a data folder.
 *
 * @param args of the command line; left out: `serve`
 * @example const victim = runProgram(data); const url = await victim.ready; await victim.kill()
 */
export function runProgram(data: string, args: readonly string[] = ['serve']): Victim {
  const child = spawn(process.execPath, ['dist/robotrace.js', ...args], {
    env: {
      PATH: process.env.PATH,
      HOME: tmpdir(),
      PORT: '0',
      ROBOTRACE_DATA: data,
      ROBOTRACE_SECRET: TEST_SECRET,
      ROBOTRACE_MIN_FREE: '1MB',
      ROBOTRACE_RATE_LIMIT: '0',
      ROBOTRACE_LOG_LEVEL: 'warn',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let said = ''
  child.stderr?.on('data', (chunk) => {
    said += String(chunk)
  })
  const ended = once(child, 'close').then(([code]: (number | null)[]) => code ?? null)
  const ready = new Promise<string>((resolve, reject) => {
    child.stdout?.on('data', (chunk) => {
      said += String(chunk)
      const url = /RoboTrace \S+ · http:\/\/localhost:(\d+) ·/.exec(said)
      if (url) resolve(`http://127.0.0.1:${url[1]}`)
    })
    ended.then((code) => reject(new Error(`The program ended with ${code}: ${said}`)))
  })
  // Whoever kills it while it starts does not wait for this.
  ready.catch(() => {})
  return {
    ...{ child, ready, ended },
    async kill() {
      child.kill('SIGKILL')
      await ended
    },
  }
}
