import type { Request } from 'express'
import type { z } from 'zod'
import type { Origin } from '../caller.ts'
import type { AppContext } from '../context.ts'
import { originOf } from './client-address.ts'
import type { Door, Guards } from './door.ts'
import { OAuthError, refuseOAuth } from './oauth-error.ts'
import { admit, admitFailure } from './rate-limit.ts'
import { requestIds } from './request-log.ts'
import { sendJson } from './send-json.ts'

/** Where the request comes from, and for which organization it asks. */
export interface OAuthOrigin extends Origin {
  organization_id: string | undefined
  /** What was presented is no good: that costs its network, which may be told to wait. */
  countFailure: () => Promise<void>
}

interface Declaration<Input extends z.ZodType> {
  path: string
  summary: string
  input: Input
  /** Introspection is for machines with a key; everything else is for anybody. */
  caller?: 'organization' | 'anyone'
  example: Record<string, string>
  answers: string
  handle: (ctx: AppContext, input: z.output<Input>, from: OAuthOrigin) => Promise<object>
}

const UNLIMITED = 'Device logins have budgets and a pace of their own.'

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
    unlimited: UNLIMITED,
    caller,
    status: 200,
    output: undefined,
    example: { body: declared.example },
    handler: (ctx, guards) => async (request, response) => {
      try {
        const organization_id = await organizationOf(ctx, guards, caller, request)
        const input = readParameters(declared.input, request)
        const countFailure = () => admitFailure(ctx, request)
        const from = { ...originOf(request), organization_id, countFailure }
        sendJson(response, 200, await declared.handle(ctx, input, from))
      } catch (thrown) {
        const error = refuseOAuth(response, thrown)
        if (error.code === 'server_error') {
          ctx.log.error({ err: thrown, ...requestIds(response) }, 'unexpected error')
        }
      }
    },
  }
}

async function organizationOf(
  ctx: AppContext,
  guards: Guards,
  caller: 'organization' | 'anyone',
  request: Request,
): Promise<string | undefined> {
  if (caller === 'anyone') return undefined
  const found = await admit(ctx, request, UNLIMITED, () => guards.organization(request))
  return found.organization_id
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
