import type { Request, RequestHandler, Response } from 'express'
import type { z } from 'zod'
import { hasScope, type Scope } from '../api-keys/scopes.ts'
import type { AnonymousCaller, Caller, KeyCaller } from '../caller.ts'
import type { AppContext } from '../context.ts'
import { AppError, type Code } from '../errors.ts'
import { type Origin, originOf } from './client-address.ts'
import { invalidInput } from './fields.ts'
import { parseJson } from './json.ts'
import { sendJson } from './send-json.ts'

/** Who may call: a machine with an API key, either that or a signed-in person, or anybody. */
interface Callers {
  api_key: KeyCaller
  key_or_person: Caller
  anyone: AnonymousCaller
}
export type CallerKind = keyof Callers

/** Turn a request into a caller or refuse it. Made by access/, handed to the doors when they are mounted. */
export type Guards = { [Kind in CallerKind]: (request: Request) => Promise<Callers[Kind]> }

/** A real request for the documents and the tests; `$id` in a path stands for an episode of the caller's. */
export interface Example {
  params?: Record<string, string>
  query?: Record<string, string>
  body?: unknown
}

/** What is declared once for every route; the handler, OpenAPI and every-route.test.ts read it. */
interface Declaration<Kind extends CallerKind, Input extends z.ZodType> {
  method: 'GET' | 'POST' | 'PUT'
  /** Express path, `:name` for parameters. */
  path: string
  caller: Kind
  /** What a key must be allowed to do here; a person's rights come from the role. */
  scope?: Scope
  summary: string
  /** Query, body and path parameters in one object; the path wins, so a body cannot overrule the URL. */
  input: Input
  /** Refusals beyond 400, 401 and 500, for the documents. */
  refusals?: Code[]
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
  status: 200 | 302
  /** What travels instead of JSON, in words. */
  answers: string
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
  handler: (ctx: AppContext, guards: Guards) => RequestHandler
}

/**
 * Declares a JSON route.
 *
 * @example door({ method: 'POST', path: '/api/ingest/episode', caller: 'api_key', input, output, status: 201, … })
 */
export function door<Kind extends CallerKind, Input extends z.ZodType, Output extends z.ZodType>(
  declared: JsonDeclaration<Kind, Input, Output>,
): Door {
  return {
    ...declared,
    answers: undefined,
    handler: (ctx, guards) => async (request, response) => {
      const caller = await guards[declared.caller](request)
      requireScope(caller, declared.scope)
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
    output: undefined,
    handler: (ctx, guards) => async (request, response) => {
      const caller = await guards[declared.caller](request)
      requireScope(caller, declared.scope)
      await declared.respond(ctx, readInput(declared.input, request), caller, { request, response })
    },
  }
}

/** RFC 6750 section 3.1: the key is good, but not for this. */
function requireScope(caller: Caller | AnonymousCaller, scope: Scope | undefined): void {
  if (scope === undefined || caller.kind !== 'api_key' || hasScope(caller.scopes, scope)) return
  throw new AppError('insufficient_scope', `This key may not do that: it lacks the scope ${scope}.`, {
    scope,
  })
}

function readInput<Input extends z.ZodType>(schema: Input, request: Request): z.output<Input> {
  const parsed = schema.safeParse({ ...request.query, ...readBody(request), ...request.params })
  if (!parsed.success) throw invalidInput(parsed.error)
  return parsed.data
}

/** `body` is the text that the body parser took; undefined when there was none, or when the door streams it. */
function readBody(request: Request): object {
  const body: unknown = request.body
  if (typeof body !== 'string' || body === '') return refuseForeignBody(request)
  const value = parseJson(body)
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value
  throw new AppError('invalid_request', 'The body must be a JSON object.')
}

function refuseForeignBody(request: Request): object {
  const hasBody = request.method === 'POST' && Number(request.headers['content-length'] ?? 0) > 0
  if (hasBody && !request.is('application/json')) throw new AppError('unsupported_media_type')
  return {}
}
