import { readPeople, toPerson } from '../accounts/people.ts'
import type { Origin, PersonCaller } from '../caller.ts'
import type { AppContext } from '../context.ts'
import type { TokenClaims } from '../jwt.ts'

/** Whose API token this is; undefined once it is revoked. It acts as its user in every organization. */
export async function findPersonByApiToken(
  ctx: Pick<AppContext, 'db' | 'now'>,
  claims: Pick<TokenClaims, 'token_id'>,
  from: Origin,
): Promise<PersonCaller | undefined> {
  const rows = await readPeople(ctx.db, {
    columns: 't.id',
    from: 'api_tokens t JOIN accounts a ON a.id = t.account_id',
    where: 't.id = ? AND t.revoked_at IS NULL AND t.expires_at > ?',
    values: [claims.token_id, ctx.now().toISOString()],
  })
  return toPerson(rows, { credential: { kind: 'api_token', id: claims.token_id }, from })
}
