import { confirmPassword } from '../accounts/accounts.ts'
import { hasFactor } from '../accounts/recovery-codes.ts'
import { requireVerified } from '../accounts/verified.ts'
import { revokeApiKey } from '../api-keys/api-keys.ts'
import { makeKey } from '../api-keys/key-format.ts'
import { actorOf, recordEvent } from '../audit/audit.ts'
import type { PersonCaller } from '../caller.ts'
import type { AppContext } from '../context.ts'
import type { Database } from '../db/open.ts'
import { AppError } from '../errors.ts'
import { notify } from '../notices/notices.ts'
import { mayMint } from '../organizations/entitlements.ts'
import { guessCode } from './guesses.ts'
import {
  getLogin,
  grantedScopes,
  isAlive,
  type Login,
  type LoginView,
  sameNetwork,
  unknownCode,
  viewLogin,
} from './login-view.ts'
import { letsIn, readLoginPolicy } from './policy.ts'
import { seal } from './sealed-key.ts'
import { showUserCode } from './user-code.ts'

type Ctx = Pick<AppContext, 'db' | 'now' | 'signing' | 'limiter'>

/**
 * Opens a code, which claims it for the first account that does so. A second account that opens it is a sign of
 * a code that was passed around: the login is poisoned, and the first account is told.
 *
 * @throws AppError not_found for an unknown code, rate_limited after too many of them, forbidden when it poisoned
 */
export async function claimDeviceLogin(ctx: Ctx, caller: PersonCaller, typed: string): Promise<LoginView> {
  const { login, user_code } = await guessCode(ctx, caller, typed)
  if (isAlive(ctx, login) && login.claimed_by !== caller.account_id) await claim(ctx, caller, login)
  return viewLogin(ctx, caller, user_code)
}

/** The login as it is now, for the account that claimed it: the page watches it until the terminal has its key. */
export async function viewDeviceLogin(ctx: Ctx, caller: PersonCaller, typed: string): Promise<LoginView> {
  const { login, user_code } = await getLogin(ctx, typed)
  if (login.claimed_by !== caller.account_id) throw unknownCode()
  return viewLogin(ctx, caller, user_code)
}

/**
 * Lets the terminal in: mints the key, seals it to the terminal, keeps its hash.
 *
 * @throws AppError forbidden when the caller may not mint there or the organization lets no terminal in,
 *   wrong_password when the networks differ and the password is missing or wrong, step_up_required when the last
 *   proof is older than two hours, conflict when it is decided
 */
export async function approveDeviceLogin(
  ctx: Ctx,
  caller: PersonCaller,
  input: { user_code: string; organization_id: string; password?: string | undefined },
): Promise<LoginView> {
  const { login, user_code } = await findOwnLogin(ctx, caller, input.user_code)
  const minter = await mayMint(ctx.db, caller.account_id, input.organization_id)
  const policy = await readLoginPolicy(ctx.db, input.organization_id)
  if (!minter || grantedScopes(login, minter.role) === '' || !letsIn(policy, login.ip)) {
    throw new AppError('forbidden', 'You may not sign this terminal in to this organization.')
  }
  await requireProof(ctx, caller, input.password, policy.step_up || !sameNetwork(login, caller))
  const { key, id, hash } = makeKey()
  const sealed = await seal(login.hpke_public_key, login.id, {
    api_key: key,
    user_code: showUserCode(user_code),
  })
  await decide(ctx, caller, login, {
    action: 'device_login.approved',
    organization_id: input.organization_id,
    change: {
      status: 'approved',
      organization_id: input.organization_id,
      api_key_id: id,
      api_key_hash: hash,
      ...sealed,
    },
    notice: {
      hostname: login.hostname,
      ip: login.ip,
      api_key_id: id,
      organization: minter.organization.name,
    },
  })
  return viewLogin(ctx, caller, user_code)
}

/**
 * A key is given away only by somebody who is there. The password that this very page asks for is a proof as well, but
 * not in place of a second factor.
 */
async function requireProof(
  ctx: Ctx,
  caller: PersonCaller,
  password: string | undefined,
  passwordAsked: boolean,
): Promise<void> {
  if (passwordAsked) await confirmPassword(ctx, caller, password ?? '')
  if (!passwordAsked || (await hasFactor(ctx.db, caller.account_id))) requireVerified(ctx, caller)
}

/** Turns the terminal away. */
export async function refuseDeviceLogin(ctx: Ctx, caller: PersonCaller, typed: string): Promise<LoginView> {
  const { login, user_code } = await findOwnLogin(ctx, caller, typed)
  await decide(ctx, caller, login, {
    action: 'device_login.refused',
    organization_id: null,
    change: { status: 'denied', denied_because: 'refused' },
  })
  return viewLogin(ctx, caller, user_code)
}

/**
 * Ends the key that an approval gave away, whether the terminal has picked it up yet or not.
 *
 * @returns what stopped: the key's label
 * @throws AppError as revokeApiKey does
 */
export async function revokeLoginKey(
  ctx: Ctx,
  caller: PersonCaller,
  api_key_id: string,
): Promise<{ label: string }> {
  const at = ctx.now().toISOString()
  const withdrawn = await ctx.db.transaction().execute(async (trx) => {
    const login = await trx
      .updateTable('device_logins')
      .set({ status: 'denied', denied_because: 'refused', sealed_key: null, sealed_secret: null })
      .where('api_key_id', '=', api_key_id)
      .where('claimed_by', '=', caller.account_id)
      .where('status', '=', 'approved')
      .returning(['id', 'organization_id'])
      .executeTakeFirst()
    if (!login) return false
    const { id: target, organization_id } = login
    const actor = actorOf(caller)
    await recordEvent(trx, at, { action: 'device_login.withdrawn', actor, organization_id, target })
    return true
  })
  return withdrawn ? { label: 'The login' } : revokeApiKey(ctx, caller, api_key_id)
}

interface Decision {
  action: string
  organization_id: string | null
  change: Partial<Login>
  notice?: Record<string, string | null>
}

/** Approve and refuse end in exactly one state: whichever UPDATE finds the login still pending. */
async function decide(ctx: Ctx, caller: PersonCaller, login: Login, decision: Decision): Promise<void> {
  const at = ctx.now().toISOString()
  await ctx.db.transaction().execute(async (trx) => {
    const decided = await openLogin(trx, login.id, at)
      .set({ ...decision.change, decided_at: at })
      .where('claimed_by', '=', caller.account_id)
      .returning('id')
      .executeTakeFirst()
    if (!decided) throw new AppError('conflict', 'This login has been decided or has expired.')
    const { action, organization_id } = decision
    await recordEvent(trx, at, { action, actor: actorOf(caller), organization_id, target: login.id })
    if (!decision.notice) return
    const { account_id } = caller
    await notify(trx, at, { account_id, kind: 'device_login_approved', detail: decision.notice })
  })
}

async function claim(ctx: Ctx, caller: PersonCaller, login: Login): Promise<void> {
  const at = ctx.now().toISOString()
  const actor = actorOf(caller)
  await ctx.db.transaction().execute(async (trx) => {
    const claimed = await openLogin(trx, login.id, at)
      .set({ claimed_by: caller.account_id, claimed_at: at })
      .where('claimed_by', 'is', null)
      .returning('id')
      .executeTakeFirst()
    if (claimed) await recordEvent(trx, at, { action: 'device_login.claimed', actor, target: login.id })
  })
  await poisonIfTaken(ctx, caller, login)
}

/** Nothing of this may be undone by the refusal that follows, so it is a transaction of its own. */
async function poisonIfTaken(ctx: Ctx, caller: PersonCaller, login: Login): Promise<void> {
  const at = ctx.now().toISOString()
  const poisoned = await ctx.db.transaction().execute(async (trx) => {
    // An approval that the terminal has not picked up yet is taken back as well.
    const row = await trx
      .updateTable('device_logins')
      .set({
        status: 'denied',
        denied_because: 'poisoned',
        decided_at: at,
        sealed_key: null,
        sealed_secret: null,
      })
      .where('id', '=', login.id)
      .where('status', 'in', ['pending', 'approved'])
      .where('expires_at', '>', at)
      .where('claimed_by', '!=', caller.account_id)
      .returning('claimed_by')
      .executeTakeFirst()
    if (!row?.claimed_by) return false
    await recordEvent(trx, at, {
      action: 'device_login.poisoned',
      actor: actorOf(caller),
      target: login.id,
    })
    const detail = { hostname: login.hostname, ip: caller.ip }
    await notify(trx, at, { account_id: row.claimed_by, kind: 'device_login_poisoned', detail })
    return true
  })
  if (poisoned) throw poisonedCode()
}

function openLogin(trx: Database, id: string, at: string) {
  return trx
    .updateTable('device_logins')
    .where('id', '=', id)
    .where('status', '=', 'pending')
    .where('expires_at', '>', at)
}

/** Deciding needs the claim first; a decision by another account kills the code like opening it does. */
async function findOwnLogin(
  ctx: Ctx,
  caller: PersonCaller,
  typed: string,
): Promise<{ login: Login; user_code: string }> {
  const found = await guessCode(ctx, caller, typed)
  if (found.login.claimed_by === caller.account_id) return found
  await poisonIfTaken(ctx, caller, found.login)
  throw new AppError('forbidden', 'Open this code on the page before deciding about it.')
}

function poisonedCode(): AppError {
  return new AppError('forbidden', 'Another account has opened this code. For safety the login was stopped.')
}
