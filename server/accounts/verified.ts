import type { PersonCaller } from '../caller.ts'
import type { AppContext } from '../context.ts'
import { AppError } from '../errors.ts'

/** How long a proof of being there counts: after that, what a borrowed browser must not do asks for another one. */
export const VERIFIED_FOR_MS = 2 * 60 * 60 * 1000

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
