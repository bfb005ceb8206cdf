import type { PersonCaller, Role } from '../caller.ts'
import type { AppContext } from '../context.ts'
import type { Database } from '../db/open.ts'
import { AppError } from '../errors.ts'
import { isAtLeast, LEAST_ROLE_AT_DOORS, requireRole } from '../organizations/permissions.ts'
import { commonScopes, scopesOfRole } from '../organizations/scopes.ts'

/** A key by the name people know it by. */
export interface NamedKey {
  id: string
  /** `rt_<id>` or `rbtk_<id>`. */
  prefix: string
  label: string
  last_used_at: string | null
  /** What it can do here now and cannot afterwards. */
  loses: string[]
}

/** What a removal or another role stops or narrows, by name, and what goes on. */
export interface Consequences {
  name: string
  email: string
  /** Administrators of the server may everything everywhere, members or not. */
  staff: boolean
  from: Role
  /** Null: removed. */
  to: Role | null
  /** What the person cannot do here any more, whatever they are signed in with. */
  loses: string[]
  /** Personal keys of this organization: revoked by a removal, narrowed by a lower role. */
  api_keys: NamedKey[]
  /** `rbtk_` keys, which live on for other organizations. */
  personal_keys: NamedKey[]
  /** API tokens, which live on for other organizations. */
  api_tokens: { id: string; created_at: string; expires_at: string; last_used_at: string | null }[]
  /** SSH keys and the robots of this organization they open: taken off by a removal, refused for a viewer. */
  ssh_keys: { id: string; name: string; fingerprint: string; devices: string[] }[]
  /** Open sessions, which live on for other organizations. */
  session_count: number
  /** Invitations they sent that can then be accepted no more. */
  invitations: { id: string; email: string; role: Role }[]
  /** Keys of the organization that they made: these go on working. */
  service_keys: Omit<NamedKey, 'loses'>[]
}

/**
 * What will happen, to be shown before it does. For admins, owners and the person themselves.
 *
 * @param input.role null: what a removal does
 * @throws AppError forbidden, not_found
 */
export async function consequencesOf(
  ctx: Pick<AppContext, 'db' | 'now'>,
  caller: PersonCaller,
  input: { organization_id: string; account_id: string; role: Role | null },
): Promise<Consequences> {
  const { organization_id, account_id, role: to } = input
  requireRole(caller, organization_id, account_id === caller.account_id ? 'viewer' : 'admin')
  const { name, email, staff_since, role: from } = await getMember(ctx.db, organization_id, account_id)
  const now = ctx.now().toISOString()
  const lost = lostScopes(from, to)
  const keys = (await liveKeys(ctx.db, now, account_id, organization_id)).map((key) => ({
    ...toNamed(key),
    personal_to: key.account_id === null ? 'nobody' : key.organization_id === null ? 'person' : 'member',
    loses: to === null ? key.scopes.split(' ') : words(commonScopes(key.scopes, lost.join(' '))),
  }))
  const personal = (to_whom: string) =>
    keys
      .filter((key) => key.personal_to === to_whom && key.loses.length > 0)
      .map(({ personal_to: _, ...key }) => key)
  const less = lost.length > 0 || to === null
  return {
    ...{ name, email, staff: staff_since !== null, from, to, loses: lost },
    api_keys: personal('member'),
    personal_keys: personal('person'),
    api_tokens: less ? await liveTokens(ctx.db, now, account_id) : [],
    ssh_keys: isAtLeast(to ?? undefined, LEAST_ROLE_AT_DOORS)
      ? []
      : await robotLogins(ctx.db, account_id, organization_id),
    session_count: less ? await countSessions(ctx.db, now, account_id) : 0,
    invitations: await endingInvitations(ctx.db, now, input),
    service_keys: keys
      .filter((key) => key.personal_to === 'nobody')
      .map(({ personal_to: _, loses: __, ...key }) => key),
  }
}

function words(text: string): string[] {
  return text.split(' ').filter(Boolean)
}

function lostScopes(from: Role, to: Role | null): string[] {
  const left = words(scopesOfRole(to ?? undefined))
  return words(scopesOfRole(from)).filter((scope) => !left.includes(scope))
}

async function getMember(db: Database, organization_id: string, account_id: string) {
  const row = await db
    .selectFrom('members as m')
    .innerJoin('accounts as a', 'a.id', 'm.account_id')
    .select(['a.name', 'a.email', 'a.staff_since', 'm.role'])
    .where('m.organization_id', '=', organization_id)
    .where('m.account_id', '=', account_id)
    .executeTakeFirst()
  if (!row) throw new AppError('not_found', 'No such member.')
  return row
}

/** Their own keys, and those of the organization that they made; the ones used last first. */
async function liveKeys(db: Database, now: string, account_id: string, organization_id: string) {
  return db
    .selectFrom('api_keys')
    .select(['id', 'prefix', 'label', 'last_used_at', 'scopes', 'account_id', 'organization_id'])
    .where('revoked_at', 'is', null)
    .where((or) => or.or([or('expires_at', 'is', null), or('expires_at', '>', now)]))
    .where((or) =>
      or.or([
        or('account_id', '=', account_id),
        or.and([or('account_id', 'is', null), or('created_by', '=', account_id)]),
      ]),
    )
    .where((or) => or.or([or('organization_id', '=', organization_id), or('organization_id', 'is', null)]))
    .orderBy('last_used_at', (order) => order.desc().nullsLast())
    .orderBy('id')
    .execute()
}

function toNamed(key: { id: string; prefix: string; label: string; last_used_at: string | null }) {
  const { id, label, last_used_at } = key
  return { id, prefix: `${key.prefix}_${id}`, label, last_used_at }
}

async function liveTokens(db: Database, now: string, account_id: string) {
  return db
    .selectFrom('api_tokens')
    .select(['id', 'created_at', 'expires_at', 'last_used_at'])
    .where('account_id', '=', account_id)
    .where('revoked_at', 'is', null)
    .where('expires_at', '>', now)
    .orderBy('created_at', 'desc')
    .execute()
}

async function robotLogins(db: Database, account_id: string, organization_id: string) {
  const rows = await db
    .selectFrom('device_ssh_keys as l')
    .innerJoin('ssh_keys as k', 'k.id', 'l.ssh_key_id')
    .innerJoin('devices as d', 'd.id', 'l.device_id')
    .select(['k.id', 'k.name', 'k.fingerprint', 'd.name as device'])
    .where('k.account_id', '=', account_id)
    .where('d.organization_id', '=', organization_id)
    .where('d.removed_at', 'is', null)
    .orderBy('k.name')
    .orderBy('d.name')
    .execute()
  const keys = new Map<string, Consequences['ssh_keys'][number]>()
  for (const { device, ...key } of rows) {
    const known = keys.get(key.id)
    if (known) known.devices.push(device)
    else keys.set(key.id, { ...key, devices: [device] })
  }
  return [...keys.values()]
}

async function countSessions(db: Database, now: string, account_id: string): Promise<number> {
  const { n } = await db
    .selectFrom('sessions')
    .select((count) => count.fn.countAll<number>().as('n'))
    .where('account_id', '=', account_id)
    .where('expires_at', '>', now)
    .executeTakeFirstOrThrow()
  return n
}

/** Whoever invites has to be admin, and at least what they invite to, also when the invitation is accepted. */
async function endingInvitations(
  db: Database,
  now: string,
  {
    organization_id,
    account_id,
    role: to,
  }: { organization_id: string; account_id: string; role: Role | null },
): Promise<Consequences['invitations']> {
  const rows = await db
    .selectFrom('invitations')
    .select(['id', 'email', 'role'])
    .where('organization_id', '=', organization_id)
    .where('invited_by', '=', account_id)
    .where('accepted_at', 'is', null)
    .where('revoked_at', 'is', null)
    .where('expires_at', '>', now)
    .orderBy('email')
    .execute()
  return rows.filter(({ role }) => to === null || !isAtLeast(to, 'admin') || !isAtLeast(to, role))
}
