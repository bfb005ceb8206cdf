import { newId } from '../server/db/ids.ts'
import { signToken } from '../server/jwt.ts'
import type { TestServer } from './harness.ts'
import type { Person } from './seed.ts'

/** A live API token of a person, good for a day. */
export async function apiToken(server: TestServer, { caller }: Person): Promise<string> {
  const id = newId('tok')
  const issued_at_s = Math.floor(server.ctx.now().getTime() / 1000)
  const expires_at_s = issued_at_s + 86_400
  await server.ctx.db
    .insertInto('api_tokens')
    .values({
      id,
      account_id: caller.account_id,
      key_id: server.ctx.signing.tokens[0]?.id ?? '',
      ip: '127.0.0.1',
      created_at: new Date(issued_at_s * 1000).toISOString(),
      expires_at: new Date(expires_at_s * 1000).toISOString(),
    })
    .execute()
  const claims = { account_id: caller.account_id, token_id: id, session_id: undefined }
  const type = 'robotrace-api-token+jwt' as const
  return (await signToken(server.ctx, { ...claims, type, issued_at_s, expires_at_s })) ?? ''
}
