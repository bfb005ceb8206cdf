import type { PersonCaller, Role } from '../caller.ts'
import type { AppContext } from '../context.ts'
import type { DeviceLoginsTable } from '../db/schema.gen.ts'
import { AppError } from '../errors.ts'
import { networkOf } from '../http/client-address.ts'
import { mayMint } from '../organizations/entitlements.ts'
import { listOwnOrganizations } from '../organizations/organizations.ts'
import { commonScopes, scopesOfRole } from '../organizations/scopes.ts'
import { letsIn, loginKeyDays, readLoginPolicy } from './policy.ts'
import { normalizeUserCode, showUserCode, userCodeHmac } from './user-code.ts'

export type Login = DeviceLoginsTable

/** What the page shows of a login; `poisoned` when a second account opened its code. */
export interface LoginView {
  state: 'pending' | 'approved' | 'denied' | 'poisoned' | 'expired' | 'consumed'
  user_code: string
  hostname: string | null
  ip: string
  user_agent: string
  client_id: string
  started_at: string
  expires_at: string
  /** Started from the network this browser is in. If not, the code must be typed and the password given again. */
  same_network: boolean
  /** Where this browser is, as the server sees it: the other half of that comparison. */
  browser_ip: string
  /** What the terminal asks for; what it would get is said per organization. */
  scopes: string[]
  /** Where the caller may let the terminal in, and what is asked there. */
  organizations: LoginTarget[]
}

/** The login a typed code names, if there is one. */
export async function findLogin(
  ctx: Pick<AppContext, 'db' | 'signing'>,
  typed: string,
): Promise<{ login: Login; user_code: string } | undefined> {
  const user_code = normalizeUserCode(typed)
  if (user_code === undefined) return undefined
  const login = await ctx.db
    .selectFrom('device_logins')
    .selectAll()
    .where('user_code_hmac', '=', userCodeHmac(ctx, user_code))
    .executeTakeFirst()
  return login && { login, user_code }
}

/** @throws AppError not_found */
export async function getLogin(
  ctx: Pick<AppContext, 'db' | 'signing'>,
  typed: string,
): Promise<{ login: Login; user_code: string }> {
  const found = await findLogin(ctx, typed)
  if (!found) throw unknownCode()
  return found
}

/** An organization the caller may let the terminal in to. */
export interface LoginTarget {
  id: string
  slug: string
  name: string
  /** The organization asks for the password at every approval. */
  password_required: boolean
  /** How many days the key will live; null: until it is revoked. */
  key_days: number | null
  /** What the key would be allowed to do: what is asked for, within the caller's role there. */
  scopes: string[]
}

async function targetsOf(
  ctx: Pick<AppContext, 'db'>,
  caller: PersonCaller,
  login: Login,
): Promise<LoginTarget[]> {
  const targets: LoginTarget[] = []
  for (const { id } of await listOwnOrganizations(ctx, caller.account_id)) {
    const minter = await mayMint(ctx.db, caller.account_id, id)
    const policy = await readLoginPolicy(ctx.db, id)
    const scopes = minter ? grantedScopes(login, minter.role) : ''
    if (!minter || scopes === '' || !letsIn(policy, login.ip)) continue
    const key_days = await loginKeyDays(ctx.db, id, policy)
    targets.push({
      ...minter.organization,
      password_required: policy.step_up,
      key_days,
      scopes: scopes.split(' '),
    })
  }
  return targets
}

/** What a login's key may do: never more than was asked, nor than its approver's role allows (RFC 8628 section 5.4). */
export function grantedScopes(login: Pick<Login, 'scopes'>, role: Role): string {
  return commonScopes(login.scopes, scopesOfRole(role))
}

/** The login as the page shows it to this person, now. */
export async function viewLogin(
  ctx: Pick<AppContext, 'db' | 'now' | 'signing'>,
  caller: PersonCaller,
  user_code: string,
): Promise<LoginView> {
  const { login } = await getLogin(ctx, user_code)
  return {
    state: stateOf(ctx, login),
    user_code: showUserCode(user_code),
    // A code that somebody else used tells no stranger where it was used.
    ...(login.claimed_by === caller.account_id ? terminalOf(login) : UNTOLD),
    client_id: login.client_id,
    started_at: login.created_at,
    expires_at: login.expires_at,
    same_network: sameNetwork(login, caller),
    browser_ip: caller.ip,
    scopes: login.scopes.split(' '),
    organizations: await targetsOf(ctx, caller, login),
  }
}

const UNTOLD = { hostname: null, ip: '', user_agent: '' }

function terminalOf({ hostname, ip, user_agent }: Login): Pick<LoginView, 'hostname' | 'ip' | 'user_agent'> {
  return { hostname, ip, user_agent }
}

function stateOf(ctx: Pick<AppContext, 'now'>, login: Login): LoginView['state'] {
  if (login.denied_because === 'poisoned') return 'poisoned'
  if ((login.status === 'pending' || login.status === 'approved') && !isAlive(ctx, login)) return 'expired'
  return login.status
}

/** Whether its ten minutes are not over. */
export function isAlive(ctx: Pick<AppContext, 'now'>, login: Login): boolean {
  return login.expires_at > ctx.now().toISOString()
}

export function sameNetwork(login: Login, caller: PersonCaller): boolean {
  // Two addresses that are not known are not the same: then the code must be typed and the password given.
  return login.network !== 'unknown' && login.network === networkOf(caller.ip)
}

export function unknownCode(): AppError {
  return new AppError('not_found', 'There is no login with this code. Compare it with your terminal.')
}
