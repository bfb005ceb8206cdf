import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { build } from 'vite'
import { projectFile } from '../server/project.ts'

/** A server in a process of its own. */
export interface BenchServer extends AsyncDisposable {
  url: string
  /** Of RoboTrace only: a key, and a signed-in owner of its organization. */
  api_key: string
  organization_id: string
  cookie: string
  /** Of `robotrace-keys` and `robotrace-fleet` only: keys, and of the former access tokens, to present. */
  keys: string[]
  tokens: string[]
  folder: string
  /** Most memory this process has held since the last `forget`, MiB (VmHWM). */
  peakMiB: () => number
  /** Memory held now, MiB. */
  rssMiB: () => number
  /** Processor time used since its start, seconds. */
  cpuSeconds: () => number
  /** Begins a new peak. */
  forget: () => void
}

/** A folder on the disk the project lies on: a temporary folder may be memory. */
export function benchFolder(): string {
  const parent = projectFile('.cache/bench')
  mkdirSync(parent, { recursive: true })
  return mkdtempSync(join(parent, 'run-'))
}

/** Bundled as the released server is: what runs the sources while developing costs time of its own. */
export async function buildBenchServer(): Promise<void> {
  await build({
    configFile: false,
    root: projectFile('.'),
    logLevel: 'error',
    build: {
      ssr: 'bench/server-process.ts',
      outDir: 'dist',
      emptyOutDir: false,
      target: 'node20',
      rollupOptions: { output: { entryFileNames: 'bench-server.js' } },
    },
  })
}

/** @example await using server = await startProcess('robotrace') */
export async function startProcess(
  kind:
    | 'robotrace'
    | 'robotrace-each'
    | 'robotrace-keys'
    | 'robotrace-fleet'
    | 'express'
    | 'express-get'
    | 'file',
  from: 'bundle' | 'sources' = 'bundle',
  more: string[] = [],
): Promise<BenchServer> {
  const folder = benchFolder()
  const program =
    from === 'bundle'
      ? [projectFile('dist/bench-server.js')]
      : ['--import', 'tsx', projectFile('bench/server-process.ts')]
  const child = spawn(process.execPath, [...program, kind, folder, ...more], {
    env: { ...process.env, NODE_ENV: 'production' },
  })
  let errors = ''
  child.stderr.on('data', (chunk) => {
    errors = `${errors}${chunk}`.slice(-4_000)
  })
  const said = await firstLine(child, () => errors)
  return {
    ...NOBODY,
    ...said,
    folder,
    peakMiB: () => memoryOf(child.pid, 'VmHWM'),
    rssMiB: () => memoryOf(child.pid, 'VmRSS'),
    cpuSeconds: () => cpuSecondsOf(child.pid),
    forget: () => writeFileSync(`/proc/${child.pid}/clear_refs`, '5'),
    async [Symbol.asyncDispose]() {
      const ended = new Promise((resolve) => child.once('exit', resolve))
      child.stdin.end()
      await ended
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

const NOBODY = { api_key: '', organization_id: '', cookie: '', keys: [], tokens: [] }

/** User and system time are the 14th and 15th field; ticks are hundredths of a second on every Linux we know. */
export function cpuSecondsOf(pid: number | undefined): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ')
  return (Number(fields[11]) + Number(fields[12])) / 100
}

/** What the system says about a process's memory, MiB. */
export function memoryOf(pid: number | undefined, line: 'VmHWM' | 'VmRSS' | 'RssAnon'): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return Number(new RegExp(`${line}:\\s+(\\d+)`).exec(status)?.[1]) / 1024
}

/** As many rigs ask at the same moment. */
const CONNECTIONS = '64'

/** Requests a second that a server answers with 2xx. @throws Error when it answers anything else */
export async function requestsPerSecond(
  url: string,
  options: { seconds: number; headers: Record<string, string>; body: string },
): Promise<number> {
  const cannon = createRequire(import.meta.url).resolve('autocannon/autocannon.js')
  const headers = Object.entries(options.headers).flatMap(([name, value]) => ['-H', `${name}=${value}`])
  const args = [
    '-j',
    '-n',
    '-c',
    CONNECTIONS,
    '-d',
    String(options.seconds),
    '-m',
    'POST',
    ...headers,
    '-b',
    options.body,
  ]
  const child = spawn(process.execPath, [cannon, ...args, url])
  let output = ''
  child.stdout.on('data', (chunk) => {
    output += chunk
  })
  await new Promise((resolve) => child.once('exit', resolve))
  // autocannon's own report.
  const report = JSON.parse(output) as { requests: { average: number }; non2xx: number; errors: number }
  if (report.non2xx > 0 || report.errors > 0)
    throw new Error(`${url}: ${report.non2xx} refused, ${report.errors} broken`)
  return report.requests.average
}

export function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}

/** What a server under test says when it listens. */
export async function firstLine(
  child: ChildProcessWithoutNullStreams,
  errors: () => string,
): Promise<{ url: string; keys?: string[] }> {
  for await (const line of createInterface({ input: child.stdout })) {
    // Our own child's one line.
    return JSON.parse(line) as { url: string }
  }
  throw new Error(`the server under test did not start: ${errors()}`)
}
