import type { TRPCError } from '@trpc/server'
import { createExpressMiddleware } from '@trpc/server/adapters/express'
import express, { type Express } from 'express'
import { anonymous, createAccess } from './access/access.ts'
import { providerRoutes } from './accounts/provider-routes.ts'
import type { AppContext } from './context.ts'
import { DOORS } from './doors.ts'
import { AppError } from './errors.ts'
import { health } from './health.ts'
import { bodyDeadline } from './http/body-deadline.ts'
import { clientUpdate } from './http/client-update.ts'
import type { Door, Guards } from './http/door.ts'
import { jsonText } from './http/json-text.ts'
import { knownHost } from './http/known-host.ts'
import { portal } from './http/portal.ts'
import { notFound, problemHandler } from './http/problem.ts'
import { admitPortal, countUnidentified } from './http/rate-limit.ts'
import { requestIds, requestLog } from './http/request-log.ts'
import { sameOrigin } from './http/same-origin.ts'
import { securityHeaders } from './http/security-headers.ts'
import { metricsDoor } from './metrics/door.ts'
import { publicError } from './procedures.ts'
import { VERSION } from './project.ts'
import { referencePage } from './reference/page.ts'
import { appRouter } from './trpc.ts'

export { DOORS } from './doors.ts'

const JSON_LIMIT = 1024 * 1024
const FORM = 'application/x-www-form-urlencoded'
const FORM_LIMIT = '10kb'

/**
 * The whole HTTP surface: guards first, then one line a slice, then the portal.
 *
 * @example const app = createApp(ctx)
 */
export function createApp(ctx: AppContext): Express {
  const app = express()
  app.disable('x-powered-by')
  app.disable('etag')
  app.set('trust proxy', ctx.config.trusted_proxies)
  app.set('query parser', 'simple')
  const { public_url, upload_idle_s } = ctx.config
  if (ctx.traces) app.use(ctx.traces.request)
  app.use(
    inTurn([
      bodyDeadline(upload_idle_s),
      requestLog(ctx),
      securityHeaders(public_url),
      clientUpdate(VERSION),
      knownHost(public_url),
      sameOrigin(public_url),
    ]),
  )
  const access = createAccess(ctx)
  mountDoors(app, ctx, DOORS, access)
  app.use(health(ctx))
  app.use('/metrics', metricsDoor(ctx))
  app.use(providerRoutes(ctx))
  app.use('/trpc', trpc(ctx, access.browser))
  app.use(['/api', '/auth', '/oauth', '/.well-known'], notFound)
  app.use('/api', countRefused(ctx))
  app.use(referencePage())
  app.use(portal())
  app.use(problemHandler(ctx.log))
  return app
}

/** Guards that decide at once, as one layer of the router: each layer of its own costs every request. */
function inTurn(guards: express.RequestHandler[]): express.RequestHandler {
  return (request, response, next) => {
    for (const guard of guards) guard(request, response, decided)
    next()
  }
}

/** What was refused before anybody knew whose request it is counts for its network. */
function countRefused(ctx: AppContext): express.ErrorRequestHandler {
  // Express knows an error handler by its four parameters.
  return async (thrown: unknown, request, _response, next) => {
    await countUnidentified(ctx, request)
    next(thrown)
  }
}

/** A guard refuses by throwing; that it calls this says nothing more. */
function decided(): void {}

/** A known path asked with another method is 405 and says which methods it answers. */
function mountDoors(app: Express, ctx: AppContext, doors: readonly Door[], guards: Guards): void {
  const readText = jsonText(JSON_LIMIT)
  const readForm = express.text({ type: [FORM, 'application/json'], limit: FORM_LIMIT })
  for (const one of doors) {
    const handler = one.handler(ctx, guards)
    if (one.method === 'GET') app.get(one.path, handler)
    if (one.method === 'POST') app.post(one.path, one.dialect === 'oauth' ? readForm : readText, handler)
    if (one.method === 'PUT') app.put(one.path, handler)
    if (one.method === 'PATCH') app.patch(one.path, readText, handler)
    if (one.method === 'DELETE') app.delete(one.path, handler)
  }
  for (const path of new Set(doors.map((one) => one.path))) {
    const methods = doors.filter((one) => one.path === path).map((one) => one.method)
    app.all(path, (request, response) => {
      const allowed = methods.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method])).join(', ')
      response.setHeader('Allow', allowed)
      throw new AppError('method_not_allowed', `${request.method} is not answered here. Use ${allowed}.`)
    })
  }
}

function trpc(ctx: AppContext, browser: ReturnType<typeof createAccess>['browser']): express.RequestHandler {
  const answer = createExpressMiddleware({
    router: appRouter,
    createContext: async ({ req, res }) => ({
      app: ctx,
      request: req,
      response: res,
      findPerson: once(async () => {
        const person = await browser(req)
        await admitPortal(ctx, req, person, procedureCount(req))
        return person
      }),
      anonymous: anonymous(req),
    }),
    responseMeta: ({ errors }) => ({ headers: trpcHeaders(errors) }),
    maxBodySize: 1_000_000,
    onError({ error, ctx: context }) {
      if (error.code !== 'INTERNAL_SERVER_ERROR') return
      ctx.log.error(
        { err: error.cause ?? error, ...(context && requestIds(context.response)) },
        'unexpected error',
      )
    },
  })
  return (request, response, next) => {
    refuseLongBatch(request)
    // An HTML form can send multipart and text/plain from any site, and tRPC would run them. Only JSON is taken.
    if (request.method === 'POST' && !request.is('application/json'))
      throw new AppError('unsupported_media_type')
    return answer(request, response, next)
  }
}

/** The portal sends ten at most; whoever sends a thousand in one request wants to hold everybody else up. */
const MAX_BATCH = 20

function refuseLongBatch(request: express.Request): void {
  if (procedureCount(request) <= MAX_BATCH) return
  throw new AppError('invalid_request', `At most ${MAX_BATCH} procedures fit in one request. Send several.`)
}

/** Their names stand in the path, separated by commas. */
function procedureCount({ originalUrl }: express.Request): number {
  const [path = ''] = originalUrl.split('?')
  return path.split(/,|%2c/i).length
}

function trpcHeaders(errors: TRPCError[]): Headers {
  const headers = new Headers({ 'Cache-Control': 'no-store' })
  const waits = errors.map((error) => publicError(error).extra.retry_after ?? 0)
  if (Math.max(0, ...waits) > 0) headers.set('Retry-After', String(Math.max(...waits)))
  return headers
}

function once<T>(find: () => Promise<T>): () => Promise<T> {
  let found: Promise<T> | undefined
  return () => {
    found ??= find()
    return found
  }
}
