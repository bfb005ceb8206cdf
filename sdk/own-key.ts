import { checkBaseUrl } from './credentials.ts'
import { isRecord } from './json.ts'
import { webRuntime } from './runtime.ts'
import { Transport } from './transport.ts'
import { textOf, unusable } from './unusable-answer.ts'
import type { CredentialKind, KeyRotation, OrganizationName, RevokedKey, WhoAmI } from './wire.ts'

/** The key in question, and the deployment that made it. */
export interface OwnKeyOptions {
  /** Sent to this deployment only: a redirect is an error, not followed. */
  api_key: string
  /** With a path prefix if it has one. */
  base_url: string
  /** Sent as User-Agent. Default: what the runtime says of itself. */
  user_agent?: string
  /** Default: the global one. */
  fetch?: typeof fetch
  /** Longest wait for the answer, seconds. Default 15. */
  timeout_s?: number
}

/**
 * What a key or token is and may do: whose, of which organization, with which rights, until when.
 *
 * @example
 * ```ts
 * import { whoami } from '@robotrace/sdk'
 *
 * const { key_prefix, scopes } = await whoami({ api_key, base_url: 'http://localhost:3000' })
 * declare const api_key: string
 * ```
 * @throws AuthError when the key does not work any more; NotFoundError where the deployment cannot say; ServerError
 * when its answer lacks something; TransportError
 */
export async function whoami(options: OwnKeyOptions): Promise<WhoAmI> {
  const call = { method: 'GET', path: '/api/whoami' } as const
  const answer = await makeTransport(options).json<Record<string, unknown>>(call)
  const organizations = organizationsOf(answer.organizations)
  // What lists no organizations is bound to one, as every key of an older deployment is.
  const isBound = organizations === null
  // Member by member, so that nothing the server adds goes further.
  return {
    kind: kindOf(answer.kind),
    key_id: textOf(answer, 'key_id'),
    key_prefix: textOf(answer, 'key_prefix'),
    label: anyText(answer, 'label'),
    client_id: isBound ? textOf(answer, 'client_id') : null,
    organization: isBound ? organizationOf(answer.organization) : null,
    organizations,
    project_id: textOrNull(answer, 'project_id'),
    device_id: textOrNull(answer, 'device_id'),
    user_email: anyText(answer, 'user_email'),
    scopes: answer.scopes === null && !isBound ? null : scopesOf(answer.scopes),
    created_at: textOf(answer, 'created_at'),
    expires_at: textOrNull(answer, 'expires_at'),
    rotation: rotationOf(answer.rotation),
  }
}

/**
 * Ends the very key or token it is given, for good; of an access token, the whole session.
 *
 * @example
 * ```ts
 * import { revokeOwnKey } from '@robotrace/sdk'
 *
 * await revokeOwnKey({ api_key, base_url: 'http://localhost:3000' })
 * declare const api_key: string
 * ```
 * @throws AuthError when it was dead already; ServerError when the answer does not say that it is dead;
 * TransportError
 */
export async function revokeOwnKey(options: OwnKeyOptions): Promise<RevokedKey> {
  const call = { method: 'POST', path: '/api/cli/auth/revoke' } as const
  const answer = await makeTransport(options).json<Record<string, unknown>>(call)
  if (answer.status !== 'revoked') throw unusable('it does not say that the key was revoked')
  return {
    status: 'revoked',
    key_id: textOf(answer, 'key_id'),
    key_prefix: textOf(answer, 'key_prefix'),
    revoked_at: textOf(answer, 'revoked_at'),
  }
}

function anyText(answer: Record<string, unknown>, member: string): string {
  return answer[member] === '' ? '' : textOf(answer, member)
}

function organizationOf(value: unknown): OrganizationName {
  if (!isRecord(value)) throw unusable('organization is missing or no object')
  return { id: textOf(value, 'id'), slug: textOf(value, 'slug'), name: textOf(value, 'name') }
}

/** An older deployment says nothing of it: its keys are all of one kind. */
function kindOf(value: unknown): CredentialKind {
  return KINDS.find((kind) => kind === value) ?? 'service_key'
}

const KINDS: readonly CredentialKind[] = ['service_key', 'personal_key', 'api_token', 'access_token']

/** What an older deployment leaves out is null as well. */
function textOrNull(answer: Record<string, unknown>, member: string): string | null {
  return answer[member] === null || answer[member] === undefined ? null : textOf(answer, member)
}

const ROLES = ['owner', 'admin', 'member', 'viewer'] as const

function organizationsOf(value: unknown): WhoAmI['organizations'] {
  if (!Array.isArray(value)) return null
  return value.map((one: unknown) => {
    const role = isRecord(one) ? ROLES.find((known) => known === one.role) : undefined
    if (role) return { ...organizationOf(one), role }
    throw unusable('organizations holds something without a role')
  })
}

function rotationOf(value: unknown): KeyRotation | null {
  if (!isRecord(value)) return null
  const reason = REASONS.find((known) => known === value.reason) ?? null
  return { due: value.due === true, reason, by: textOf(value, 'by') }
}

const REASONS = ['age', 'expiry', 'rotated'] as const

function scopesOf(value: unknown): string[] {
  if (!Array.isArray(value)) throw unusable('scopes is missing or no list')
  return value.map((scope: unknown) => {
    if (typeof scope === 'string') return scope
    throw unusable('scopes holds something that is no text')
  })
}

function makeTransport(options: OwnKeyOptions): Transport {
  const { api_key, base_url, user_agent, fetch: given, timeout_s = 15 } = options
  return new Transport({
    api_key,
    base_url: checkBaseUrl(base_url),
    fetch: given ?? ((...call) => fetch(...call)),
    runtime: { ...webRuntime, user_agent },
    timeout_s,
    upload_timeout_s: timeout_s,
  })
}
