import { z } from 'zod'
import { parseKey } from '../api-keys/key-format.ts'
import { describeOwnKey } from '../api-keys/own-key.ts'
import { verifyApiKey } from '../api-keys/verify.ts'
import type { Origin } from '../caller.ts'
import type { AppContext } from '../context.ts'
import { identify } from '../credentials/credentials.ts'
import { endOwnCredential } from '../credentials/own-credential.ts'
import { AppError } from '../errors.ts'
import { type Door, door } from '../http/door.ts'
import { oauthDoor } from '../http/oauth-door.ts'
import { OAuthError } from '../http/oauth-error.ts'
import { DEFAULT_SCOPES, LOGIN_SCOPES } from '../organizations/scopes.ts'
import { CLI_CLIENT, startDeviceLogin } from './device-login.ts'
import { type PollOutcome, pollDeviceLogin } from './poll.ts'
import { verificationUris } from './rest.ts'
import { requestedScopes } from './schema.ts'

const DEVICE_GRANT = 'urn:ietf:params:oauth:grant-type:device_code'

/** Clients that are told nothing assume five seconds (RFC 8628 section 3.2). */
const INTERVAL_S = 5

const parameter = z.string().max(500, 'has more than 500 characters')
const client_id = parameter.refine((id) => id.length > 0)

/** The same logins as the RoboTrace dialect, for any standard client (RFC 8628, 7009, 7662, 8414). */
export const oauthDoors: Door[] = [
  oauthDoor({
    path: '/oauth/device_authorization',
    summary: 'Device authorization request (RFC 8628 section 3.1)',
    input: z.object({ client_id, scope: requestedScopes.optional() }),
    example: { client_id: CLI_CLIENT },
    answers:
      '`device_code`, `user_code`, `verification_uri`, `verification_uri_complete`, `expires_in`, `interval`',
    async handle(ctx, input, from) {
      requireClient(input.client_id)
      const scopes = input.scope?.length ? [...new Set(input.scope)].join(' ') : DEFAULT_SCOPES
      const { ip, user_agent, request_id } = from
      const origin = { ip, user_agent, request_id }
      const terminal = { hostname: null, sdk_version: null, interval_s: INTERVAL_S, ...origin }
      const started = await startDeviceLogin(ctx, { client_id: input.client_id, scopes, ...terminal })
      return { ...started, ...verificationUris(ctx, started) }
    },
  }),
  oauthDoor({
    path: '/oauth/token',
    summary: 'Device access token request (RFC 8628 section 3.4)',
    input: z.object({ grant_type: parameter, device_code: parameter.optional(), client_id }),
    example: { grant_type: DEVICE_GRANT, device_code: 'x'.repeat(43), client_id: CLI_CLIENT },
    answers: '`access_token` (an API key), `token_type`, `scope`',
    async handle(ctx, input, from) {
      if (input.grant_type !== DEVICE_GRANT) {
        throw new OAuthError('unsupported_grant_type', `Only ${DEVICE_GRANT} is supported.`)
      }
      if (input.device_code === undefined) throw new OAuthError('invalid_request', 'device_code is missing.')
      requireClient(input.client_id)
      const { device_code } = input
      return tokenOf(await pollDeviceLogin(ctx, { ...from, device_code, client_id: input.client_id }))
    },
  }),
  oauthDoor({
    path: '/oauth/revoke',
    summary: 'Token revocation (RFC 7009)',
    input: z.object({
      token: parameter,
      token_type_hint: parameter.optional(),
      client_id: parameter.optional(),
    }),
    example: { token: 'rt_0000000000_' },
    answers: 'An empty object, for a token that was ended and for one that never was',
    async handle(ctx, input, from) {
      if (input.client_id !== undefined) requireClient(input.client_id)
      const caller = await identify(ctx, input.token, from)
      // Somebody who was faster has done what was asked for.
      if (caller) await endOwnCredential(ctx, caller).catch(ignoreDeadKey)
      else await from.countFailure()
      return {}
    },
  }),
  oauthDoor({
    path: '/oauth/introspect',
    summary: 'Token introspection (RFC 7662), for keys of one’s own organization',
    caller: 'organization',
    input: z.object({ token: parameter, token_type_hint: parameter.optional() }),
    example: { token: 'rt_0000000000_' },
    answers:
      '`active`, and when it is true `scope`, `client_id`, `sub`, `username`, `iat`, `iss`, `token_type`',
    async handle(ctx, input, from) {
      const caller = await callerOf(ctx, input.token, from)
      if (!caller || caller.organization_id !== from.organization_id) return { active: false }
      const key = await describeOwnKey(ctx, caller)
      return {
        active: true,
        scope: caller.scopes,
        client_id: CLI_CLIENT,
        sub: caller.organization_id,
        username: key.user_email,
        iat: Math.floor(Date.parse(key.created_at) / 1000),
        iss: ctx.config.public_url,
        token_type: 'bearer',
        ...(key.expires_at === null ? {} : { exp: Math.floor(Date.parse(key.expires_at) / 1000) }),
      }
    },
  }),
  door({
    method: 'GET',
    path: '/.well-known/oauth-authorization-server',
    caller: 'anyone',
    summary: 'Authorization server metadata (RFC 8414)',
    input: z.object({}),
    output: z.looseObject({ issuer: z.url(), token_endpoint: z.url() }),
    status: 200,
    example: {},
    handle: async (ctx) => metadata(ctx.config.public_url),
  }),
]

function metadata(issuer: string) {
  return {
    issuer,
    device_authorization_endpoint: `${issuer}/oauth/device_authorization`,
    token_endpoint: `${issuer}/oauth/token`,
    revocation_endpoint: `${issuer}/oauth/revoke`,
    introspection_endpoint: `${issuer}/oauth/introspect`,
    grant_types_supported: [DEVICE_GRANT],
    response_types_supported: [],
    scopes_supported: LOGIN_SCOPES,
    token_endpoint_auth_methods_supported: ['none'],
    revocation_endpoint_auth_methods_supported: ['none'],
    introspection_endpoint_auth_methods_supported: ['bearer'],
    service_documentation: `${issuer}/docs/problems`,
  }
}

/** @throws OAuthError for every outcome but the key (RFC 8628 section 3.5) */
function tokenOf(outcome: PollOutcome): object {
  switch (outcome.state) {
    case 'approved':
      return { access_token: outcome.grant.api_key, token_type: 'bearer', scope: outcome.grant.scopes }
    case 'pending':
      throw new OAuthError('authorization_pending', 'Nobody has let this device in yet.')
    case 'too_fast':
      throw new OAuthError('slow_down', `Poll every ${outcome.interval_s} seconds from now on.`, {
        interval: outcome.interval_s,
      })
    case 'denied':
      throw new OAuthError('access_denied', 'The login was refused.')
    case 'expired':
      if (!outcome.long_ago) throw new OAuthError('expired_token', 'The code has expired. Start again.')
      break
  }
  throw new OAuthError('invalid_grant', 'There is no such device_code, or it was used already.')
}

function requireClient(id: string): void {
  if (id !== CLI_CLIENT)
    throw new OAuthError('invalid_client', `The client is not registered. Use ${CLI_CLIENT}.`, {}, 401)
}

async function callerOf(ctx: Pick<AppContext, 'db' | 'now'>, token: string, from: Origin) {
  const parsed = parseKey(token)
  const caller = parsed && (await verifyApiKey(ctx, parsed, from))
  return caller?.kind === 'organization' ? caller : undefined
}

function ignoreDeadKey(error: unknown): void {
  if (!(error instanceof AppError && error.code === 'unauthenticated')) throw error
}
