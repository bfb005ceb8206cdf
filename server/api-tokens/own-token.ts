import type { AppContext } from '../context.ts'
import type { Database } from '../db/open.ts'
import { AppError } from '../errors.ts'

/** When an API token was made and when it ends. */
export async function describeApiToken(
  ctx: Pick<AppContext, 'db'>,
  id: string,
): Promise<{ created_at: string; expires_at: string }> {
  return ctx.db
    .selectFrom('api_tokens')
    .select(['created_at', 'expires_at'])
    .where('id', '=', id)
    .executeTakeFirstOrThrow()
}

/**
 * A token ends itself, inside the caller's transaction.
 *
 * @throws AppError unauthenticated when somebody else was faster
 */
export async function endOwnApiToken(trx: Database, id: string, revoked_at: string): Promise<void> {
  const row = await trx
    .updateTable('api_tokens')
    .set({ revoked_at })
    .where('id', '=', id)
    .where('revoked_at', 'is', null)
    .returning('id')
    .executeTakeFirst()
  if (!row) throw new AppError('unauthenticated')
}
