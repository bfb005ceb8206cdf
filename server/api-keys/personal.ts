import type { Caller, PersonCaller, Role } from '../caller.ts'
import type { AppContext } from '../context.ts'
import { AppError } from '../errors.ts'
import { isAtLeast } from '../organizations/permissions.ts'
import { commonScopes, scopesOfRole } from '../organizations/scopes.ts'
import { insertMinted, revokeApiKey } from './api-keys.ts'
import { grantEnd, grantScopes, type KeyWish, latestEnd, makerOf } from './grants.ts'
import { type ApiKey, findApiKeys, getApiKey } from './list.ts'
import { requireManagingScope } from './managed.ts'
import { keyDaysOf } from './policy-days.ts'

type Ctx = Pick<AppContext, 'db' | 'now'>

/** What an rbtk_ key gets that asks for nothing: whatever members may. */
const USUAL = scopesOfRole('member')

/** One's own rbtk_ keys, newest first. */
export async function listPersonalKeys(ctx: Ctx, caller: Caller): Promise<ApiKey[]> {
  const person = requirePerson(caller)
  requireManagingScope(person)
  return findApiKeys(ctx, { rbtk_of: person.account_id })
}

/**
 * An rbtk_ key (seed 001): it acts as its maker in every organization they belong to, as their roles are then.
 *
 * @throws AppError forbidden for somebody who is nowhere more than a viewer; invalid_request as mintApiKey
 * @example const { key } = await mintPersonalKey(ctx, caller, { label: 'my laptop' })
 */
export async function mintPersonalKey(
  ctx: Ctx,
  caller: Caller,
  input: Omit<KeyWish, 'project_id' | 'device_id'> & { label: string; note?: string | null | undefined },
): Promise<{ key: string; api_key: ApiKey }> {
  const person = requirePerson(caller)
  requireManagingScope(person)
  const { account_id } = person
  const allowed = personScopes(person)
  const scopes = grantScopes(input.scopes, allowed, USUAL)
  const days = await keyDaysOf(ctx, { organization_id: null, account_id })
  const expires_at = grantEnd(ctx, input.expires_at, latestEnd(ctx, await makerOf(ctx, person), days))
  const { key, id } = await insertMinted(ctx, person, {
    prefix: 'rbtk',
    organization_id: null,
    account_id,
    label: input.label,
    note: input.note ?? null,
    scopes,
    expires_at,
    created_by: account_id,
  })
  return { key, api_key: await getApiKey(ctx, id) }
}

/** Everything that the person may do in some organization, within what their credential is limited to. */
function personScopes(person: PersonCaller): string {
  const roles: Role[] = person.staff ? ['owner'] : [...person.roles.values()]
  const minting = roles.filter((role) => isAtLeast(role, 'member'))
  if (minting.length === 0) throw new AppError('forbidden')
  const highest = minting.find((role) => isAtLeast(role, 'admin')) ?? 'member'
  const scopes = scopesOfRole(highest)
  return person.scopes === undefined ? scopes : commonScopes(person.scopes, scopes)
}

function requirePerson(caller: Caller): PersonCaller {
  if (caller.kind === 'person') return caller
  throw new AppError('forbidden', 'This is for people. Use a personal key, an API token or the portal.')
}

/** @throws AppError not_found for what is no rbtk_ key of one's own */
export async function revokePersonalKey(ctx: Ctx, caller: Caller, id: string): Promise<ApiKey> {
  const person = requirePerson(caller)
  const own = await findApiKeys(ctx, { rbtk_of: person.account_id })
  if (!own.some((key) => key.id === id)) throw new AppError('not_found', 'No such API key.')
  return revokeApiKey(ctx, caller, id)
}
