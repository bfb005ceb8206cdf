import type { AppContext } from '../context.ts'

const FLUSH_EVERY_MS = 5_000

/**
 * Remembers when API tokens were used last, and writes it down for many requests together, behind their backs.
 *
 * @returns notes one use of a token, by its id
 * @example const noteTokenUse = createTokenUsage(ctx); noteTokenUse('tok_…')
 */
export function createTokenUsage(
  ctx: Pick<AppContext, 'db' | 'now' | 'background'>,
): (token_id: string) => void {
  let used = new Map<string, string>()
  const flush = async (): Promise<void> => {
    if (used.size === 0) return
    const batch = used
    used = new Map()
    await ctx.db.transaction().execute(async (trx) => {
      for (const [id, at] of batch) {
        await trx
          .updateTable('api_tokens')
          .set({ last_used_at: at })
          .where('id', '=', id)
          .where((eb) => eb.or([eb('last_used_at', 'is', null), eb('last_used_at', '<', at)]))
          .execute()
      }
    })
  }
  ctx.background.every('API tokens used', FLUSH_EVERY_MS, flush, 'run')
  return (token_id) => used.set(token_id, ctx.now().toISOString())
}
