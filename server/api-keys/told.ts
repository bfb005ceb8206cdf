import type { Database } from '../db/open.ts'
import { keyPrefix } from './key-format.ts'

/** What a key is, in a message to somebody outside: what it may do and for what, never its text or its hash. */
export async function tellKey(
  db: Database,
  id: string,
): Promise<{ project_id: string | null; data: Record<string, string | string[] | null> } | undefined> {
  const row = await db
    .selectFrom('api_keys')
    .select(['id', 'prefix', 'label', 'scopes', 'account_id', 'project_id', 'device_id', 'created_by'])
    .select(['created_at', 'expires_at', 'revoked_at'])
    .where('id', '=', id)
    .executeTakeFirst()
  if (!row) return undefined
  const { prefix, scopes, account_id, ...rest } = row
  const data = {
    ...{ key_id: rest.id, key_prefix: keyPrefix(id, prefix), label: rest.label },
    kind: account_id === null ? 'service' : 'personal',
    scopes: scopes.split(' '),
    ...{ account_id, device_id: rest.device_id, created_by: rest.created_by },
    ...{ created_at: rest.created_at, expires_at: rest.expires_at, revoked_at: rest.revoked_at },
  }
  return { project_id: row.project_id, data }
}
