import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { vi } from 'vitest'
import { readConfig } from '../server/config.ts'
import type { AppContext } from '../server/context.ts'
import { createLog } from '../server/log.ts'
import { startServer } from '../server/serve.ts'

/** What every test server signs with. */
export const TEST_SECRET = 'a secret for tests only, 32 characters or more'

/** One real server for one test: its own database in memory, its own folder, a real listener. */
export interface TestServer extends AsyncDisposable {
  url: string
  ctx: AppContext
  /** The folder that holds blobs and the secret. */
  data: string
  /** Everything the server has logged, as text. */
  log: () => string
  clock: Clock
  /** `fetch` against this server. */
  fetch: (path: string, init?: RequestInit) => Promise<Response>
}

export interface Clock {
  /** Moves every clock of this process forward. @example clock.advance('10m') */
  advance: (span: `${number}${'ms' | 's' | 'm' | 'h' | 'd'}`) => void
}

/**
 * @param env variables beside the defaults of a test
 * @param options `file`: keep the database in the data folder instead of memory
 * @example await using server = await startTestServer()
 */
export async function startTestServer(
  env: Record<string, string> = {},
  options: { file?: boolean; data?: string; overrides?: Partial<AppContext> } = {},
): Promise<TestServer> {
  const data = options.data ?? mkdtempSync(join(tmpdir(), 'robotrace-test-'))
  const lines: string[] = []
  const sink = new Writable({
    write(chunk, _encoding, done) {
      lines.push(String(chunk))
      done()
    },
  })
  const { config, secrets } = readConfig({
    PORT: '0',
    ROBOTRACE_DATA: data,
    ROBOTRACE_SECRET: TEST_SECRET,
    ROBOTRACE_MIN_FREE: '1MB',
    // A test asks more often than a rig; those of the limit set it.
    ROBOTRACE_RATE_LIMIT: '0',
    NODE_ENV: 'test',
    ...env,
  })
  const server = await startServer(config, secrets, {
    log: createLog('info', sink),
    ...(options.file ? {} : { database_file: ':memory:' }),
    ...options.overrides,
  })
  const local = `http://127.0.0.1:${new URL(server.local_url).port}`
  return {
    url: local,
    ctx: server.ctx,
    data,
    log: () => lines.join(''),
    clock: { advance },
    fetch: (path, init) => fetch(new URL(path, local), { redirect: 'manual', ...init }),
    async [Symbol.asyncDispose]() {
      vi.useRealTimers()
      await server[Symbol.asyncDispose]()
      if (!options.data) rmSync(data, { recursive: true, force: true })
    },
  }
}

const UNITS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** Only Date is taken over: sockets and timers keep running, and every part that asks the time sees the same. */
function advance(span: string): void {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(span)
  if (!match) throw new TypeError(`clock.advance: ${span} is not a span such as 10m`)
  const unit = match[2]
  const factor =
    unit === 'ms' || unit === 's' || unit === 'm' || unit === 'h' || unit === 'd' ? UNITS[unit] : 0
  const to = Date.now() + Number(match[1]) * factor
  vi.useFakeTimers({ toFake: ['Date'], now: to })
}
