import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { run } from '../cli/run.ts'
import { operatorCommands } from '../server/operator/commands.ts'
import { type TestHost, testHost } from './cli/test-host.ts'

/** A folder of a test's own, outside of any data folder; gone with the test. */
export function scratchFolder(): { path: string; in: (name: string) => string } & Disposable {
  const path = mkdtempSync(join(tmpdir(), 'robotrace-operator-'))
  return {
    path,
    in: (name) => join(path, name),
    [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }),
  }
}

/**
 * Runs an operator's command in this process, on a data folder.
 *
 * @example const { status, host } = await operator(server.data, 'backup', '--to', folder)
 */
export async function operator(
  data: string,
  ...args: string[]
): Promise<{ status: number; host: TestHost; json: () => Record<string, unknown> }> {
  const host = testHost()
  const status = await run(args, host, operatorCommands({ ROBOTRACE_DATA: data, NODE_ENV: 'test' }))
  return { status, host, json: () => JSON.parse(host.stdout()) }
}
