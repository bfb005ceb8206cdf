import { AuthError, NotFoundError, TransportError } from '../sdk/errors.ts'
import { hideKeys, keyPrefix, keyProblem } from '../sdk/key-format.ts'
import { whoami as askServer } from '../sdk/own-key.ts'
import type { CredentialKind, WhoAmI } from '../sdk/wire.ts'
import { hearing } from './client-update.ts'
import type { Command, Given } from './command.ts'
import { EXIT, Failure, failureOf } from './failure.ts'
import type { Host } from './host.ts'
import { cleanAll, rows, sayJson, warn } from './print.ts'
import {
  addressOf,
  isSameAddress,
  notSignedIn,
  profileFlag,
  type Saved,
  savedProfile,
  warnPlainHttp,
} from './saved.ts'

export const whoami: Command = {
  name: 'whoami',
  summary: 'show which deployment and account the saved key is for, and whether it works',
  examples: ['robotrace whoami', 'robotrace whoami --profile staging --json'],
  flags: [
    { name: 'profile', value: 'name', about: 'the saved sign-in to look at (default: "default")' },
    { name: 'json', about: 'print one JSON object, for scripts' },
    { name: 'offline', about: 'do not ask the server' },
  ],
  run: showWho,
}

/** A key, where it came from, and whom to ask about it. */
interface Subject {
  api_key: string
  base_url: string
  /** Where it comes from, for the hint when it is dead. */
  source: 'profile' | 'environment'
}

async function showWho(host: Host, given: Given): Promise<number> {
  const saved = savedProfile(host, given)
  const subject = subjectOf(host, given, saved)
  const overridden_by = overridesOf(host, subject)
  const facts = subject.source === 'profile' ? fileFacts(saved) : environmentFacts(host, subject)
  const asked = given.flag('offline') ? undefined : await ask(host, subject, saved)
  if (given.flag('json')) {
    const members = Object.fromEntries(facts.map(({ member, value }) => [member, value]))
    const answer = asked && { key_works: asked.works, ...asked.answer, message: asked.failure?.message }
    sayJson(host, { ...members, ...answer, overridden_by })
  } else {
    rows(host, [
      ...facts.map(({ label, shown, value }): [string, string] => [label, shown ?? value]),
      ...(asked ? keyFacts(subject, asked) : []),
    ])
  }
  for (const name of overridden_by) {
    warn(host, `${name} is set, and wins over this profile wherever scripts run with it.`)
  }
  const advice = asked && rotationAdvice(asked)
  if (advice) warn(host, advice)
  if (asked?.failure) throw asked.failure
  return EXIT.ok
}

function subjectOf(host: Host, given: Given, saved: Saved): Subject {
  const { api_key, base_url } = saved.profile ?? {}
  if (api_key && base_url) {
    return { api_key, base_url: addressOf(base_url, "The profile's base_url"), source: 'profile' }
  }
  const key = host.env('ROBOTRACE_API_KEY') ?? host.env('REROBOTS_API_TOKEN')
  const address = host.env('ROBOTRACE_BASE_URL')
  if (given.text('profile') !== undefined || !key || !address) throw notSignedIn(saved)
  return { api_key: key, base_url: addressOf(address, 'ROBOTRACE_BASE_URL'), source: 'environment' }
}

function overridesOf(host: Host, { source, api_key, base_url }: Subject): string[] {
  if (source === 'environment') return []
  const name = host.env('ROBOTRACE_API_KEY') === undefined ? 'REROBOTS_API_TOKEN' : 'ROBOTRACE_API_KEY'
  const key = host.env(name)
  const address = host.env('ROBOTRACE_BASE_URL')
  return [
    ...(key !== undefined && key !== api_key ? [name] : []),
    ...(address !== undefined && !isSameAddress(address, base_url) ? ['ROBOTRACE_BASE_URL'] : []),
  ]
}

/** One line of the answer: as people read it, and as scripts do. */
interface Fact {
  label: string
  member: string
  value: string
  shown?: string
}

function fileFacts({ name, profile, path }: Saved): Fact[] {
  const client_id = profile?.client_id ?? ''
  const facts: Fact[] = [
    { label: 'Profile', member: 'profile', value: name },
    { label: 'User', member: 'user_email', value: profile?.user_email ?? '' },
    { label: 'Client ID', member: 'client_id', value: client_id, shown: shorten(client_id) },
    { label: 'Base URL', member: 'base_url', value: profile?.base_url ?? '' },
    { label: 'Saved at', member: 'written_at', value: profile?.written_at ?? '' },
    { label: 'File', member: 'credentials_path', value: path },
  ]
  return facts.filter(({ value }) => value !== '')
}

function environmentFacts(host: Host, { base_url }: Subject): Fact[] {
  const name = host.env('ROBOTRACE_API_KEY') ? 'ROBOTRACE_API_KEY' : 'REROBOTS_API_TOKEN'
  warn(host, `Nothing is saved here: scripts use ${name} and ROBOTRACE_BASE_URL.`)
  return [{ label: 'Base URL', member: 'base_url', value: base_url }]
}

/** What the server said: its answer, or why there is none. */
interface Asked {
  works: boolean | null
  answer?: WhoAmI
  failure?: Failure
}

async function ask(host: Host, subject: Subject, { name }: Saved): Promise<Asked> {
  const { api_key, base_url, source } = subject
  const hint =
    source === 'profile'
      ? `run \`robotrace login --force${profileFlag(name)}\``
      : 'set another ROBOTRACE_API_KEY, or run `robotrace login`'
  const problem = keyProblem(api_key)
  if (problem) return { works: false, failure: new Failure(`The key ${problem}.`, { hint }) }
  warnPlainHttp(host, base_url)
  try {
    const answer = await askServer({ api_key, base_url, user_agent: host.user_agent, fetch: hearing(host) })
    return { works: true, answer: withoutKey(cleanAll(answer), api_key) }
  } catch (error) {
    if (error instanceof NotFoundError) {
      warn(host, 'This deployment does not say what a key may do, so the key was not tried.')
      return { works: null }
    }
    if (error instanceof AuthError) {
      const message = `${base_url} does not accept this key any more: it was revoked, or has expired.`
      return { works: false, failure: new Failure(message, { hint, reason: 'unauthenticated' }) }
    }
    const { message, hint: what_to_do } = failureOf(error)
    const offline = '`robotrace whoami --offline` shows what is saved'
    const no_answer = error instanceof TransportError || !what_to_do
    const more = { hint: no_answer ? offline : `${what_to_do}; ${offline}`, reason: 'unreachable' }
    return { works: null, failure: new Failure(message, more) }
  }
}

/** Should the server say the key back to us, it goes no further. */
function withoutKey(answer: WhoAmI, api_key: string): WhoAmI {
  const safe = (value: unknown): unknown => {
    if (typeof value === 'string') return hideKeys(value, api_key)
    if (Array.isArray(value)) return value.map(safe)
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, safe(member)]))
  }
  // Strings stay strings, so the shape is the one that came in.
  return safe(answer) as WhoAmI
}

const KINDS: Record<CredentialKind, string> = {
  service_key: 'key of the organization',
  personal_key: 'personal key',
  api_token: 'API token',
  access_token: 'access token',
}

function keyFacts({ api_key }: Subject, { works, answer }: Asked): [string, string][] {
  const state = works === null ? 'not checked' : works ? 'works' : 'does not work'
  const key: [string, string] = ['Key', `${answer?.key_prefix ?? (keyPrefix(api_key) || 'saved')} (${state})`]
  if (!answer) return [key]
  const { kind, organization, organizations, device_id, project_id, scopes, expires_at } = answer
  const pin = device_id ? `device ${device_id}` : project_id && `project ${project_id}`
  const member = organizations?.map(({ slug, role }) => `${slug} (${role})`).join(', ')
  return [
    key,
    ['Kind', KINDS[kind]],
    organization
      ? ['Organization', `${organization.name} (${organization.slug})`]
      : ['Organizations', member || 'none'],
    ...(pin ? [['Pinned to', pin] satisfies [string, string]] : []),
    ['Rights', scopes === null ? 'whatever your role allows' : scopes.join(', ') || 'none'],
    ['Expires', expires_at ?? 'never'],
  ]
}

const REASONS = {
  age: 'is more than 90 days old',
  expiry: 'ends soon',
  rotated: 'was rotated: another key has taken its place',
} as const

/** What to do before the key stops working by itself; undefined while nothing is due. */
function rotationAdvice({ answer, works }: Asked): string | undefined {
  const rotation = answer?.rotation
  if (!works || !rotation?.due || rotation.reason === null) return undefined
  const until = rotation.reason === 'age' ? '' : ` It works until ${rotation.by}.`
  const rest = rotation.reason === 'rotated' ? 'Put the new key here.' : 'Rotate it on the page API keys.'
  return `This key ${REASONS[rotation.reason]}.${until} ${rest}`
}

/** `9f8e7d…-c1a2`: enough to tell organizations apart. */
function shorten(id: string): string {
  return id.length > 20 ? `${id.slice(0, 6)}…-${id.slice(-4)}` : id
}
