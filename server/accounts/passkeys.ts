import { generateRegistrationOptions, verifyRegistrationResponse } from '@simplewebauthn/server'
import { z } from 'zod'
import { actorOf, recordEvent } from '../audit/audit.ts'
import type { PersonCaller } from '../caller.ts'
import type { AppContext } from '../context.ts'
import { isUniqueViolation } from '../db/errors.ts'
import type { Database } from '../db/open.ts'
import { AppError } from '../errors.ts'
import { requireFactorLeft } from '../organizations/second-factor-policy.ts'
import { putChallenge, readChallenge, takeChallenge } from './challenges.ts'
import { passkeyHost } from './passkey-host.ts'
import { dropRecoveryCodes, makeFirstRecoveryCodes } from './recovery-codes.ts'
import { rotateSession } from './sessions.ts'

type Ctx = Pick<AppContext, 'db' | 'now' | 'signing' | 'config'>

/** The answer of the browser's `navigator.credentials.create`, as JSON. */
export type NewPasskey = Parameters<typeof verifyRegistrationResponse>[0]['response']
type CreationOptions = Omit<Awaited<ReturnType<typeof generateRegistrationOptions>>, 'extensions'>

export interface Passkey {
  /** WebAuthn credential id. */
  id: string
  name: string
  created_at: string
  last_used_at: string | null
}

/** Enough for every telephone, laptop and security key of one person. */
const MAX_PASSKEYS = 20

/**
 * Asks for a new passkey: what the browser's `navigator.credentials.create` is given.
 *
 * @throws AppError conflict when this server's address cannot have passkeys, or there are 20 already
 */
export async function startPasskey(
  ctx: Ctx,
  caller: PersonCaller,
): Promise<{ challenge: string; options: CreationOptions }> {
  const mine = await listPasskeys(ctx, caller.account_id)
  if (mine.length >= MAX_PASSKEYS) throw new AppError('conflict', 'Twenty passkeys are enough. Remove one.')
  const { extensions: _, ...options } = await generateRegistrationOptions({
    rpName: 'RoboTrace',
    rpID: passkeyHost(ctx),
    userName: caller.email,
    userDisplayName: caller.name,
    userID: new TextEncoder().encode(caller.account_id),
    excludeCredentials: mine.map(({ id }) => ({ id })),
    authenticatorSelection: { residentKey: 'preferred', userVerification: 'preferred' },
  })
  const { account_id } = caller
  const detail = { asked: options.challenge }
  const challenge = await putChallenge(ctx.db, ctx.now(), { kind: 'add_passkey', account_id, detail })
  return { challenge, options }
}

/**
 * Keeps a new passkey, which from now on is a second factor.
 *
 * @returns this session's fresh cookie value, and recovery codes when there was no second factor before
 * @throws AppError conflict when it took too long, invalid_request when the answer does not fit the question
 */
export async function addPasskey(
  ctx: Ctx,
  caller: PersonCaller,
  input: { challenge: string; name: string; response: NewPasskey },
): Promise<{ session: string; recovery_codes: string[] }> {
  const { account_id } = caller
  const now = ctx.now()
  const at = now.toISOString()
  const challenge = await readChallenge(ctx.db, now, 'add_passkey', input.challenge)
  if (challenge?.account_id !== account_id) throw tooLate()
  const credential = await verifyNew(ctx, asked.parse(challenge.detail).asked, input.response)
  if (!credential) throw new AppError('invalid_request', 'This passkey could not be checked. Try again.')
  const row = {
    id: credential.id,
    account_id,
    name: input.name,
    public_key: Buffer.from(credential.publicKey).toString('base64url'),
    sign_count: credential.counter,
    transports: (credential.transports ?? []).join(' '),
    created_at: at,
  }
  return ctx.db.transaction().execute(async (trx) => {
    if (!(await takeChallenge(trx, input.challenge))) throw tooLate()
    await insertPasskey(trx, row)
    const detail = { kind: 'passkey', name: input.name }
    const event = { action: 'second_factor.added', actor: actorOf(caller), target: account_id, detail }
    await recordEvent(trx, at, event)
    const recovery_codes = await makeFirstRecoveryCodes({ ...ctx, db: trx }, account_id)
    return { session: await rotateSession(trx, now, caller), recovery_codes }
  })
}

const asked = z.object({ asked: z.string() })

async function verifyNew(ctx: Ctx, expectedChallenge: string, response: NewPasskey) {
  const checked = await verifyRegistrationResponse({
    response,
    expectedChallenge,
    expectedOrigin: ctx.config.public_url,
    expectedRPID: passkeyHost(ctx),
    requireUserVerification: false,
    // What does not parse throws, and says nothing that whoever sent it would not know.
  }).catch(() => undefined)
  return checked?.registrationInfo?.credential
}

async function insertPasskey(trx: Database, row: Omit<Passkey, 'last_used_at'> & NewRow): Promise<void> {
  try {
    await trx.insertInto('passkeys').values(row).execute()
  } catch (error) {
    if (isUniqueViolation(error)) throw new AppError('conflict', 'This passkey is known already.')
    throw error
  }
}

interface NewRow {
  account_id: string
  public_key: string
  sign_count: number
  transports: string
}

/** Newest first. */
export async function listPasskeys(ctx: Pick<AppContext, 'db'>, account_id: string): Promise<Passkey[]> {
  return ctx.db
    .selectFrom('passkeys')
    .select(['id', 'name', 'created_at', 'last_used_at'])
    .where('account_id', '=', account_id)
    .orderBy('created_at', 'desc')
    .execute()
}

/**
 * Ends a passkey; the last factor takes the recovery codes along.
 *
 * @returns a fresh cookie value
 * @throws AppError not_found; conflict for the last factor of somebody whose organization requires one
 */
export async function removePasskey(
  ctx: Ctx,
  caller: PersonCaller,
  id: string,
): Promise<{ session: string; name: string }> {
  const { account_id } = caller
  const now = ctx.now()
  return ctx.db.transaction().execute(async (trx) => {
    const removed = await trx
      .deleteFrom('passkeys')
      .where('id', '=', id)
      .where('account_id', '=', account_id)
      .returning('name')
      .executeTakeFirst()
    if (!removed) throw new AppError('not_found', 'There is no such passkey.')
    await dropRecoveryCodes(trx, account_id)
    const detail = { kind: 'passkey', name: removed.name }
    const event = { action: 'second_factor.removed', actor: actorOf(caller), target: account_id, detail }
    await recordEvent(trx, now.toISOString(), event)
    await requireFactorLeft(trx, account_id)
    return { session: await rotateSession(trx, now, caller), name: removed.name }
  })
}

function tooLate(): AppError {
  return new AppError('conflict', 'That took too long, or was done already. Start again.')
}
