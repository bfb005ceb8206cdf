import { inspect } from 'node:util'
import { DeviceLoginError } from '../sdk/device-login.ts'
import {
  APIError,
  AuthError,
  ConfigurationError,
  RobotraceError,
  ServerError,
  TransportError,
} from '../sdk/errors.ts'
import { hideKeys } from '../sdk/key-format.ts'
import type { Host } from './host.ts'
import { asCalled, clean, paint } from './print.ts'

/** What the exit status says. */
export const EXIT = { ok: 0, failure: 1, usage: 2, not_signed_in: 4, interrupted: 130 } as const

interface More {
  details?: readonly string[]
  hint?: string
  status?: number
  reason?: string
}

/**
 * Why a command stops: what happened, what to do about it, and the exit status.
 *
 * @example throw new Failure('Nobody is signed in.', { hint: 'robotrace login', status: EXIT.not_signed_in })
 */
export class Failure extends Error {
  /** One a line below the message. */
  readonly details: readonly string[]
  readonly hint: string | undefined
  readonly status: number
  /** For scripts, in events. */
  readonly reason: string

  constructor(message: string, more: More = {}) {
    super(message)
    this.name = 'Failure'
    this.details = more.details ?? []
    this.hint = more.hint
    this.status = more.status ?? EXIT.failure
    this.reason = more.reason ?? 'failed'
  }
}

/** Whatever was thrown, as a failure to show. What is no error of ours stays one, for its stack. */
export function failureOf(error: unknown): Failure {
  if (error instanceof Failure) return error
  if (error instanceof DeviceLoginError) return loginFailure(error)
  if (error instanceof AuthError) {
    return new Failure(error.message, { hint: 'run `robotrace login`', reason: 'unauthenticated' })
  }
  if (error instanceof TransportError) {
    return new Failure(error.message, {
      hint: 'check the address (`--base-url` names another one) and that the server is up',
      reason: 'unreachable',
    })
  }
  if (error instanceof APIError) return new Failure(error.message, { hint: hintFor(error) })
  if (error instanceof ConfigurationError) {
    return new Failure(error.message, {
      hint: 'check the file and its folder, or point ROBOTRACE_HOME at a folder of your own',
    })
  }
  if (error instanceof RobotraceError) return new Failure(error.message)
  throw error
}

/** On standard error: what happened, then what to do. No key and no control character gets through. */
export function showFailure(host: Host, failure: Failure): void {
  const { bad, bold } = paint(host.err, host.env)
  const safe = (text: string): string => clean(hideKeys(asCalled(host, text)))
  host.err.write(`${bad('Error:')} ${safe(failure.message)}\n`)
  for (const line of failure.details) host.err.write(`  - ${safe(line)}\n`)
  if (failure.hint) host.err.write(`${bold('Try:')} ${safe(failure.hint)}\n`)
}

/** On standard error: what nobody expected, with its stack, for a report of a bug. No key gets through here either. */
export function showCrash(host: Host, error: unknown): void {
  const lines = hideKeys(inspect(error)).split('\n')
  host.err.write(`${lines.map(clean).join('\n')}\n`)
}

/** What to do about an answer that refuses, or is none; undefined where the server's own sentence says it. */
function hintFor(error: APIError): string | undefined {
  const { status, request_id } = error
  if (status < 200 || (status >= 300 && status < 400)) {
    return 'use the address it redirects to, usually the same one with https:// instead of http://'
  }
  if (status >= 500) {
    const which = request_id ? ` (request ${request_id} in its log)` : ''
    return `again in a minute; if it stays so, ask whoever runs the server${which}`
  }
  if (error instanceof ServerError) {
    return 'check that the address is that of a RoboTrace deployment (`--base-url` names another one), and up to date'
  }
  return undefined
}

function loginFailure(error: DeviceLoginError): Failure {
  const { reason } = error
  const lost = error.cause instanceof RobotraceError ? ` The last poll failed: ${error.cause.message}` : ''
  const hints = {
    expired: 'run `robotrace login` again; a login stays open for 10 minutes',
    denied: 'run `robotrace login` again; if you clicked Refuse yourself, nothing has changed',
    consumed:
      'revoke the newest `robotrace-cli` key in the portal → API keys, then run `robotrace login` again',
  }
  return new Failure(`${error.message}${lost}`, { hint: hints[reason], reason })
}
