import { initTRPC, TRPCError } from '@trpc/server'
import type { Request, Response } from 'express'
import { ZodError } from 'zod'
import { requireVerified } from './accounts/verified.ts'
import type { AnonymousCaller, PersonCaller } from './caller.ts'
import type { AppContext } from './context.ts'
import { AppError, toAppError, toProblem } from './errors.ts'
import { invalidInput } from './http/fields.ts'
import { requestId } from './http/request-log.ts'
import { PROBLEMS } from './problems.ts'

/** What a tRPC procedure knows of its request. */
export interface PortalContext {
  app: AppContext
  request: Request
  response: Response
  /** The signed-in person, if any; looked up once a request, however many procedures it carries. */
  findPerson: () => Promise<PersonCaller | undefined>
  anonymous: AnonymousCaller
}

const t = initTRPC.context<PortalContext>().create({
  isDev: false,
  errorFormatter({ shape, error, ctx }) {
    const known = publicError(error)
    const problem = toProblem(known, {
      instance: instanceOf(ctx?.request),
      request_id: ctx ? requestId(ctx.response) : '',
    })
    return {
      ...shape,
      message: problem.detail,
      data: { code: shape.data.code, httpStatus: problem.status, problem },
    }
  },
})

/** The names of a whole batch would be repeated in each of its errors. */
function instanceOf(request: Request | undefined): string {
  const path = request?.originalUrl.split('?')[0] ?? '/trpc'
  return path.includes(',') ? '/trpc' : path
}

/** Gives a thrown AppError its own tRPC code; without this, every refusal would be a 500. */
const refusals = t.middleware(async ({ next }) => {
  const result = await next()
  if (result.ok) return result
  const known = publicError(result.error)
  throw new TRPCError({ code: PROBLEMS[known.code].trpc, message: known.detail, cause: known })
})

export const router = t.router

/** Anybody; `person` is set when somebody is signed in. */
export const open = t.procedure
  .use(refusals)
  .use(async ({ ctx, next }) => next({ ctx: { ...ctx, person: await ctx.findPerson() } }))

/** A signed-in person. */
export const signedIn = open.use(({ ctx, next }) => {
  if (!ctx.person) throw new AppError('unauthenticated')
  return next({ ctx: { ...ctx, person: ctx.person } })
})

/** A signed-in person who has proved to be there in the last two hours (security: approve, mint, reveal, roles). */
export const verified = signedIn.use(({ ctx, next }) => {
  requireVerified(ctx.app, ctx.person)
  return next()
})

/** An administrator of the installation. */
export const staff = signedIn.use(({ ctx, next }) => {
  if (!ctx.person.staff) throw new AppError('forbidden')
  return next()
})

/** What may be told of a tRPC error: our own refusals, wrong input, or nothing. */
export function publicError(error: TRPCError): AppError {
  if (error.cause instanceof AppError) return error.cause
  if (error.cause instanceof ZodError) return invalidInput(error.cause)
  if (error.code === 'NOT_FOUND') return new AppError('not_found', 'No such procedure.')
  if (error.code === 'METHOD_NOT_SUPPORTED') return new AppError('method_not_allowed')
  if (error.code === 'UNSUPPORTED_MEDIA_TYPE') return new AppError('unsupported_media_type')
  if (error.code === 'PAYLOAD_TOO_LARGE') return new AppError('too_large')
  if (error.code === 'BAD_REQUEST' || error.code === 'PARSE_ERROR') return new AppError('invalid_request')
  return toAppError(error.cause ?? error)
}
