import { isLoopback } from '../sdk/origin.ts'
import type { ApprovedDeviceLogin, StartedDeviceLogin } from '../sdk/wire.ts'
import type { Failure } from './failure.ts'
import type { Host } from './host.ts'
import { asCalled, clean, isLively, paint, say, sayJson, warn } from './print.ts'
import { qrCode } from './qr-code.ts'
import { profileFlag, type Saved } from './saved.ts'

type Shown = Omit<StartedDeviceLogin, 'device_code'>

/** What a login tells on its way; the key is never part of it. */
export interface Report {
  alreadySignedIn: (base_url: string, saved: Saved) => void
  welcome: (base_url: string) => void
  started: (base_url: string, login: Shown) => void
  waiting: (login: Shown, browser: { opened: boolean; tried: boolean }) => void
  /** A poll had no answer. */
  trouble: (message: string) => void
  /** The wait is over, however it went. */
  waited: () => void
  approved: (saved: Saved, approved: Omit<ApprovedDeviceLogin, 'api_key'>, key_prefix: string) => void
  failed: (failure: Failure) => void
}

const WAITING = 'Waiting for browser approval...'

/** For people: the lines the documentation shows. */
export function textReport(host: Host): Report {
  const { bold, dim, good, link } = paint(host.out, host.env)
  let stopWaiting = (): void => {}
  let troubled = false
  return {
    alreadySignedIn: (base_url, { name, profile }) => {
      const who = profile?.user_email ? ` as ${clean(profile.user_email)}` : ''
      say(host, `Already signed in to ${base_url}${who} (profile: ${name}).`)
      say(host, asCalled(host, `To sign in again, run: robotrace login --force${profileFlag(name)}`))
    },
    welcome: (base_url) => {
      say(host, `Welcome to RoboTrace (${link(base_url)}).`)
      say(host, 'Logging in this machine via your browser…')
      say(host)
    },
    started: (_, login) => {
      say(host, 'To authorize this device, open:')
      say(host, link(login.verification_uri_complete))
      say(host)
      say(host, `Confirmation code: ${bold(login.user_code)}`)
      say(host, 'Make sure the same code shows up on the page before you click Authorize.')
      say(host)
    },
    waiting: (login, { opened, tried }) => {
      if (tried && !opened) {
        warn(
          host,
          "The browser didn't open: copy the link by hand. `--no-browser` skips this, BROWSER=<program> names your own.",
        )
      }
      if (!opened) showQrCode(host, login.verification_uri_complete)
      stopWaiting = wait(host, login.expires_in)
    },
    trouble: (message) => {
      // Said once: it goes on by itself, and the next lines would only repeat it.
      if (troubled) return
      troubled = true
      if (isLively(host.out, host.env)) host.out.write('\r\u001b[2K')
      warn(host, `${message} Still trying.`)
    },
    waited: () => stopWaiting(),
    approved: ({ name, short_path }, approved) => {
      say(
        host,
        `${good('✓')} Logged in as ${bold(clean(approved.user_email) || 'a user without an address')}.`,
      )
      say(host, `Credentials saved to ${short_path} (profile: ${name}).`)
      say(host, `Portal: ${link(clean(approved.portal_url))}`)
      const { organization } = approved
      if (organization) say(host, `Organization: ${clean(organization.name)} (${clean(organization.slug)})`)
      if (host.env('ROBOTRACE_HOME')) {
        say(host, dim('ROBOTRACE_HOME is set: the file is there, not in ~/.robotrace.'))
      }
    },
    failed: () => {},
  }
}

/** For scripts: one event a line. */
export function jsonReport(host: Host): Report {
  const event = (name: string, members: object): void => sayJson(host, { event: name, ...members })
  return {
    alreadySignedIn: (base_url, { name, profile, path }) =>
      event('already_signed_in', {
        base_url,
        profile: name,
        user_email: profile?.user_email,
        credentials_path: path,
      }),
    welcome: () => {},
    started: (base_url, login) => event('started', { base_url, ...login }),
    waiting: (_, { opened }) => event('pending', { browser_opened: opened }),
    trouble: (message) => event('trouble', { message }),
    waited: () => {},
    approved: ({ name, path }, { status: _, ...approved }, key_prefix) =>
      event('approved', { profile: name, ...approved, key_prefix, credentials_path: path }),
    failed: ({ reason, message }) => event('failed', { reason, message: clean(message) }),
  }
}

/** A line that counts down where a person watches, and one plain line elsewhere. */
function wait(host: Host, expires_in: number): () => void {
  if (!isLively(host.out, host.env)) {
    say(host, WAITING)
    return () => {}
  }
  const { dim } = paint(host.out, host.env)
  const until = host.now() + expires_in * 1000
  const draw = (): void => {
    const left_s = Math.max(0, Math.ceil((until - host.now()) / 1000))
    const clock = `${Math.floor(left_s / 60)}:${String(left_s % 60).padStart(2, '0')}`
    host.out.write(`\r\u001b[2K${waitingLine(`${clock} left`, host.out.columns, dim)}`)
  }
  draw()
  const stop = host.every(1000, draw)
  return () => {
    stop()
    host.out.write(`\r\u001b[2K${WAITING}\n`)
  }
}

/** Never as wide as the terminal: a line that wraps is not overwritten by the next one, but pushed up. */
function waitingLine(clock: string, columns: number, dim: (text: string) => string): string {
  const room = (columns || 80) - 1
  return WAITING.length + 1 + clock.length <= room ? `${WAITING} ${dim(clock)}` : dim(clock.slice(0, room))
}

/** For the phone in one's hand; a phone cannot reach an address that means this very machine. */
function showQrCode(host: Host, url: string): void {
  if (!isLively(host.out, host.env) || isLoopback(new URL(url).hostname)) return
  const picture = qrCode(url, host.out)
  if (picture) say(host, `${picture}\n`)
}
