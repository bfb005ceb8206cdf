import { dirname, join } from 'node:path'
import { credentialsPath, readTables } from '../sdk/host/credentials.ts'
import { changePrivateFile } from '../sdk/host/private-file.ts'
import { isRecord } from '../sdk/json.ts'
import { VERSION } from '../sdk/version.ts'
import type { Host } from './host.ts'
import { warn } from './print.ts'
import { compareMinors } from './version-order.ts'

const DAY_MS = 86_400_000
const WHAT = 'update file'
/** What a server told this run of the program. */
const heard = new WeakMap<Host, string>()

/**
 * The global fetch, which notes when a server says that there is a newer client.
 *
 * @example new Client({ api_key, base_url, fetch: hearing(host) }, runtime)
 */
export function hearing(host: Host): typeof fetch {
  return async (...call) => {
    const answer = await fetch(...call)
    const version = answer.headers.get('x-robotrace-client-update')
    // A server may say anything; only a version that is newer than this one is worth a line.
    if (version !== null && /^\d{1,4}\.\d{1,4}\.\d{1,4}$/.test(version)) heard.set(host, version)
    return answer
  }
}

/**
 * Says so in one line on standard error, where a person looks, once a day. Programs that read the output, `--quiet` and
 * CI jobs are left alone.
 *
 * @example await tellOfUpdate(host, args)
 */
export async function tellOfUpdate(host: Host, args: readonly string[]): Promise<void> {
  const version = heard.get(host)
  // As it named itself to the server.
  const client = /^robotrace-js\/(\S+)/.exec(host.user_agent)?.[1] ?? VERSION
  if (version === undefined || (compareMinors(client, version) ?? 0) >= 0) return
  if (host.quiet || !host.err.tty || host.env('CI') || isForPrograms(host, args)) return
  if (!(await isFirstToday(host))) return
  warn(
    host,
    `The server is at ${version}, this program at ${client}. To update it: \`npm install -g robotrace@${version}\`.`,
  )
}

function isForPrograms(host: Host, args: readonly string[]): boolean {
  const output = args.some((arg) => arg === '--json' || arg.startsWith('--output'))
  return output || host.env(host.variable('ROBOTRACE_OUTPUT')) !== undefined
}

/** Where it cannot be noted, nothing is said: better than at every command. */
async function isFirstToday(host: Host): Promise<boolean> {
  const path = join(dirname(credentialsPath(host.env)), 'update.toml')
  const title = ['when `robotrace` last told of a newer version']
  try {
    const noted = readTables(path, WHAT)?.content.update
    const told = isRecord(noted) && typeof noted.told_at === 'string' ? Date.parse(noted.told_at) : Number.NaN
    if (host.now() - told < DAY_MS) return false
    const told_at = new Date(host.now()).toISOString()
    return await changePrivateFile({ path, what: WHAT, title }, () => ({ update: { told_at } }))
  } catch {
    return false
  }
}
