import { z } from 'zod'
import { newId } from '../server/db/ids.ts'
import { signToken } from '../server/jwt.ts'
import type { TestServer } from './harness.ts'
import { portalClient } from './portal-client.ts'
import { bearer, type Person } from './seed.ts'

/** A one-hour access token of a session of its own, as a sign-in over REST gives it. */
export async function accessToken(server: TestServer, { caller }: Person): Promise<string> {
  const now = server.ctx.now()
  const issued_at_s = Math.floor(now.getTime() / 1000)
  const session_id = newId('ses')
  const token_id = newId('tok')
  await server.ctx.db
    .insertInto('sessions')
    .values({
      id: session_id,
      kind: 'token',
      token_id,
      account_id: caller.account_id,
      created_at: now.toISOString(),
      last_seen_at: now.toISOString(),
      verified_at: now.toISOString(),
      expires_at: new Date(now.getTime() + 30 * 86_400_000).toISOString(),
      ip: '127.0.0.1',
      user_agent: 'test',
    })
    .execute()
  const claims = {
    type: 'at+jwt' as const,
    account_id: caller.account_id,
    token_id,
    session_id,
    issued_at_s,
    expires_at_s: issued_at_s + 3_600,
  }
  return (await signToken(server.ctx, claims)) ?? ''
}

/** An API token made and revealed in the portal. */
export async function apiToken(
  server: TestServer,
  who: Person,
  life: '1h' | '24h' | '365d' = '24h',
): Promise<{ id: string; token: string }> {
  const portal = portalClient(server, who)
  const { id } = await portal.apiTokens.make.mutate({ life: life === '365d' ? 365 * 86_400 : life })
  const { token } = await portal.apiTokens.reveal.mutate({ id })
  return { id, token }
}

const listed = z.object({ items: z.array(z.object({ id: z.string(), expired: z.boolean() })) })

/** The status of a read that any personal credential may do, and what it answers. */
export async function readTokens(server: TestServer, token: string) {
  const answer = await server.fetch('/api/v1/user/api-tokens', { headers: bearer(token) })
  return { status: answer.status, items: answer.ok ? listed.parse(await answer.json()).items : [] }
}

/** A REST call with a JSON body. */
export function sendJson(
  server: TestServer,
  method: string,
  path: string,
  token: string,
  body?: object,
  headers: Record<string, string> = {},
): Promise<Response> {
  return server.fetch(path, {
    method,
    headers: {
      ...bearer(token),
      ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
}
