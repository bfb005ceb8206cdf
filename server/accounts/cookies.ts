import { parse, serialize } from 'cookie'
import type { Request, Response } from 'express'
import type { AppContext } from '../context.ts'
import { SESSION_LIFE_MS } from './sessions.ts'

/** How long a browser is remembered as one that this account has signed in from. */
const DEVICE_LIFE_MS = 365 * 24 * 60 * 60 * 1000

/** How long somebody may take at the provider. */
const PROVIDER_LIFE_MS = 10 * 60 * 1000

type Web = Pick<AppContext, 'config'>

/** The session value a request carries, if any. */
export function sessionOf(ctx: Web, request: Request): string | undefined {
  return readCookie(request, names(ctx).session)
}

/** Whether this browser holds the proof that it signed in to this account before. */
export function isKnownDevice(
  ctx: Pick<AppContext, 'config' | 'signing'>,
  request: Request,
  account_id: string,
): boolean {
  const proof = readCookie(request, names(ctx).device)
  return proof !== undefined && ctx.signing.verify('known-device', account_id, proof)
}

export function setSessionCookie(
  ctx: Pick<AppContext, 'config' | 'signing'>,
  response: Response,
  { session, account_id }: { session: string; account_id: string },
): void {
  setCookie(ctx, response, names(ctx).session, session, SESSION_LIFE_MS)
  setCookie(ctx, response, names(ctx).device, ctx.signing.sign('known-device', account_id), DEVICE_LIFE_MS)
}

export function clearSessionCookie(ctx: Web, response: Response): void {
  setCookie(ctx, response, names(ctx).session, '', 0)
}

/** What waits, sealed, for the provider to send this browser back. */
export function providerCookieOf(ctx: Web, request: Request): string | undefined {
  return readCookie(request, names(ctx).provider)
}

/** @param sealed undefined: the cookie goes, as soon as it was used */
export function setProviderCookie(ctx: Web, response: Response, sealed: string | undefined): void {
  setCookie(ctx, response, names(ctx).provider, sealed ?? '', sealed === undefined ? 0 : PROVIDER_LIFE_MS)
}

/** `__Host-` binds a cookie to this origin, but browsers take it over https only; loopback http has a plain name. */
function names(ctx: Web): { session: string; device: string; provider: string } {
  const prefix = isHttps(ctx) ? '__Host-' : ''
  return {
    session: `${prefix}robotrace_session`,
    device: `${prefix}robotrace_device`,
    provider: `${prefix}robotrace_provider`,
  }
}

function setCookie(ctx: Web, response: Response, name: string, value: string, life_ms: number): void {
  response.append(
    'Set-Cookie',
    serialize(name, value, {
      httpOnly: true,
      sameSite: 'lax',
      path: '/',
      secure: isHttps(ctx),
      maxAge: life_ms / 1000,
    }),
  )
}

function isHttps(ctx: Web): boolean {
  return ctx.config.public_url.startsWith('https:')
}

function readCookie(request: Request, name: string): string | undefined {
  return parse(request.headers.cookie ?? '')[name] || undefined
}
