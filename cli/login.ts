import { startDeviceLogin, waitForApproval } from '../sdk/device-login.ts'
import { RobotraceError } from '../sdk/errors.ts'
import { checkWritable, saveProfile } from '../sdk/host/write-credentials.ts'
import { keyPrefix, keyProblem } from '../sdk/key-format.ts'
import { revokeOwnKey } from '../sdk/own-key.ts'
import type { ApprovedDeviceLogin } from '../sdk/wire.ts'
import { reasonForNoBrowser } from './browser.ts'
import { hearing } from './client-update.ts'
import type { Command, Given } from './command.ts'
import { EXIT, Failure, failureOf } from './failure.ts'
import type { Host } from './host.ts'
import { jsonReport, type Report, textReport } from './login-report.ts'
import { LOGIN_SCOPES } from './login-scopes.ts'
import { clean, cleanAll, warn } from './print.ts'
import { confirmAccount } from './same-account.ts'
import { addressOf, isSameAddress, type Saved, savedProfile, warnPlainHttp } from './saved.ts'

/** A deployment of one's own listens here when nothing else is said. */
const USUAL_ADDRESS = 'http://localhost:3000'

/** What a login asks for anyway. */
const USUAL_SCOPES = ['episodes:write', 'episodes:read', 'evals:write', 'evals:read', 'fleet:read']

const NOTHING_SAVED = 'Nothing was saved.'

export const login: Command = {
  name: 'login',
  summary: 'sign in through the browser and save a key for your scripts',
  examples: ['robotrace login', 'robotrace login --profile staging --base-url https://staging.example.org'],
  flags: [
    {
      name: 'base-url',
      value: 'url',
      about: `the deployment (default: ROBOTRACE_BASE_URL, the profile's own, ${USUAL_ADDRESS})`,
    },
    { name: 'profile', value: 'name', about: 'save under this name (default: "default")' },
    {
      name: 'scope',
      value: 'scope',
      many: true,
      choices: LOGIN_SCOPES,
      about: `ask for ${LOGIN_SCOPES.join(' or ')} beside the usual rights; repeatable`,
    },
    { name: 'no-browser', about: 'only print the link' },
    { name: 'force', about: 'sign in again; accept another account where nobody can be asked' },
    { name: 'json', about: 'print one JSON event a line, for scripts' },
  ],
  run: async (host, given) => {
    const report = given.flag('json') ? jsonReport(host) : textReport(host)
    try {
      return await signIn(host, given, report)
    } catch (error) {
      const failure = failureOf(error)
      report.failed(failure)
      throw failure
    }
  },
}

async function signIn(host: Host, given: Given, report: Report): Promise<number> {
  const saved = savedProfile(host, given)
  const base_url = chooseAddress(host, given, saved)
  const scopes = scopesOf(given)
  if (!given.flag('force') && isSignedIn(saved, base_url) && scopes.every((one) => hasAsked(saved, one))) {
    report.alreadySignedIn(base_url, saved)
    return EXIT.ok
  }
  const stop = new AbortController()
  const forget = host.onInterrupt((status) => stop.abort(interrupted(status)))
  let approved: ApprovedDeviceLogin
  try {
    // Before anybody clicks anything: a file that cannot be written would cost them the key.
    await checkWritable(saved.path, stop.signal)
    warnPlainHttp(host, base_url)
    warnReplaced(host, saved, base_url)
    approved = await approve(host, given, { base_url, scopes, report }, stop.signal)
    await keep(host, given, { saved, scopes, approved }, stop.signal)
  } finally {
    forget()
  }
  report.approved(saved, withoutKey(approved), keyPrefix(approved.api_key))
  warnWithheld(host, scopes, approved)
  if (host.env('ROBOTRACE_API_KEY')) {
    warn(host, 'ROBOTRACE_API_KEY is set, and wins over the saved key until you remove it.')
  }
  return EXIT.ok
}

/** @throws Failure for a scope that no login gives away */
function scopesOf(given: Given): readonly string[] {
  const scopes = [...new Set(given.list('scope'))].sort()
  const other = scopes.find((scope) => !LOGIN_SCOPES.includes(scope))
  if (other === undefined) return scopes
  throw new Failure(`A login does not give the scope ${clean(other)} away.`, {
    hint: LOGIN_SCOPES.map((scope) => `\`--scope ${scope}\``).join(', '),
    status: EXIT.usage,
  })
}

/** Nothing is said where nothing is asked for: every deployment knows that. */
function scopeText(scopes: readonly string[]): string | undefined {
  return scopes.length === 0 ? undefined : [...USUAL_SCOPES, ...scopes].join(' ')
}

function hasAsked({ profile }: Saved, scope: string): boolean {
  return (profile?.scopes ?? '').split(' ').includes(scope)
}

function warnWithheld(host: Host, scopes: readonly string[], { scope }: ApprovedDeviceLogin): void {
  const granted = scope?.split(' ')
  const withheld = scopes.filter((one) => granted !== undefined && !granted.includes(one))
  if (withheld.length === 0) return
  warn(host, `Not granted: ${withheld.join(', ')}. The role of whoever approved it does not allow that.`)
}

function chooseAddress(host: Host, given: Given, { profile }: Saved): string {
  const flag = given.text('base-url')
  if (flag !== undefined) return addressOf(flag, '--base-url')
  const variable = host.env('ROBOTRACE_BASE_URL')
  if (variable !== undefined) return addressOf(variable, 'ROBOTRACE_BASE_URL')
  return addressOf(profile?.base_url ?? USUAL_ADDRESS, "The profile's base_url")
}

function isSignedIn({ profile }: Saved, base_url: string): boolean {
  return profile?.api_key !== undefined && isSameAddress(profile.base_url, base_url)
}

function warnReplaced(host: Host, { name, profile }: Saved, base_url: string): void {
  if (!profile?.api_key || !profile.base_url || isSameAddress(profile.base_url, base_url)) return
  const who = profile.user_email ? ` as ${clean(profile.user_email)}` : ''
  warn(
    host,
    `Profile '${name}' is signed in to ${clean(profile.base_url)}${who}. This login will replace it; \`--profile <name>\` keeps both.`,
  )
}

/** Everything up to the key: start, show, wait. Ctrl-C at any point ends it, and nothing was saved. */
async function approve(
  host: Host,
  given: Given,
  { base_url, scopes, report }: { base_url: string; scopes: readonly string[]; report: Report },
  signal: AbortSignal,
): Promise<ApprovedDeviceLogin> {
  const options = { base_url, user_agent: host.user_agent, fetch: hearing(host), signal }
  try {
    report.welcome(base_url)
    const who = { user_agent: host.user_agent, hostname: host.hostname, scope: scopeText(scopes) }
    const started = await startDeviceLogin(who, options)
    const { device_code, ...shown } = started
    report.started(base_url, cleanAll(shown))
    const why_not = given.flag('no-browser') ? '' : reasonForNoBrowser(host.env, host.platform)
    const opened = why_not === undefined && (await host.openBrowser(started.verification_uri_complete))
    signal.throwIfAborted()
    report.waiting(cleanAll(shown), { opened, tried: why_not === undefined })
    return await waitForApproval(started, {
      ...options,
      now: host.now,
      sleep: host.sleep,
      on_trouble: (error) => report.trouble(clean(error.message)),
    })
  } finally {
    report.waited()
  }
}

/** Saves the key, or ends it again: a key that is nowhere saved must not stay alive. */
async function keep(
  host: Host,
  given: Given,
  { saved, scopes, approved }: { saved: Saved; scopes: readonly string[]; approved: ApprovedDeviceLogin },
  signal: AbortSignal,
): Promise<void> {
  const { api_key, base_url } = approved
  const told = cleanAll(withoutKey(approved))
  try {
    const problem = keyProblem(api_key)
    if (problem) throw new Failure(`The key that the server sent ${problem}.`)
    await confirmAccount(host, saved.profile, told, given.flag('force'), signal)
    await saveProfile(
      saved.name,
      {
        api_key,
        base_url,
        client_id: told.client_id || undefined,
        user_email: told.user_email || undefined,
        written_at: `${new Date(host.now()).toISOString().slice(0, 19)}Z`,
        scopes: scopes.join(' ') || undefined,
      },
      saved.path,
      saved.short_path,
      signal,
    )
  } catch (error) {
    const revoked = await revokeAgain(host, approved)
    // What is no error of ours ends with its stack; about the key it says nothing.
    if (!(error instanceof Failure || error instanceof RobotraceError)) warn(host, revoked)
    const { message, hint, status, reason } = failureOf(error)
    const nothing = message.includes(NOTHING_SAVED) ? '' : ` ${NOTHING_SAVED}`
    throw new Failure(`${message}${nothing} ${revoked}`, { hint, status, reason })
  }
}

/** The sentence about what became of a key that is not kept. */
async function revokeAgain(host: Host, { api_key, base_url }: ApprovedDeviceLogin): Promise<string> {
  const which = ['The new key', keyPrefix(api_key)].filter(Boolean).join(' ')
  return await revokeOwnKey({ api_key, base_url, user_agent: host.user_agent }).then(
    () => `${which} has been revoked again.`,
    () => `${which} could not be revoked, and may be alive: revoke it in the portal → API keys.`,
  )
}

function withoutKey({ api_key: _, ...rest }: ApprovedDeviceLogin): Omit<ApprovedDeviceLogin, 'api_key'> {
  return rest
}

function interrupted(status: number): Failure {
  return new Failure(`Canceled. ${NOTHING_SAVED}`, { status, reason: 'canceled' })
}
