import type { Request, Response } from 'express'
import type { z } from 'zod'
import type { AppContext } from '../context.ts'
import { type AppError, toAppError } from '../errors.ts'
import { type Origin, originOf } from './client-address.ts'
import { type Door, type Guards, sendJson } from './door.ts'
import { requestId } from './request-log.ts'

/** RFC 6749 section 5.2 and RFC 8628 section 3.5: the codes our OAuth routes answer. */
export type OAuthCode =
  | 'invalid_request'
  | 'invalid_client'
  | 'invalid_grant'
  | 'invalid_scope'
  | 'unsupported_grant_type'
  | 'authorization_pending'
  | 'slow_down'
  | 'access_denied'
  | 'expired_token'
  | 'temporarily_unavailable'
  | 'server_error'

/** A refusal in OAuth's own words. Its clients know no other body, so these routes never answer a problem. */
export class OAuthError extends Error {
  readonly code: OAuthCode
  readonly status: number
  readonly extra: Record<string, number>

  constructor(code: OAuthCode, description: string, extra: Record<string, number> = {}, status = 400) {
    super(description)
    this.name = 'OAuthError'
    this.code = code
    this.status = status
    this.extra = extra
  }
}

interface Declaration<Input extends z.ZodType> {
  path: string
  summary: string
  input: Input
  /** Introspection is for machines with a key; everything else is for anybody. */
  caller?: 'api_key' | 'anyone'
  example: Record<string, string>
  answers: string
  handle: (
    ctx: AppContext,
    input: z.output<Input>,
    from: Origin & { organization_id: string | undefined },
  ) => Promise<object>
}

/**
 * Declares a form-encoded OAuth route: `application/x-www-form-urlencoded` as RFC 6749 wants it, JSON as well,
 * errors of section 5.2, `no-store` on every answer.
 */
export function oauthDoor<Input extends z.ZodType>(declared: Declaration<Input>): Door {
  const caller = declared.caller ?? 'anyone'
  return {
    ...declared,
    method: 'POST',
    dialect: 'oauth',
    caller,
    status: 200,
    output: undefined,
    example: { body: declared.example },
    handler: (ctx, guards) => async (request, response) => {
      try {
        const organization_id = await organizationOf(guards, caller, request)
        const input = readParameters(declared.input, request)
        sendJson(response, 200, await declared.handle(ctx, input, { ...originOf(request), organization_id }))
      } catch (thrown) {
        refuse(ctx, response, thrown)
      }
    },
  }
}

async function organizationOf(
  guards: Guards,
  caller: 'api_key' | 'anyone',
  request: Request,
): Promise<string | undefined> {
  return caller === 'api_key' ? (await guards.api_key(request)).organization_id : undefined
}

/** Section 3.1 and 3.2: a parameter without a value counts as absent, one that is repeated is an error. */
function readParameters<Input extends z.ZodType>(schema: Input, request: Request): z.output<Input> {
  const body: unknown = request.body
  const text = typeof body === 'string' ? body : ''
  const given = request.is('application/json') ? parametersOfJson(text) : parametersOfForm(text)
  const parsed = schema.safeParse(given)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  const name = issue?.path.join('.') ?? ''
  if (name === 'scope')
    throw new OAuthError('invalid_scope', 'The scope is unknown, or more than a terminal may have.')
  throw new OAuthError(
    'invalid_request',
    given[name] === undefined ? `${name} is missing.` : `${name} ${issue?.message ?? 'is not valid'}.`,
  )
}

function parametersOfForm(text: string): Record<string, string> {
  const form = new URLSearchParams(text)
  for (const name of form.keys()) {
    if (form.getAll(name).length > 1)
      throw new OAuthError('invalid_request', `${cleanName(name)} is repeated.`)
  }
  return Object.fromEntries([...form].filter(([, value]) => value !== ''))
}

function parametersOfJson(text: string): Record<string, string> {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      return Object.fromEntries(
        Object.entries(value).filter(([, member]) => member !== '' && member !== null),
      )
    }
  } catch {
    // Falls through: it is not an object of parameters either way.
  }
  throw new OAuthError('invalid_request', 'The body is not a form and not a JSON object.')
}

function cleanName(name: string): string {
  return name.replace(/[^\w.-]/g, '').slice(0, 40)
}

function refuse(ctx: AppContext, response: Response, thrown: unknown): void {
  const error = thrown instanceof OAuthError ? thrown : translate(toAppError(thrown))
  if (error.code === 'server_error') {
    ctx.log.error({ err: thrown, request_id: requestId(response) }, 'unexpected error')
  }
  if (error.status === 401) response.setHeader('WWW-Authenticate', 'Bearer realm="RoboTrace"')
  const { retry_after, ...extra } = error.extra
  if (retry_after !== undefined) response.setHeader('Retry-After', retry_after)
  sendJson(response, error.status, { error: error.code, error_description: error.message, ...extra })
}

/** Our own refusals, in OAuth's words. */
function translate(error: AppError): OAuthError {
  const { retry_after = 5 } = error.extra
  switch (error.code) {
    case 'rate_limited':
    case 'unavailable':
      return new OAuthError('temporarily_unavailable', error.detail, { retry_after }, error.status)
    case 'unauthenticated':
      return new OAuthError('invalid_client', error.detail, {}, 401)
    case 'internal':
      return new OAuthError('server_error', error.detail, {}, 500)
    default:
      return new OAuthError('invalid_request', error.detail)
  }
}
