import { insertApiKey } from '../server/api-keys/api-keys.ts'
import { makeKey } from '../server/api-keys/key-format.ts'
import type { TestServer } from './harness.ts'
import { bearer, type Tenant } from './seed.ts'

/** The address of a tenant's default project, and of what lies below it. */
export function projectPath({ organization_id }: Pick<Tenant, 'organization_id'>, rest = ''): string {
  return `/api/v1/organizations/${organization_id}/projects/default${rest}`
}

/** A key of the tenant with these scopes, pinned or not. @returns its text */
export async function keyWith(
  server: TestServer,
  { organization_id, owner }: Pick<Tenant, 'organization_id' | 'owner'>,
  wish: { scopes: string; project_id?: string; device_id?: string },
): Promise<string> {
  const { key, id, hash } = makeKey()
  await insertApiKey(server.ctx.db, {
    ...{ id, organization_id, account_id: null, prefix: 'rt', label: 'a key', secret_hash: hash, ...wish },
    ...{ created_by: owner.caller.account_id, created_at: server.ctx.now().toISOString(), use_count: 0 },
  })
  return key
}

/** JSON in, whatever comes out. */
export function send(
  server: TestServer,
  method: string,
  path: string,
  key: string,
  body?: unknown,
): Promise<Response> {
  const headers = new Headers(bearer(key))
  if (body !== undefined) headers.set('Content-Type', 'application/json')
  return server.fetch(path, {
    method,
    headers,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
}
