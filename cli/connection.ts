import { Client } from '../sdk/client.ts'
import { resolveCredentials } from '../sdk/credentials.ts'
import { APIError, AuthError, ConfigurationError, NotFoundError, ValidationError } from '../sdk/errors.ts'
import { readProfile, type SavedProfile } from '../sdk/host/credentials.ts'
import { hostRuntime } from '../sdk/host/runtime.ts'
import { whoami } from '../sdk/own-key.ts'
import type { Runtime } from '../sdk/runtime.ts'
import { Transport } from '../sdk/transport.ts'
import type { WhoAmI } from '../sdk/wire.ts'
import { hearing } from './client-update.ts'
import type { Given } from './command.ts'
import { EXIT, Failure, failureOf } from './failure.ts'
import type { Host } from './host.ts'
import { LOGIN_SCOPES } from './login-scopes.ts'
import { profileFlag, type Saved, savedProfile, warnPlainHttp } from './saved.ts'

/** A key, whose it is, and the way to the deployment it is for. */
export interface Connection {
  base_url: string
  api_key: string
  saved: Saved
  /** The variable that the key comes from; undefined: the saved profile. */
  variable: string | undefined
  /** What the key is, asked once; undefined where the deployment cannot say. */
  who: () => Promise<WhoAmI | undefined>
  /** Speaks within an organization and project, where the path of a call does not name them. */
  client: (place?: { organization?: string; project?: string }) => Client
  transport: (place?: { organization?: string; project?: string }) => Transport
}

/**
 * Finds key and address as scripts do (`ROBOTRACE_API_KEY`, `REROBOTS_API_TOKEN`, the saved profile; `--profile` before
 * all of them), runs the work, and says what to do when the key is not good for it.
 *
 * @throws Failure with exit status 4 when nobody is signed in, or the key is dead
 * @example return connected(host, given, async ({ client }) => show(await client().getEpisode(id)))
 */
export async function connected<Result>(
  host: Host,
  given: Given,
  work: (connection: Connection) => Promise<Result>,
): Promise<Result> {
  const connection = connect(host, given)
  try {
    return await work(connection)
  } catch (error) {
    throw explained(given, connection, error)
  }
}

function connect(host: Host, given: Given): Connection {
  const saved = savedProfile(host, given)
  const profile = given.text('profile')
  const runtime: Runtime = {
    ...hostRuntime,
    user_agent: host.user_agent,
    env: host.env,
    readProfile: (name) => readProfile(name, saved.path),
    announce: () => {},
  }
  const { api_key, base_url } = credentialsOf(saved, profile, runtime)
  warnPlainHttp(host, base_url)
  const options = { api_key, base_url, runtime }
  const heard = hearing(host)
  let asked: Promise<WhoAmI | undefined> | undefined
  return {
    base_url,
    api_key,
    saved,
    variable: variableOf(host, saved.profile, api_key),
    who: () => {
      asked ??= whoami({ api_key, base_url, user_agent: host.user_agent, fetch: heard }).catch(
        (error: unknown) => {
          if (error instanceof NotFoundError) return undefined
          throw error
        },
      )
      return asked
    },
    client: (place) =>
      new Client({ api_key, base_url, verbose: false, fetch: heard, ...place }, withoutPlace(runtime)),
    transport: (place) =>
      new Transport({
        ...options,
        ...place,
        fetch: heard,
        timeout_s: 60,
        upload_timeout_s: 600,
      }),
  }
}

/** Organization and project are decided by the commands, which know more places to look than a script does. */
function withoutPlace(runtime: Runtime): Runtime {
  const env = (name: string): string | undefined =>
    name === 'ROBOTRACE_ORG' || name === 'ROBOTRACE_PROJECT' ? undefined : runtime.env(name)
  return { ...runtime, env }
}

function credentialsOf(
  saved: Saved,
  profile: string | undefined,
  runtime: Runtime,
): { api_key: string; base_url: string } {
  if (profile !== undefined && !saved.profile?.api_key) throw notSignedIn(saved)
  try {
    return resolveCredentials({ profile }, withoutPlace(runtime))
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error
    if (error.message.startsWith('No API key.')) throw notSignedIn(saved)
    const missing_address = error.message.startsWith('No deployment address.')
    throw new Failure(missing_address ? 'No deployment address.' : error.message, {
      hint: missing_address ? 'set ROBOTRACE_BASE_URL, or run `robotrace login`' : loginLine(saved, []),
      status: EXIT.not_signed_in,
    })
  }
}

function notSignedIn({ name, short_path }: Saved): Failure {
  return new Failure(`Nobody is signed in: no key in ${short_path} (profile: ${name}).`, {
    hint: `run \`robotrace login${profileFlag(name)}\``,
    status: EXIT.not_signed_in,
    reason: 'not_signed_in',
  })
}

function variableOf(host: Host, saved: SavedProfile | undefined, api_key: string): string | undefined {
  if (saved?.api_key === api_key) return undefined
  return host.variable(host.env('ROBOTRACE_API_KEY') === api_key ? 'ROBOTRACE_API_KEY' : 'REROBOTS_API_TOKEN')
}

/** A refusal, with what to do about it here. */
function explained(given: Given, { saved, base_url, variable }: Connection, error: unknown): unknown {
  if (error instanceof AuthError) {
    return new Failure(`${base_url} does not accept this key: it was revoked, has expired, or never was.`, {
      hint:
        variable === undefined
          ? loginLine(saved, [])
          : `set another ${variable}, or remove it and run \`robotrace login\``,
      status: EXIT.not_signed_in,
      reason: 'unauthenticated',
    })
  }
  if (error instanceof APIError && error.missing_scope !== undefined) {
    return lacksScope({ saved, variable, scope: error.missing_scope })
  }
  if (!(error instanceof APIError) || error.status >= 500) return error
  const failure = failureOf(error)
  const hint = failure.hint ?? hintFor(error, given)
  return hint === undefined ? error : new Failure(failure.message, { hint, status: failure.status })
}

const WHERE_NAMES_COME_FROM =
  '`robotrace context` says where this name comes from, `robotrace context list` which there are'

/** What to do where the server's sentence only says what happened. */
function hintFor(error: APIError, { command }: Given): string | undefined {
  if (error instanceof NotFoundError) {
    const what = /^No such (\w+)/.exec(error.message)?.[1] ?? ''
    if (what === 'organization' || what === 'project') return WHERE_NAMES_COME_FROM
    return LISTS[what] && `\`robotrace ${LISTS[what]}\``
  }
  if (error instanceof ValidationError) return `\`robotrace ${command} --help\``
  if (error.code === 'forbidden')
    return 'ask an administrator of the organization; `robotrace whoami` says what your key may do'
  return undefined
}

const LISTS: Record<string, string> = {
  device: 'device list',
  episode: 'episode list',
  API: 'keys list',
  SSH: 'ssh-keys list',
}

/** What only a key with more rights may do. The line that gets one is complete: other strong scopes are kept. */
function lacksScope({
  saved,
  variable,
  scope,
}: {
  saved: Saved
  variable: string | undefined
  scope: string
}): Failure {
  const message = `Not enough permissions: this key lacks the scope ${scope}.`
  if (!LOGIN_SCOPES.includes(scope)) {
    const set = variable ?? 'ROBOTRACE_API_KEY'
    return new Failure(message, {
      hint: `no login gives it away: an admin or owner mints a key with it in the portal → API keys; set it as ${set}`,
    })
  }
  if (variable !== undefined) {
    return new Failure(message, {
      hint: `set a ${variable} that has it, or remove it and run \`${bareLogin(saved, [scope])}\``,
    })
  }
  return new Failure(message, { hint: loginLine(saved, [scope]) })
}

function loginLine(saved: Saved, scopes: string[]): string {
  return `run \`${bareLogin(saved, scopes)}\``
}

function bareLogin({ name, profile }: Saved, more: string[]): string {
  const had = (profile?.scopes ?? '').split(' ').filter((scope) => LOGIN_SCOPES.includes(scope))
  const scopes = [...new Set([...had, ...more])].map((scope) => ` --scope ${scope}`).join('')
  const force = profile?.api_key && scopes === '' ? ' --force' : ''
  return `robotrace login${force}${scopes}${profileFlag(name)}`
}
