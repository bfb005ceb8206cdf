import { checkBaseUrl } from '../sdk/credentials.ts'
import { ConfigurationError } from '../sdk/errors.ts'
import {
  credentialsPath,
  credentialsWarning,
  readProfile,
  type SavedProfile,
  shortPath,
} from '../sdk/host/credentials.ts'
import { folderProblem } from '../sdk/host/credentials-folder.ts'
import { profileNameProblem } from '../sdk/host/write-credentials.ts'
import { isLoopback, isSameOrigin } from '../sdk/origin.ts'
import type { Given } from './command.ts'
import { EXIT, Failure } from './failure.ts'
import type { Host } from './host.ts'
import { clean, warn } from './print.ts'

/** Which profile a command is about, and what the file says of it. */
export interface Saved {
  name: string
  profile: SavedProfile | undefined
  path: string
  /** The path with `~`, for people. */
  short_path: string
}

/**
 * The profile that `--profile` names, or `default`. Warns when others on the machine can read the file.
 *
 * @throws Failure for a name that cannot be one, and when the file cannot be read
 */
export function savedProfile(host: Host, given: Given, path: string = credentialsPath(host.env)): Saved {
  const name = given.text('profile') ?? 'default'
  const problem = profileNameProblem(name)
  if (problem) throw new Failure(problem, { hint: '`--profile staging`', status: EXIT.usage })
  const no_folder = folderProblem(path)
  if (no_folder) {
    throw new Failure(no_folder, {
      hint: 'point ROBOTRACE_HOME at a folder, or remove the variable for ~/.robotrace',
    })
  }
  const warning = credentialsWarning(path)
  if (warning) warn(host, clean(warning))
  return { name, profile: readSaved(name, path), path, short_path: shortPath(path, host.env) }
}

function readSaved(name: string, path: string): SavedProfile | undefined {
  try {
    return readProfile(name, path)
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error
    throw new Failure(error.message, {
      hint: 'repair that file or move it away, then run `robotrace login`',
    })
  }
}

/** `--profile staging`, where it has to be repeated in a hint; nothing for the default one. */
export function profileFlag(name: string): string {
  return name === 'default' ? '' : ` --profile ${name}`
}

/** Nobody is signed in under this name. */
export function notSignedIn({ name, short_path }: Saved): Failure {
  return new Failure(`No saved credentials for profile '${name}' in ${short_path}.`, {
    hint: `run \`robotrace login${profileFlag(name)}\``,
    status: EXIT.not_signed_in,
    reason: 'not_signed_in',
  })
}

/** @throws Failure for what cannot be the address of a deployment */
export function addressOf(text: string, source: string): string {
  try {
    return checkBaseUrl(text)
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error
    throw new Failure(`${source} must be an http or https address without user, query or fragment.`, {
      hint: '`--base-url https://robotrace.example.org`',
      status: EXIT.usage,
    })
  }
}

/** True when both lead to one deployment: this machine's several names count as one. */
export function isSameAddress(one: string | undefined, other: string): boolean {
  if (!one || !URL.canParse(one) || !isSameOrigin(one, other)) return false
  return pathOf(one) === pathOf(other)
}

function pathOf(address: string): string {
  return new URL(address).pathname.replace(/\/+$/, '')
}

/** Said before a key travels in clear over a network. */
export function warnPlainHttp(host: Host, base_url: string): void {
  // What is no address at all is refused, with a sentence, by the call itself.
  if (!URL.canParse(base_url)) return
  const { protocol, hostname } = new URL(base_url)
  if (protocol !== 'http:' || isLoopback(hostname)) return
  warn(host, `${base_url} is not encrypted: everybody on the way can read the key. Use https.`)
}
