import { z } from 'zod'
import { apiKey } from '../../server/api-keys/schema.ts'
import { newId } from '../../server/db/ids.ts'
import { signToken, type TokenType } from '../../server/jwt.ts'
import type { TestServer } from '../harness.ts'
import { bearer, type Person, type Tenant } from '../seed.ts'

/** Requests about keys, with a credential of any kind. */
export function send(
  server: TestServer,
  credential: string | undefined,
  method: string,
  path: string,
  body?: unknown,
): Promise<Response> {
  return server.fetch(path, {
    method,
    headers: {
      ...(credential === undefined ? {} : bearer(credential)),
      ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
}

export const minted = z.object({ key: z.string(), api_key: apiKey })
export const rotated = minted.extend({ old: apiKey })
export const listed = z.object({ items: z.array(apiKey), total: z.number() })
export const problem = z.looseObject({ status: z.number(), code: z.string(), detail: z.string() })

export async function refusalOf(response: Response): Promise<string> {
  const { status, code } = problem.parse(await response.json())
  return `${status} ${code}`
}

export function keysOf(lab: Pick<Tenant, 'organization_id'>): string {
  return `/api/v1/organizations/${lab.organization_id}/api-keys`
}

/** An API token, or an access token with its session, of this person. */
export async function tokenOf(server: TestServer, who: Person, type: TokenType): Promise<string> {
  const { db } = server.ctx
  const issued_at_s = Math.floor(server.ctx.now().getTime() / 1000)
  const expires_at_s = issued_at_s + 3600
  const [created_at = '', expires_at = ''] = [issued_at_s, expires_at_s].map((s) =>
    new Date(s * 1000).toISOString(),
  )
  const { account_id } = who.caller
  const token_id = newId('tok')
  const session_id = type === 'at+jwt' ? newId('ses') : undefined
  if (session_id === undefined) {
    const key_id = server.ctx.signing.tokens[0]?.id ?? ''
    const row = { id: token_id, account_id, key_id, ip: '127.0.0.1', created_at, expires_at }
    await db.insertInto('api_tokens').values(row).execute()
  } else {
    const times = { created_at, expires_at, last_seen_at: created_at, verified_at: created_at }
    const row = { id: session_id, kind: 'token' as const, account_id, token_id, ...times }
    await db
      .insertInto('sessions')
      .values({ ...row, ip: '127.0.0.1', user_agent: 'test' })
      .execute()
  }
  const claims = { type, account_id, token_id, session_id, issued_at_s, expires_at_s }
  return (await signToken(server.ctx, claims)) ?? ''
}

/** A device of the organization's default project. */
export async function device(server: TestServer, lab: Tenant, name = 'arm-3') {
  const { id: project_id } = await server.ctx.db
    .selectFrom('projects')
    .select('id')
    .where('organization_id', '=', lab.organization_id)
    .executeTakeFirstOrThrow()
  const id = newId('dev')
  await server.ctx.db
    .insertInto('devices')
    .values({
      id,
      organization_id: lab.organization_id,
      project_id,
      status: 'offline',
      name,
      created_by: lab.owner.caller.account_id,
      created_at: server.ctx.now().toISOString(),
    })
    .execute()
  return { id, project_id }
}
