import { type Request, type Response, Router } from 'express'
import { z } from 'zod'
import type { PersonCaller } from '../caller.ts'
import type { AppContext } from '../context.ts'
import { AppError } from '../errors.ts'
import { originOf } from '../http/client-address.ts'
import { admit } from '../http/rate-limit.ts'
import { requestIds } from '../http/request-log.ts'
import { providerCookieOf, sessionOf, setProviderCookie, setSessionCookie } from './cookies.ts'
import { linkIdentity, signInByProvider } from './provider.ts'
import type { Profile, Provider } from './provider-client.ts'
import { endOwnSession, findPersonBySession } from './sessions.ts'

/**
 * What a browser keeps, sealed, while it is at the provider: nobody else's answer fits it, and it opens for ten
 * minutes.
 */
const pendingSignIn = z.object({
  state: z.string(),
  nonce: z.string(),
  code_verifier: z.string(),
  /** Where the person wanted to go; the sign-in page judges it. */
  next: z.string(),
  /** Set: links the provider's account to this one instead of signing in. */
  link: z.string().optional(),
  expires: z.number(),
})

type Pending = z.output<typeof pendingSignIn>

const LIFE_MS = 10 * 60 * 1000
const SEALED_FOR = 'provider sign-in'

/**
 * `GET /auth/oidc/start?next=…` sends a browser to the provider, `GET /auth/oidc/callback` takes it back. Whatever
 * comes out of it, the browser ends on a page of ours: on the sign-in page, which goes on to `next` by its own rule or
 * says what was wrong, or in the settings after linking.
 */
export function providerRoutes(ctx: AppContext): Router {
  const router = Router()
  router.get('/auth/oidc/start', async (request, response) => {
    const provider = requireProvider(ctx)
    await admitAnybody(ctx, request)
    const next = typeof request.query.next === 'string' ? request.query.next.slice(0, 500) : ''
    const url = await beginAtProvider(ctx, provider, response, { next }).catch((error: unknown) => {
      ctx.log.warn(
        { why: reasonOf(error), ...requestIds(response) },
        'the sign-in provider cannot be reached',
      )
      return loginPage({ next }, 'unreachable')
    })
    leaveTo(response, url)
  })
  router.get('/auth/oidc/callback', async (request, response) => {
    const provider = requireProvider(ctx)
    // Each answer costs a request to the provider, and the cookie that goes with it can be sent again.
    await admitAnybody(ctx, request)
    const pending = openPending(ctx, providerCookieOf(ctx, request))
    setProviderCookie(ctx, response, undefined)
    if (!pending) return leaveTo(response, loginPage({ next: '' }, 'failed'))
    const profile = await finishAtProvider(ctx, provider, request, pending)
    const finish = pending.link === undefined ? finishSignIn : finishLinking
    leaveTo(response, await finish(ctx, request, response, pending, profile))
  })
  return router
}

/**
 * Sends somebody who is signed in to the provider, to link the account they have there.
 *
 * @returns where the browser has to go
 * @throws AppError not_found without a provider, unavailable when it does not answer
 */
export async function beginLinking(
  ctx: AppContext,
  caller: PersonCaller,
  response: Response,
): Promise<{ url: string }> {
  const provider = requireProvider(ctx)
  const asked = { next: '', link: caller.account_id }
  const url = await beginAtProvider(ctx, provider, response, asked).catch((cause: unknown) => {
    throw new AppError('unavailable', `${provider.name} does not answer. Try again later.`, {}, { cause })
  })
  return { url }
}

async function admitAnybody(ctx: AppContext, request: Request): Promise<void> {
  await admit(ctx, request, undefined, async () => ({ kind: 'anonymous', ...originOf(request) }))
}

function requireProvider(ctx: AppContext): Provider {
  if (!ctx.provider) throw new AppError('not_found', 'This server has no sign-in provider.')
  return ctx.provider
}

async function beginAtProvider(
  ctx: AppContext,
  provider: Provider,
  response: Response,
  asked: Pick<Pending, 'next' | 'link'>,
): Promise<string> {
  const { url, pending } = await provider.begin()
  const kept: Pending = { ...pending, ...asked, expires: ctx.now().getTime() + LIFE_MS }
  setProviderCookie(ctx, response, ctx.signing.seal(JSON.stringify(kept), SEALED_FOR))
  return url
}

function openPending(ctx: AppContext, sealed: string | undefined): Pending | undefined {
  if (sealed === undefined) return undefined
  try {
    const pending = pendingSignIn.parse(JSON.parse(ctx.signing.unseal(sealed, SEALED_FOR)))
    return pending.expires > ctx.now().getTime() ? pending : undefined
  } catch {
    // Not sealed here, or for something else: as good as none.
    return undefined
  }
}

/** @returns undefined when anything about the provider's answer is wrong; the log says what */
async function finishAtProvider(
  ctx: AppContext,
  provider: Provider,
  request: Request,
  pending: Pending,
): Promise<Profile | undefined> {
  const { originalUrl } = request
  const query = originalUrl.includes('?') ? originalUrl.slice(originalUrl.indexOf('?')) : ''
  return provider.finish(query, pending).catch((error: unknown) => {
    const ids = request.res && requestIds(request.res)
    ctx.log.warn({ why: reasonOf(error), ...ids }, 'a sign-in through the provider failed')
    return undefined
  })
}

/** The sentences of an error and its causes; what else hangs on them may hold the code. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown'
  return error.cause instanceof Error ? `${error.message}: ${reasonOf(error.cause)}` : error.message
}

type Finish = (
  ctx: AppContext,
  request: Request,
  response: Response,
  pending: Pending,
  profile: Profile | undefined,
) => Promise<string>

const finishSignIn: Finish = async (ctx, request, response, pending, profile) => {
  if (!profile) return loginPage(pending, request.query.error === 'access_denied' ? 'cancelled' : 'failed')
  const result = await signInByProvider(ctx, profile, originOf(request))
  if ('refused' in result) return loginPage(pending, result.refused)
  // The old session is not adopted: whoever planted its cookie stays outside.
  const before = await personOf(ctx, request)
  if (before) await endOwnSession(ctx, before)
  setSessionCookie(ctx, response, { session: result.session, account_id: result.account.id })
  return loginPage(pending)
}

const finishLinking: Finish = async (ctx, request, _response, pending, profile) => {
  const caller = await personOf(ctx, request)
  // Somebody else has signed in to this browser meanwhile.
  if (!profile || !caller || caller.account_id !== pending.link) return '/portal/settings?provider=failed'
  const refused = await linkIdentity(ctx, caller, profile)
  return `/portal/settings?provider=${refused ?? 'linked'}`
}

async function personOf(ctx: AppContext, request: Request): Promise<PersonCaller | undefined> {
  const session = sessionOf(ctx, request)
  return session === undefined ? undefined : findPersonBySession(ctx, session, originOf(request))
}

/** The sign-in page sends on whoever is signed in, and tells the others why they are not. */
function loginPage({ next }: Pick<Pending, 'next'>, outcome?: string): string {
  const query = new URLSearchParams()
  if (outcome !== undefined) query.set('provider', outcome)
  if (next !== '') query.set('next', next)
  return `/login?${query}`
}

function leaveTo(response: Response, url: string): void {
  response.setHeader('Cache-Control', 'no-store')
  response.redirect(303, url)
}
