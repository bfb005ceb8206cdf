import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { run } from '../../cli/run.ts'
import { type TestHost, type TestHostOptions, testHost } from './test-host.ts'

/** A home folder of its own, gone with the test. */
export interface Home extends Disposable {
  folder: string
  /** Where the credentials file belongs. */
  credentials: string
  read: () => string
  /** Puts a credentials file there. */
  save: (text: string, mode?: number) => void
  /** Runs one command line at home. */
  robotrace: (line: string, options?: TestHostOptions) => Promise<Ran>
}

export interface Ran {
  status: number
  host: TestHost
}

/** @example using home = makeHome(); const { status, host } = await home.robotrace('whoami') */
export function makeHome(): Home {
  const folder = mkdtempSync(join(tmpdir(), 'robotrace-home-'))
  const credentials = join(folder, '.robotrace', 'credentials')
  return {
    folder,
    credentials,
    read: () => readFileSync(credentials, 'utf8'),
    save: (text, mode = 0o600) => {
      mkdirSync(join(folder, '.robotrace'), { recursive: true, mode: 0o700 })
      writeFileSync(credentials, text, { mode })
    },
    robotrace: async (line, options = {}) => {
      const host = testHost({ clock: 'fake', ...options, env: { HOME: folder, ...options.env } })
      return { status: await run(line.split(' '), host), host }
    },
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  }
}
