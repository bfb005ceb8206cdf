import { dirname, join } from 'node:path'
import { authorizedKeys as askServer } from '../sdk/authorized-keys.ts'
import { APIError, RobotraceError } from '../sdk/errors.ts'
import { credentialsPath } from '../sdk/host/credentials.ts'
import { forgetKeys, type KeptKeys, keepKeys, readKept } from './authorized-keys-cache.ts'
import type { Command, Given } from './command.ts'
import { EXIT, Failure, failureOf } from './failure.ts'
import type { Host } from './host.ts'
import { clean, warn } from './print.ts'
import { watchConnection } from './reachable.ts'
import { addressOf, notSignedIn, savedProfile, warnPlainHttp } from './saved.ts'

export const authorizedKeys: Command = {
  name: 'authorized-keys',
  summary: 'print who may log in to a robot by SSH: the AuthorizedKeysCommand of its sshd',
  examples: [
    'robotrace authorized-keys --device acme/default/arm-7',
    'robotrace authorized-keys --device acme/default/arm-7 --fingerprint %f --credentials /etc/robotrace/credentials',
  ],
  flags: [
    { name: 'device', value: 'org/project/device', about: 'whose door it is; names or ids' },
    { name: 'fingerprint', value: 'hash', about: 'of the key that is offered (%f), which is noted as used' },
    { name: 'user', value: 'name', about: 'the account that is logged in to (%u)' },
    { name: 'accounts', value: 'names', about: 'with --user: the accounts that may be, separated by commas' },
    { name: 'credentials', value: 'file', about: 'the file with the key (default: where login saves it)' },
    { name: 'profile', value: 'name', about: 'the saved sign-in in it (default: "default")' },
    {
      name: 'cache',
      value: 'folder',
      about: 'keeps the list for when there is no contact (default: beside it)',
    },
    { name: 'timeout', value: 'time', about: 'longest wait for an answer (default: 3s)' },
    {
      name: 'connect-timeout',
      value: 'time',
      about: 'longest wait for a connection, with a list kept (default: 800ms)',
    },
  ],
  run: printKeys,
}

/** What is asked, of whom, and where the answer is kept. */
interface Question {
  api_key: string
  base_url: string
  organization: string
  project: string
  device: string
  cache: string
}

async function printKeys(host: Host, given: Given): Promise<number> {
  if (!isOpenAccount(given)) return EXIT.ok
  const question = questionOf(host, given)
  const kept = readKept(question, (why) => warn(host, why))
  try {
    host.out.write(await ask(host, given, question, kept))
    return EXIT.ok
  } catch (error) {
    if (!(error instanceof RobotraceError)) throw error
    if (isRefusal(error)) {
      forgetKeys(question)
      throw new Failure(`The server refuses to say who may log in: ${failureOf(error).message}`, {
        hint: 'nobody gets in this way until the robot has a key for this device again; look at the portal → Devices',
      })
    }
    if (!kept) throw error
    warn(host, `${clean(error.message)}. Using the list of ${kept.fetched_at}.`)
    host.out.write(kept.text)
    return EXIT.ok
  }
}

function isOpenAccount(given: Given): boolean {
  const [user, accounts] = [given.text('user'), given.text('accounts')]
  if (accounts === undefined) return true
  if (user !== undefined) return accounts.split(',').includes(user)
  throw new Failure('--accounts needs --user.', { hint: '`--user %u --accounts robot`', status: EXIT.usage })
}

function questionOf(host: Host, given: Given): Question {
  const path = given.text('credentials') ?? credentialsPath(host.env)
  const saved = savedProfile(host, given, path)
  const { api_key, base_url } = saved.profile ?? {}
  if (!api_key || !base_url) throw notSignedIn(saved)
  const [organization, project, device, ...more] = (given.text('device') ?? '').split('/')
  if (!organization || !project || !device || more.length > 0) {
    throw new Failure('--device names organization, project and device.', {
      hint: '`--device acme/default/arm-7`',
      status: EXIT.usage,
    })
  }
  const address = addressOf(base_url, "The profile's base_url")
  const cache = given.text('cache') ?? join(dirname(path), 'authorized-keys')
  warnPlainHttp(host, address)
  return { api_key, base_url: address, organization, project, device, cache }
}

/** The list as the server has it now, kept before it is printed: a revocation never comes undone. */
async function ask(
  host: Host,
  given: Given,
  question: Question,
  kept: KeptKeys | undefined,
): Promise<string> {
  const timeout_ms = timeOf(given, 'timeout', 3_000)
  // Without a list, waiting is all that can be done.
  const connect_ms = kept ? timeOf(given, 'connect-timeout', 800) : timeout_ms
  using connection = watchConnection(question.base_url, Math.min(connect_ms, timeout_ms))
  const answer = await askServer({
    ...question,
    etag: kept?.etag,
    fingerprint: given.text('fingerprint'),
    user_agent: host.user_agent,
    timeout_s: timeout_ms / 1000,
    signal: connection.signal,
  })
  const text = answer.text ?? kept?.text ?? ''
  const fetched_at = new Date(host.now()).toISOString()
  keepKeys(question, { text, etag: answer.etag, fetched_at }, kept, (why) => warn(host, why))
  return text
}

const REFUSALS = new Set(['unauthenticated', 'forbidden', 'insufficient_scope', 'not_found'])

/** Said by the server itself, not by something between: its problems have a code. */
function isRefusal(error: RobotraceError): boolean {
  return error instanceof APIError && [401, 403, 404].includes(error.status) && REFUSALS.has(error.code ?? '')
}

/** @example timeOf(given, 'timeout', 3000) // 1500 for --timeout 1.5s */
function timeOf(given: Given, name: string, usual_ms: number): number {
  const text = given.text(name)
  if (text === undefined) return usual_ms
  const [, number, unit] = /^(\d+(?:\.\d+)?)(ms|s)?$/.exec(text) ?? []
  const ms = Number(number) * (unit === 'ms' ? 1 : 1000)
  if (ms >= 1 && ms <= 60_000) return ms
  throw new Failure(`--${name} must be a time of up to 60 seconds.`, {
    hint: `\`--${name} 3s\``,
    status: EXIT.usage,
  })
}
