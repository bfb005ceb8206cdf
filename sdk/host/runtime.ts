import process from 'node:process'
import type { Runtime } from '../runtime.ts'
import { VERSION } from '../version.ts'
import { readProfile } from './credentials.ts'
import { readEnv } from './env.ts'
import { openPath } from './open-path.ts'
import { openStream } from './open-stream.ts'
import { portalLine } from './portal-line.ts'

/**
 * What the SDK needs of Node, Deno or Bun, all through `node:` modules.
 *
 * @example
 * ```ts
 * import { Client, hostRuntime } from '@robotrace/sdk'
 *
 * const client = new Client({}, { ...hostRuntime, announce: (url) => console.error(url) })
 * ```
 */
export const hostRuntime: Runtime = {
  user_agent: `robotrace-js/${VERSION}`,
  env: readEnv,
  readProfile,
  openPath,
  openStream,
  announce: (url, verbose) => {
    const line = portalLine(url, { env: readEnv, tty: process.stdout.isTTY === true, verbose })
    if (line !== undefined) process.stdout.write(`${line}\n`)
  },
  sleep: (ms) => new Promise((done) => setTimeout(done, ms)),
}
