import { Agent, type IncomingMessage, request } from 'node:http'
import { insertApiKey } from '../server/api-keys/api-keys.ts'
import { makeKey } from '../server/api-keys/key-format.ts'
import { newId } from '../server/db/ids.ts'
import { signToken } from '../server/jwt.ts'
import { DEFAULT_SCOPES } from '../server/organizations/scopes.ts'
import type { TestServer } from './harness.ts'
import type { Person } from './seed.ts'

/** Everything one person can be signed in with at once, beside the browser. */

/** A personal `rt_` key of one organization. */
export async function personalKey(
  server: TestServer,
  who: Person,
  organization_id: string,
  label = 'casey laptop',
  wish: { scopes?: string; project_id?: string } = {},
): Promise<{ key: string; id: string }> {
  const { key, id, hash } = makeKey()
  const { account_id } = who.caller
  await insertApiKey(server.ctx.db, {
    ...{ id, organization_id, account_id, label, prefix: 'rt', secret_hash: hash, scopes: DEFAULT_SCOPES },
    ...wish,
    ...{ use_count: 0, created_by: account_id, created_at: server.ctx.now().toISOString() },
  })
  return { key, id }
}

/** An `rbtk_` key: good in every organization its owner belongs to. */
export async function everywhereKey(
  server: TestServer,
  who: Person,
  label: string,
): Promise<{ key: string; id: string }> {
  const { key, id, hash } = makeKey('rbtk')
  const { account_id } = who.caller
  await insertApiKey(server.ctx.db, {
    ...{ id, organization_id: null, account_id, label, prefix: 'rbtk', secret_hash: hash },
    scopes: DEFAULT_SCOPES,
    ...{ use_count: 0, created_by: account_id, created_at: server.ctx.now().toISOString() },
  })
  return { key, id }
}

/** An API token for a day, as the portal makes them. */
export async function apiToken(server: TestServer, who: Person): Promise<string> {
  const issued_at_s = Math.floor(server.ctx.now().getTime() / 1000)
  const expires_at_s = issued_at_s + 86_400
  const [today] = server.ctx.signing.tokens
  const id = newId('tok')
  const at = (seconds: number) => new Date(seconds * 1000).toISOString()
  const made = { created_at: at(issued_at_s), expires_at: at(expires_at_s), ip: '127.0.0.1' }
  const { account_id } = who.caller
  await server.ctx.db
    .insertInto('api_tokens')
    .values({ id, account_id, key_id: today?.id ?? '', ...made })
    .execute()
  const claims = { account_id, token_id: id, session_id: undefined, issued_at_s, expires_at_s }
  return (await signToken(server.ctx, { type: 'robotrace-api-token+jwt', ...claims })) ?? ''
}

/** An access token with the session behind it, as signing in with a program gives them. */
export async function accessToken(server: TestServer, who: Person): Promise<string> {
  const now = server.ctx.now()
  const issued_at_s = Math.floor(now.getTime() / 1000)
  const { account_id } = who.caller
  const [session_id, token_id, at] = [newId('ses'), 'first', now.toISOString()]
  await server.ctx.db
    .insertInto('sessions')
    .values({
      ...{ id: session_id, kind: 'token', token_id, account_id, ip: '127.0.0.1', user_agent: 'test' },
      ...{ created_at: at, last_seen_at: at, verified_at: at },
      expires_at: new Date(now.getTime() + 86_400_000).toISOString(),
    })
    .execute()
  const claims = { account_id, token_id, session_id, issued_at_s, expires_at_s: issued_at_s + 3600 }
  return (await signToken(server.ctx, { type: 'at+jwt', ...claims })) ?? ''
}

export interface KeptConnection extends Disposable {
  send: (
    method: string,
    path: string,
    headers: Record<string, string>,
    body?: string,
  ) => Promise<{ status: number; text: string }>
  /** The ports all requests so far went out from: one, while the connection was kept. */
  ports: ReadonlySet<number | undefined>
}

/** One connection that is kept open: what was true at its first request must not be remembered at its second. */
export function keepConnection(server: TestServer): KeptConnection {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const ports = new Set<number | undefined>()
  return {
    ports,
    send: (method, path, headers, body = '') =>
      new Promise((resolve, reject) => {
        const length = { 'Content-Length': String(Buffer.byteLength(body)) }
        const sent = request(
          new URL(path, server.url),
          { agent, method, headers: { ...length, ...headers } },
          (answer: IncomingMessage) => {
            ports.add(answer.socket.localPort)
            let text = ''
            answer.setEncoding('utf8')
            answer.on('data', (chunk: string) => {
              text += chunk
            })
            answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text }))
          },
        )
        sent.on('error', reject)
        sent.end(body)
      }),
    [Symbol.dispose]: () => agent.destroy(),
  }
}
