import { generateAuthenticationOptions, verifyAuthenticationResponse } from '@simplewebauthn/server'
import { z } from 'zod'
import type { AppContext } from '../context.ts'
import { canHavePasskeys, passkeyHost } from './passkey-host.ts'

type Ctx = Pick<AppContext, 'db' | 'now' | 'config'>

/** The answer of the browser's `navigator.credentials.get`, as JSON. */
export type PasskeyAnswer = Parameters<typeof verifyAuthenticationResponse>[0]['response']
export type PasskeyOptions = Omit<Awaited<ReturnType<typeof generateAuthenticationOptions>>, 'extensions'>

/** What a challenge remembers of the question it stands for. */
export const passkeyDetail = z.object({ asked: z.string().optional(), verified: z.boolean().optional() })

/**
 * A question for passkeys: what the browser's `navigator.credentials.get` is given.
 *
 * @param account_id whose passkeys may answer; null: any that the browser offers
 * @param verified they have to ask for a finger, a face or a PIN, and so are two factors at once
 * @returns undefined when the account has none, or this server's address cannot have any
 */
export async function askPasskey(
  ctx: Ctx,
  account_id: string | null,
  verified: boolean,
): Promise<PasskeyOptions | undefined> {
  if (!canHavePasskeys(ctx)) return undefined
  const allowed =
    account_id === null
      ? []
      : await ctx.db
          .selectFrom('passkeys')
          .select(['id', 'transports'])
          .where('account_id', '=', account_id)
          .execute()
  if (account_id !== null && allowed.length === 0) return undefined
  const { extensions: _, ...options } = await generateAuthenticationOptions({
    rpID: passkeyHost(ctx),
    allowCredentials: allowed.map(({ id, transports }) => ({ id, transports: words(transports) })),
    userVerification: verified ? 'required' : 'preferred',
  })
  return options
}

/**
 * Whose passkey gave this answer, and that it fits the question.
 *
 * @param account_id whose it has to be; null: anybody's
 * @returns undefined when it does not, or comes from a copy of a passkey (its counter went back)
 */
export async function usePasskey(
  ctx: Ctx,
  question: { asked: string | undefined; account_id: string | null; verified: boolean },
  response: PasskeyAnswer,
): Promise<{ account_id: string } | undefined> {
  const row = await ctx.db
    .selectFrom('passkeys')
    .select(['id', 'account_id', 'public_key', 'sign_count', 'transports'])
    .where('id', '=', response.id)
    .executeTakeFirst()
  if (!row || question.asked === undefined) return undefined
  if (question.account_id !== null && row.account_id !== question.account_id) return undefined
  const checked = await verifyAuthenticationResponse({
    response,
    expectedChallenge: question.asked,
    expectedOrigin: ctx.config.public_url,
    expectedRPID: passkeyHost(ctx),
    requireUserVerification: question.verified,
    credential: {
      id: row.id,
      publicKey: new Uint8Array(Buffer.from(row.public_key, 'base64url')),
      counter: row.sign_count,
      transports: words(row.transports),
    },
    // What does not parse or fit throws; whoever sent it learns that it was wrong.
  }).catch(() => undefined)
  if (!checked?.verified) return undefined
  const used = await ctx.db
    .updateTable('passkeys')
    .set({ sign_count: checked.authenticationInfo.newCounter, last_used_at: ctx.now().toISOString() })
    .where('id', '=', row.id)
    .where('sign_count', '=', row.sign_count)
    .returning('account_id')
    .executeTakeFirst()
  return used
}

function words(text: string): string[] {
  return text.split(' ').filter(Boolean)
}
