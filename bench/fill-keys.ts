import { join } from 'node:path'
import Sqlite from 'better-sqlite3'
import { makeKey } from '../server/api-keys/key-format.ts'
import type { AppContext } from '../server/context.ts'
import { newId } from '../server/db/ids.ts'
import { signToken } from '../server/jwt.ts'

/** How many of the keys are presented: enough to be spread over the whole table. */
const SAMPLE = 2_000

interface Owner {
  organization_id: string
  account_id: string
}

/** Writes so many good keys straight into the file, in one transaction. @returns the texts of some of them */
export function fillKeys(folder: string, { organization_id, account_id }: Owner, count: number): string[] {
  const sqlite = new Sqlite(join(folder, 'robotrace.db'))
  const insert = sqlite.prepare(
    `INSERT INTO api_keys (id, prefix, organization_id, label, secret_hash, scopes, created_by, created_at, use_count)
     VALUES (?, 'rt', ?, 'bench', ?, 'episodes:write episodes:read', ?, '2026-01-01T00:00:00.000Z', 0)`,
  )
  const sample: string[] = []
  const every = Math.max(1, Math.floor(count / SAMPLE))
  sqlite.transaction(() => {
    for (let nth = 0; nth < count; nth++) {
      const { key, id, hash } = makeKey()
      insert.run(id, organization_id, hash, account_id)
      if (nth % every === 0) sample.push(key)
    }
  })()
  sqlite.pragma('wal_checkpoint(TRUNCATE)')
  sqlite.close()
  return sample
}

/** So many access tokens, each with the session behind it. */
export async function makeTokens(ctx: AppContext, account_id: string, count: number): Promise<string[]> {
  const issued_at_s = Math.floor(ctx.now().getTime() / 1000)
  const expires_at_s = issued_at_s + 3_600
  const at = new Date(issued_at_s * 1000).toISOString()
  const expires_at = new Date(expires_at_s * 1000).toISOString()
  const tokens: string[] = []
  for (let nth = 0; nth < count; nth++) {
    const [session_id, token_id] = [newId('ses'), newId('tok')]
    const times = { created_at: at, last_seen_at: at, verified_at: at, expires_at }
    await ctx.db
      .insertInto('sessions')
      .values({ id: session_id, kind: 'token', token_id, account_id, ...times, ip: '', user_agent: 'bench' })
      .execute()
    const claims = { account_id, token_id, session_id, issued_at_s, expires_at_s }
    tokens.push((await signToken(ctx, { type: 'at+jwt', ...claims })) ?? '')
  }
  return tokens
}
