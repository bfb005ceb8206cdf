import { z } from 'zod'
import type { TestServer } from '../harness.ts'
import { portalClient } from '../portal-client.ts'
import type { Person, Tenant } from '../seed.ts'

/** What the stock client sends and reads, in both dialects. */
export const CLIENT_AGENT = 'robotrace-python/0.3.0 cpython/3.12.3 linux/x86_64'

export const started = z.object({
  device_code: z.string(),
  user_code: z.string(),
  verification_uri: z.string(),
  verification_uri_complete: z.string(),
  expires_in: z.number(),
  interval: z.number(),
})
export type Started = z.infer<typeof started>

const polled = z.looseObject({
  status: z.string(),
  interval: z.number().optional(),
  api_key: z.string().optional(),
})

export async function start(server: TestServer, from?: string): Promise<Started> {
  const answer = await post(
    server,
    '/api/cli/auth/start',
    { user_agent: CLIENT_AGENT, hostname: 'bench-3' },
    from,
  )
  if (answer.status !== 200) throw new Error(`start answered ${answer.status}: ${await answer.text()}`)
  return started.parse(await answer.json())
}

export async function poll(server: TestServer, device_code: string, from?: string) {
  const answer = await post(server, '/api/cli/auth/poll', { device_code }, from)
  return { http: answer.status, ...polled.parse(await answer.json()) }
}

export function post(server: TestServer, path: string, body: unknown, from?: string): Promise<Response> {
  return server.fetch(path, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...(from ? { 'X-Forwarded-For': from } : {}) },
    body: JSON.stringify(body),
  })
}

/** One form-encoded OAuth request; an array repeats its parameter. */
export async function oauth(
  server: TestServer,
  path: string,
  parameters: Record<string, string | string[]>,
  headers: Record<string, string> = {},
) {
  const form = new URLSearchParams()
  for (const [name, value] of Object.entries(parameters))
    for (const one of [value].flat()) form.append(name, one)
  const response = await server.fetch(`/oauth/${path}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/x-www-form-urlencoded', ...headers },
    body: form.toString(),
  })
  const body = z.record(z.string(), z.unknown()).parse(await response.json())
  return { status: response.status, headers: response.headers, body }
}

export const DEVICE_GRANT = 'urn:ietf:params:oauth:grant-type:device_code'

export function token(server: TestServer, device_code: string, more: Record<string, string> = {}) {
  return oauth(server, 'token', {
    grant_type: DEVICE_GRANT,
    device_code,
    client_id: 'robotrace-cli',
    ...more,
  })
}

export async function authorize(server: TestServer): Promise<Started> {
  const { body } = await oauth(server, 'device_authorization', { client_id: 'robotrace-cli' })
  return started.parse(body)
}

/** Opens the code and lets the terminal in, as its owner does on the page. */
export async function approve(
  server: TestServer,
  { owner, organization_id }: Tenant,
  { user_code }: Pick<Started, 'user_code'>,
) {
  const portal = portalClient(server, owner)
  await portal.deviceLogin.claim.mutate({ user_code })
  return portal.deviceLogin.approve.mutate({ user_code, organization_id })
}

export function pageOf(server: TestServer, who: Person) {
  return portalClient(server, who).deviceLogin
}

/** What the audit trail holds of device logins, in order. */
export async function auditTrail(server: TestServer): Promise<string[]> {
  const rows = await server.ctx.db
    .selectFrom('audit_events')
    .select('action')
    .where('action', 'like', 'device_login%')
    .orderBy('seq')
    .execute()
  return rows.map(({ action }) => action)
}

/** A code that nobody was given. */
export const WRONG = 'BBBB-BBBB'

/** What a tRPC refusal with this code looks like to `rejects.toMatchObject`. */
export function refusedAs(code: string) {
  return { data: { problem: { code } } }
}

/** Types a code on the page. @returns the login's state, or the code of the refusal */
export async function guess(server: TestServer, who: Person, user_code = WRONG): Promise<string> {
  return pageOf(server, who)
    .claim.mutate({ user_code })
    .then(
      ({ state }) => state,
      (error) => error.data.problem.code,
    )
}
