import { actorOf } from '../audit/audit.ts'
import type { Origin, PersonCaller, Role } from '../caller.ts'
import type { AppContext } from '../context.ts'
import { isUniqueViolation } from '../db/errors.ts'
import { newId } from '../db/ids.ts'
import { lower } from '../db/lower.ts'
import type { Database } from '../db/open.ts'
import { AppError } from '../errors.ts'
import {
  findOwnInvitation,
  getOpenInvitation,
  type OpenInvitation,
  spendInvitation,
} from '../members/acceptance.ts'
import { type Account, toAccount } from './accounts.ts'
import { hashPassword, refuseWeak } from './passwords.ts'
import { startBrowserSession } from './sign-in.ts'

/** An invitation as the page behind its link shows it. */
export interface InvitationView {
  organization: string
  email: string
  role: Role
  invited_by: string
  expires_at: string
  /**
   * What whoever opened it has to do: `join` with a click, `sign_in` to the account that the address has,
   * `make_account` for an address without one, leave the account they are in (`other_account`), or nothing, because
   * they have accepted it themselves (`joined`).
   */
  next: 'join' | 'sign_in' | 'make_account' | 'other_account' | 'joined'
}

type Ctx = Pick<AppContext, 'db' | 'now'>

/**
 * What is behind a link; looking changes nothing.
 *
 * @throws AppError not_found, the same for an unknown, used, expired and revoked link
 */
export async function viewInvitation(
  ctx: Ctx,
  token: string,
  person: PersonCaller | undefined,
): Promise<InvitationView> {
  const own = person && (await findOwnInvitation(ctx.db, token, person.account_id))
  const invitation = own ?? (await getOpenInvitation(ctx.db, ctx.now().toISOString(), token))
  const { organization_name: organization, email, role, invited_by, expires_at } = invitation
  const next = own ? 'joined' : await nextStep(ctx, invitation, person)
  return { organization, email, role, invited_by, expires_at, next }
}

async function nextStep(
  ctx: Ctx,
  { email }: OpenInvitation,
  person: PersonCaller | undefined,
): Promise<InvitationView['next']> {
  if (person) return isSame(person.email, email) ? 'join' : 'other_account'
  return (await findAccount(ctx.db, email)) ? 'sign_in' : 'make_account'
}

/**
 * Joins somebody who is signed in as the invited address.
 *
 * @throws AppError not_found for a dead link, forbidden for any other account
 */
export async function acceptInvitation(
  ctx: Ctx,
  caller: PersonCaller,
  token: string,
): Promise<{ organization_id: string }> {
  const at = ctx.now().toISOString()
  return ctx.db.transaction().execute(async (trx) => {
    const invitation = await getOpenInvitation(trx, at, token)
    if (!isSame(caller.email, invitation.email)) {
      throw new AppError(
        'forbidden',
        `This invitation is for ${invitation.email}; you are signed in as ${caller.email}. Sign out, then open the link again.`,
      )
    }
    const { account_id } = caller
    if (invitation.by_mail) await noteVerified(trx, at, account_id)
    await spendInvitation(trx, at, invitation, { account_id, actor: actorOf(caller) })
    return { organization_id: invitation.organization_id }
  })
}

/**
 * Makes the account of an invited address, joins and signs in. Never touches an account that is there: a link would
 * otherwise be a way to take it over.
 *
 * @returns the account and the session cookie's value
 * @throws AppError not_found for a dead link, conflict when the address has an account, invalid_request for a
 *   password that guessing would find
 */
export async function joinByInvitation(
  ctx: Ctx,
  input: { token: string; name: string; password: string },
  from: Origin,
): Promise<{ account: Account; session: string; organization_id: string }> {
  const { organization_name, email } = await getOpenInvitation(ctx.db, ctx.now().toISOString(), input.token)
  if (await findAccount(ctx.db, email)) throw hasAccount()
  refuseWeak(input.password, [email, input.name, organization_name], 'password')
  // Hashing outside of the transaction: nothing but SQL is awaited inside one.
  const password_hash = await hashPassword(input.password)
  const at = ctx.now().toISOString()
  const joined = await ctx.db
    .transaction()
    .execute(async (trx) => {
      const invitation = await getOpenInvitation(trx, at, input.token)
      const email_verified_at = invitation.by_mail ? at : null
      const made = { email: invitation.email, name: input.name, password_hash, email_verified_at }
      const account = await makeInvitedAccount(trx, at, invitation, made, from)
      return { account, organization_id: invitation.organization_id }
    })
    .catch((error: unknown) => {
      throw isUniqueViolation(error) ? hasAccount() : error
    })
  return { ...joined, session: await startBrowserSession(ctx, joined.account.id, from, 'invitation link') }
}

/** Writes the account and the membership, inside the caller's transaction. */
export async function makeInvitedAccount(
  trx: Database,
  at: string,
  invitation: OpenInvitation,
  made: { email: string; name: string; password_hash: string | null; email_verified_at: string | null },
  from: Origin,
): Promise<Account> {
  const row = { id: newId('acc'), ...made, staff_since: null, created_at: at }
  await trx.insertInto('accounts').values(row).execute()
  const { ip, user_agent, request_id } = from
  const actor = { kind: 'person' as const, id: row.id, ip, user_agent, request_id }
  await spendInvitation(trx, at, invitation, { account_id: row.id, actor })
  return toAccount(row)
}

async function noteVerified(trx: Database, at: string, account_id: string): Promise<void> {
  await trx
    .updateTable('accounts')
    .set({ email_verified_at: at })
    .where('id', '=', account_id)
    .where('email_verified_at', 'is', null)
    .execute()
}

async function findAccount(db: Database, email: string): Promise<{ id: string } | undefined> {
  return db
    .selectFrom('accounts')
    .select('id')
    .where((eb) => eb(eb.fn<string>('lower', ['email']), '=', lower(email)))
    .executeTakeFirst()
}

function isSame(one: string, other: string): boolean {
  return lower(one) === lower(other)
}

function hasAccount(): AppError {
  return new AppError(
    'conflict',
    'This address has an account already. Sign in with it, then open the invitation link again.',
  )
}
