import { type Actor, recordEvent } from '../audit/audit.ts'
import type { Origin } from '../caller.ts'
import type { AppContext } from '../context.ts'
import { type Spent, TooManyTries } from './sign-in-limit.ts'

type Ctx = Pick<AppContext, 'db' | 'now'>

/** Who tried, and whose account it was about; undefined: one that does not exist. */
export interface Tried {
  actor: Actor
  account_id: string | undefined
}

/** Somebody who has not proved to be anybody yet. */
export function stranger(from: Origin): Actor {
  const { ip, user_agent, request_id } = from
  return { kind: 'anonymous', id: null, ip, user_agent, request_id }
}

/**
 * Tells the audit trail that somebody could not prove to be an account. What they typed is kept out of it: people type
 * passwords into the wrong field.
 */
export async function recordFailure(
  ctx: Ctx,
  { actor, account_id }: Tried,
  event: { action: string; detail: Record<string, string | number | null> },
): Promise<void> {
  const at = ctx.now().toISOString()
  const target = account_id ?? 'unknown'
  await ctx.db
    .transaction()
    .execute((trx) => recordEvent(trx, at, { ...event, outcome: 'failure', actor, target }))
}

/** Takes a try. A spent budget is told to the audit trail once in its window, by the try that found it so. */
export async function spendOrTell(ctx: Ctx, tried: Tried, spend: () => Promise<Spent>): Promise<Spent> {
  try {
    return await spend()
  } catch (error) {
    if (error instanceof TooManyTries && error.first) {
      const detail = { budget: error.budget, retry_after: error.extra.retry_after ?? null }
      await recordFailure(ctx, tried, { action: 'sign_in.limited', detail })
    }
    throw error
  }
}
