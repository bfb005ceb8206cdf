import { actorOf, recordEvent } from '../audit/audit.ts'
import type { Origin, PersonCaller } from '../caller.ts'
import type { AppContext } from '../context.ts'
import { lower } from '../db/lower.ts'
import type { Database } from '../db/open.ts'
import { AppError } from '../errors.ts'
import { line } from '../http/text.ts'
import { findOpenInvitation } from '../members/acceptance.ts'
import { makeInvitedAccount } from './accept-invitation.ts'
import { type Account, toAccount } from './accounts.ts'
import type { Profile } from './provider-client.ts'
import { startBrowserSession } from './sign-in.ts'

/**
 * Why the provider's word does not sign in:
 * - `not_verified`: it does not vouch for an address
 * - `not_invited`: nobody here has this address, and nobody invited it
 * - `link_first`: an account has this address, but it is not certain that both are the same person
 * - `locked`: the account is disabled
 * - `linked_elsewhere`: this account at the provider signs in as another one here
 */
export type ProviderRefusal = 'not_verified' | 'not_invited' | 'link_first' | 'locked' | 'linked_elsewhere'

type Ctx = Pick<AppContext, 'db' | 'now'>

/**
 * Signs in whom the provider vouches for. That counts as a whole sign-in, also for an account with a second factor:
 * asking for one is then the provider's business, which knows how the person proved to be there.
 *
 * Who it is: the account linked to this account at the provider; else the account whose address the provider has
 * verified, if that address was verified here as well and no other account of the provider is linked to it; else a new
 * account, for an address that was invited. An account whose address nobody verified is never taken by its address:
 * somebody may have made it in advance, to share it with its rightful owner (pre-hijacking).
 *
 * @returns the account and the session cookie's value, or why not
 */
export async function signInByProvider(
  ctx: Ctx,
  profile: Profile,
  from: Origin,
): Promise<{ account: Account; session: string } | { refused: ProviderRefusal }> {
  const at = ctx.now().toISOString()
  const found = await ctx.db.transaction().execute(async (trx) => {
    const found = await whoIs(trx, at, profile, from)
    if ('refused' in found) await recordRefusal(trx, at, found, from)
    return found
  })
  if ('refused' in found) return { refused: found.refused }
  return { account: found, session: await startBrowserSession(ctx, found.id, from, 'provider') }
}

/**
 * Lets an account at the provider sign in as the caller from now on.
 *
 * @returns why not, or undefined when it is linked
 */
export async function linkIdentity(
  ctx: Ctx,
  caller: PersonCaller,
  profile: Profile,
): Promise<ProviderRefusal | undefined> {
  const at = ctx.now().toISOString()
  return ctx.db.transaction().execute(async (trx) => {
    const linked = await findByIdentity(trx, profile)
    if (linked) return linked.id === caller.account_id ? undefined : 'linked_elsewhere'
    await addIdentity(trx, at, caller.account_id, profile, actorOf(caller))
    if (profile.email_verified && lower(profile.email ?? '') === lower(caller.email)) {
      await trx
        .updateTable('accounts')
        .set({ email_verified_at: at })
        .where('id', '=', caller.account_id)
        .where('email_verified_at', 'is', null)
        .execute()
    }
    return undefined
  })
}

/** An account at a provider that signs in as one's own. */
export interface Identity {
  issuer: string
  subject: string
  created_at: string
}

export async function listIdentities(ctx: Pick<AppContext, 'db'>, caller: PersonCaller): Promise<Identity[]> {
  return ctx.db
    .selectFrom('identities')
    .select(['issuer', 'subject', 'created_at'])
    .where('account_id', '=', caller.account_id)
    .orderBy('created_at')
    .execute()
}

/**
 * @throws AppError not_found; conflict when nothing else would be left to sign in with
 */
export async function unlinkIdentity(
  ctx: Ctx,
  caller: PersonCaller,
  { issuer, subject }: { issuer: string; subject: string },
): Promise<void> {
  const at = ctx.now().toISOString()
  const { account_id } = caller
  await ctx.db.transaction().execute(async (trx) => {
    const gone = await trx
      .deleteFrom('identities')
      .where('issuer', '=', issuer)
      .where('subject', '=', subject)
      .where('account_id', '=', account_id)
      .returning('subject')
      .executeTakeFirst()
    if (!gone) throw new AppError('not_found', 'This account is not linked.')
    if (!(await hasWayIn(trx, account_id))) {
      throw new AppError('conflict', 'You could not sign in any more. Set a password or add a passkey first.')
    }
    const target = account_id
    await recordEvent(trx, at, {
      action: 'identity.unlinked',
      actor: actorOf(caller),
      target,
      detail: { issuer, subject },
    })
  })
}

type Found = Account | { refused: ProviderRefusal; account_id: string | undefined }

async function whoIs(trx: Database, at: string, profile: Profile, from: Origin): Promise<Found> {
  const linked = await findByIdentity(trx, profile)
  if (linked) return linked.disabled_at === null ? toAccount(linked) : refuse('locked', linked.id)
  if (profile.email === undefined || !profile.email_verified) return refuse('not_verified')
  const known = await findByEmail(trx, profile.email)
  if (!known) return joinInvited(trx, at, profile, profile.email, from)
  if (known.disabled_at !== null) return refuse('locked', known.id)
  // A second account of the same provider under the same address: the address has been given to somebody else.
  if (known.email_verified_at === null || (await hasIdentity(trx, known.id, profile.issuer))) {
    return refuse('link_first', known.id)
  }
  await addIdentity(trx, at, known.id, profile, personAt(known.id, from))
  return toAccount(known)
}

async function joinInvited(
  trx: Database,
  at: string,
  profile: Profile,
  email: string,
  from: Origin,
): Promise<Found> {
  const invitation = await findOpenInvitation(trx, at, email)
  if (!invitation) return refuse('not_invited')
  const name = displayName.safeParse(profile.name ?? '').data ?? invitation.email.split('@')[0] ?? 'Somebody'
  const made = { email: invitation.email, name, password_hash: null, email_verified_at: at }
  const account = await makeInvitedAccount(trx, at, invitation, made, from)
  await addIdentity(trx, at, account.id, profile, personAt(account.id, from))
  return account
}

const displayName = line(1, 80)

function refuse(refused: ProviderRefusal, account_id?: string): Found {
  return { refused, account_id }
}

function personAt(id: string, { ip, user_agent, request_id }: Origin) {
  return { kind: 'person' as const, id, ip, user_agent, request_id }
}

async function recordRefusal(
  trx: Database,
  at: string,
  { refused, account_id }: { refused: ProviderRefusal; account_id: string | undefined },
  { ip, user_agent, request_id }: Origin,
): Promise<void> {
  await recordEvent(trx, at, {
    action: 'sign_in.failed',
    outcome: 'failure',
    actor: { kind: 'anonymous', id: null, ip, user_agent, request_id },
    target: account_id ?? 'unknown',
    detail: { with: 'provider', because: refused },
  })
}

const COLUMNS = [
  'a.id',
  'a.email',
  'a.name',
  'a.staff_since',
  'a.disabled_at',
  'a.email_verified_at',
] as const

async function findByIdentity(trx: Database, { issuer, subject }: Profile) {
  return trx
    .selectFrom('identities as i')
    .innerJoin('accounts as a', 'a.id', 'i.account_id')
    .select(COLUMNS)
    .where('i.issuer', '=', issuer)
    .where('i.subject', '=', subject)
    .executeTakeFirst()
}

async function findByEmail(trx: Database, email: string) {
  return trx
    .selectFrom('accounts as a')
    .select(COLUMNS)
    .where((eb) => eb(eb.fn<string>('lower', ['a.email']), '=', lower(email)))
    .executeTakeFirst()
}

async function hasIdentity(trx: Database, account_id: string, issuer: string): Promise<boolean> {
  const row = await trx
    .selectFrom('identities')
    .select('subject')
    .where('account_id', '=', account_id)
    .where('issuer', '=', issuer)
    .executeTakeFirst()
  return row !== undefined
}

async function hasWayIn(trx: Database, account_id: string): Promise<boolean> {
  const row = await trx
    .selectFrom('accounts as a')
    .leftJoin('passkeys as p', 'p.account_id', 'a.id')
    .leftJoin('identities as i', 'i.account_id', 'a.id')
    .select(['a.password_hash', 'p.id as passkey', 'i.subject'])
    .where('a.id', '=', account_id)
    .executeTakeFirstOrThrow()
  return row.password_hash !== null || row.passkey !== null || row.subject !== null
}

async function addIdentity(
  trx: Database,
  at: string,
  account_id: string,
  { issuer, subject }: Profile,
  actor: Parameters<typeof recordEvent>[2]['actor'],
): Promise<void> {
  await trx.insertInto('identities').values({ issuer, subject, account_id, created_at: at }).execute()
  await recordEvent(trx, at, {
    action: 'identity.linked',
    actor,
    target: account_id,
    detail: { issuer, subject },
  })
}
