import type { Request, RequestHandler, Response } from 'express'
import { z } from 'zod'
import type { AnonymousCaller, Caller, OrganizationCaller, Origin, PersonCaller } from '../caller.ts'
import type { AppContext } from '../context.ts'
import { AppError, type Code } from '../errors.ts'
import { requireCredentialScope } from '../organizations/permissions.ts'
import type { Scope } from '../organizations/scopes.ts'
import { originOf } from './client-address.ts'
import { invalidInput } from './fields.ts'
import { parseJson } from './json.ts'
import { admit } from './rate-limit.ts'
import { sendJson } from './send-json.ts'

/**
 * Who may call:
 * - `organization`: an `rt_` key, or a personal credential that names the organization it acts in
 * - `credential`: whatever is presented in a header, an organization named or not
 * - `key_or_person`: that, or a signed-in browser
 * - `person`: somebody, by a personal credential or a signed-in browser
 * - `anyone`
 */
interface Callers {
  organization: OrganizationCaller
  credential: Caller
  key_or_person: Caller
  person: PersonCaller
  anyone: AnonymousCaller
}
export type CallerKind = keyof Callers

/** Turn a request into a caller or refuse it. Made by access/, handed to the doors when they are mounted. */
export type Guards = { [Kind in CallerKind]: (request: Request) => Promise<Callers[Kind]> }

/**
 * A real request, which the reference prints and test/every-example.test.ts sends. `$id` in a path stands for an
 * episode of the caller's.
 */
export interface Example {
  params?: Record<string, string>
  query?: Record<string, string>
  body?: unknown
}

/** What is declared once for every route; the handler, OpenAPI and every-route.test.ts read it. */
interface Declaration<Kind extends CallerKind, Input extends z.ZodType> {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Express path, `:name` for parameters. */
  path: string
  caller: Kind
  /** What a key must be allowed to do here; what a person's role must allow, the noun says. */
  scope?: Scope
  summary: string
  /** What else a reader of the reference needs to know, as Markdown. */
  description?: string
  /** Query, body and path parameters in one object; the path wins, so a body cannot overrule the URL. */
  input: Input
  /** Why this route is never refused for its rate; left out: it costs its caller one request. */
  unlimited?: string
  /** Refusals beyond 400, 401, 429 and 500, for the documents. */
  refusals?: Code[]
  /** Media type of a body that is not JSON. */
  takes?: string
  example: Example
}

interface JsonDeclaration<Kind extends CallerKind, Input extends z.ZodType, Output extends z.ZodType>
  extends Declaration<Kind, Input> {
  status: 200 | 201
  output: Output
  handle: (
    ctx: AppContext,
    input: z.output<Input>,
    caller: Callers[Kind],
    from: Origin,
  ) => Promise<z.input<Output>>
}

interface StreamDeclaration<Kind extends CallerKind, Input extends z.ZodType>
  extends Declaration<Kind, Input> {
  status: 200 | 201 | 302
  /** What travels, in words. */
  answers: string
  /** Its shape, where it is JSON all the same. */
  output?: z.ZodType
  /** The body is multipart/form-data with these fields, which the noun reads as they come. */
  form?: z.ZodType
  /** The body is left as the text that came: its signature has to be checked before anything reads it. */
  signedBody?: true
  respond: (
    ctx: AppContext,
    input: z.output<Input>,
    caller: Callers[Kind],
    http: { request: Request; response: Response },
  ) => Promise<void>
}

/** A declared route, its types forgotten so that all of them fit one list. */
export interface Door extends Declaration<CallerKind, z.ZodType> {
  /** Form-encoded, with RFC 6749 errors, where the others speak JSON and problems. */
  dialect?: 'oauth'
  status: number
  output: z.ZodType | undefined
  answers: string | undefined
  form?: z.ZodType
  handler: (ctx: AppContext, guards: Guards) => RequestHandler
}

/**
 * Declares a JSON route.
 *
 * @example door({ method: 'POST', path: '/api/ingest/episode', caller: 'organization', input, output, status: 201, … })
 */
export function door<Kind extends CallerKind, Input extends z.ZodType, Output extends z.ZodType>(
  declared: JsonDeclaration<Kind, Input, Output>,
): Door {
  return {
    ...declared,
    answers: undefined,
    handler: (ctx, guards) => async (request, response) => {
      const caller = await callerOf(ctx, guards, declared, request)
      const answer = await declared.handle(ctx, readInput(declared.input, request), caller, originOf(request))
      // In production the handler's type is trusted; while developing, an answer that drifts from the contract fails.
      if (!ctx.config.production) declared.output.parse(answer)
      sendJson(response, declared.status, answer)
    },
  }
}

/** Declares a route that takes or gives bytes, or redirects. */
export function streamDoor<Kind extends CallerKind, Input extends z.ZodType>(
  declared: StreamDeclaration<Kind, Input>,
): Door {
  return {
    ...declared,
    output: declared.output,
    handler: (ctx, guards) => async (request, response) => {
      const caller = await callerOf(ctx, guards, declared, request)
      const streamed = declared.signedBody || declared.form !== undefined
      const input = readInput(declared.input, request, streamed ? {} : readBody(request))
      await declared.respond(ctx, input, caller, { request, response })
    },
  }
}

/** Who it is, within their rate, with the right to be here. */
async function callerOf<Kind extends CallerKind>(
  ctx: AppContext,
  guards: Guards,
  { caller: kind, scope, unlimited }: Pick<Declaration<Kind, z.ZodType>, 'caller' | 'scope' | 'unlimited'>,
  request: Request,
): Promise<Callers[Kind]> {
  const caller = await admit(ctx, request, unlimited, () => guards[kind](request))
  requireScope(caller, scope)
  return caller
}

function requireScope(caller: Caller | AnonymousCaller, scope: Scope | undefined): void {
  if (scope !== undefined && caller.kind !== 'anonymous') requireCredentialScope(caller, scope)
}

function readInput<Input extends z.ZodType>(
  schema: Input,
  request: Request,
  body: object = readBody(request),
): z.output<Input> {
  if (request.method === 'PATCH') refuseNothingKnown(schema, request, body)
  const parsed = schema.safeParse({ ...request.query, ...body, ...request.params })
  if (!parsed.success) throw invalidInput(parsed.error)
  return parsed.data
}

/**
 * What a later version adds is ignored by this one, but a change of which nothing is understood would be answered as done.
 *
 * @throws AppError invalid_request naming what can be changed
 */
function refuseNothingKnown(schema: z.ZodType, request: Request, body: object): void {
  if (!(schema instanceof z.ZodObject)) return
  const known = Object.keys(schema.shape).filter((name) => !(name in request.params))
  const [path, ...others] = Object.keys(body)
  if (path === undefined || [path, ...others].some((name) => known.includes(name))) return
  const message = `cannot be changed. Name at least one of ${known.join(', ')}`
  throw new AppError('invalid_request', `${path}: ${message}`, { errors: [{ path, message }] })
}

/** `body` is the text that the body parser took; undefined when there was none, or when the door streams it. */
function readBody(request: Request): object {
  const body: unknown = request.body
  if (typeof body !== 'string' || body === '') return refuseForeignBody(request)
  const value = parseJson(body)
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value
  throw new AppError('invalid_request', 'The body must be a JSON object.')
}

const TAKES_BODY = new Set(['POST', 'PATCH'])

function refuseForeignBody(request: Request): object {
  const hasBody = TAKES_BODY.has(request.method) && Number(request.headers['content-length'] ?? 0) > 0
  if (hasBody && !request.is('application/json')) throw new AppError('unsupported_media_type')
  return {}
}
