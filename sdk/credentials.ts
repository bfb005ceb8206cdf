import { ConfigurationError } from './errors.ts'
import { keyProblem } from './key-format.ts'
import type { Profile, Runtime } from './runtime.ts'

/** A usable key and the deployment it is for. */
export interface Credentials {
  api_key: string
  base_url: string
  /** Which organization a personal key or an API token acts in, by slug or id. */
  organization: string | undefined
  /** Which of its projects, by slug or id. */
  project: string | undefined
}

/** What the caller gave. */
export interface GivenCredentials {
  api_key?: string
  base_url?: string
  organization?: string
  project?: string
  profile?: string
}

/**
 * Key and address, each on its own from: arguments, the profile named in the arguments, the environment,
 * the `default` profile of the credentials file. The file is read only when something is still missing.
 * In the environment `ROBOTRACE_API_KEY` comes first, then `REROBOTS_API_TOKEN`, an API token as programs written
 * for rerobots expect it. Organization and project come from the arguments or from `ROBOTRACE_ORG` and
 * `ROBOTRACE_PROJECT`.
 *
 * @example resolveCredentials({ base_url: 'http://localhost:3000' }, runtime)
 * @throws ConfigurationError when one is missing or cannot be right; the key is never shown
 */
export function resolveCredentials(given: GivenCredentials, runtime: Runtime): Credentials {
  const named = given.profile === undefined ? {} : namedProfile(given.profile, runtime)
  const api_key = given.api_key ?? named.api_key ?? keyFromEnvironment(runtime)
  const base_url = given.base_url ?? named.base_url ?? runtime.env('ROBOTRACE_BASE_URL')
  const saved = api_key === undefined || base_url === undefined ? runtime.readProfile?.('default') : undefined
  return {
    api_key: checkKey(api_key ?? saved?.api_key),
    base_url: checkBaseUrl(base_url ?? saved?.base_url),
    organization: checkName('organization', given.organization ?? runtime.env('ROBOTRACE_ORG')),
    project: checkName('project', given.project ?? runtime.env('ROBOTRACE_PROJECT')),
  }
}

function keyFromEnvironment(runtime: Runtime): string | undefined {
  return runtime.env('ROBOTRACE_API_KEY') ?? runtime.env('REROBOTS_API_TOKEN')
}

/** It travels in a header, which takes no line breaks and no letters beyond ASCII. */
function checkName(what: 'organization' | 'project', name: string | undefined): string | undefined {
  if (name === undefined || isPlaceName(name)) return name
  const article = what === 'organization' ? 'an' : 'a'
  throw new ConfigurationError(`${what} must be the slug or the id of ${article} ${what}, such as acme.`)
}

/** Whether a text can be the slug or the id of an organization or a project. @example isPlaceName('acme') // true */
export function isPlaceName(name: string): boolean {
  return /^(?!\.+$)[\w.-]{1,64}$/.test(name)
}

function namedProfile(name: string, runtime: Runtime): Profile {
  const profile = runtime.readProfile?.(name)
  if (profile) return profile
  throw new ConfigurationError(`There is no profile '${name}'. Run \`robotrace login --profile ${name}\`.`)
}

function checkKey(api_key: string | undefined): string {
  if (api_key === undefined) {
    throw new ConfigurationError(
      'No API key. Pass api_key to the client, set ROBOTRACE_API_KEY, or run `robotrace login`.',
    )
  }
  const problem = keyProblem(api_key)
  if (problem) throw new ConfigurationError(`The API key ${problem}. Copy it again from where it was shown.`)
  return api_key
}

/**
 * The address of a deployment as everything here writes it: no slash at the end.
 *
 * @example checkBaseUrl('https://robotrace.example.org/') // 'https://robotrace.example.org'
 * @throws ConfigurationError when it is missing or cannot be right
 */
export function checkBaseUrl(base_url: string | undefined): string {
  if (base_url === undefined) {
    throw new ConfigurationError(
      'No deployment address. Pass base_url to the client, set ROBOTRACE_BASE_URL, or run `robotrace login`.',
    )
  }
  const url = URL.canParse(base_url) ? new URL(base_url) : undefined
  if (!url || !/^https?:$/.test(url.protocol) || url.username || url.password || url.search || url.hash) {
    throw new ConfigurationError(
      'base_url must be an http or https address without user, query or fragment, such as https://robotrace.example.org.',
    )
  }
  return url.href.replace(/\/+$/, '')
}
