import type { Caller, PersonCaller } from '../caller.ts'
import type { AppContext } from '../context.ts'
import { AppError } from '../errors.ts'

/** How long a proof of being there counts: after that, what a borrowed browser must not do asks for another one. */
export const VERIFIED_FOR_MS = 2 * 60 * 60 * 1000

/**
 * The same for a program with an access token: its hour is renewed for thirty days on one password, and whoever finds
 * one must not be able to turn it into something that lasts. Keys and API tokens are bounded by their own end instead.
 *
 * @throws AppError step_up_required: sign in again with POST /api/v1/auth/login
 */
export function requireFreshAccess(ctx: Pick<AppContext, 'now'>, caller: Caller): void {
  if (caller.kind === 'person' && caller.credential.kind === 'access_token') requireVerified(ctx, caller)
}

/**
 * Lets pass who has proved to be there in the last two hours, by password, passkey or provider. What a program holds
 * never does.
 *
 * @throws AppError step_up_required
 * @example requireVerified(ctx, caller)
 */
export function requireVerified(ctx: Pick<AppContext, 'now'>, caller: PersonCaller): void {
  const age = ctx.now().getTime() - Date.parse(caller.verified_at ?? '')
  if (!(age < VERIFIED_FOR_MS)) throw new AppError('step_up_required')
}
