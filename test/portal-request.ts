import type { TestServer } from './harness.ts'
import { portalClient } from './portal-client.ts'
import { PASSWORD } from './seed.ts'

/** One tRPC mutation as the browser sends it, for what a client library hides: cookies, headers, statuses. */
export function mutate(
  server: TestServer,
  procedure: string,
  input: unknown,
  headers: Record<string, string> = {},
) {
  return server.fetch(`/trpc/${procedure}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'Sec-Fetch-Site': 'same-origin', ...headers },
    body: JSON.stringify(input),
  })
}

/** Signs in with a password, as the page does. */
export function signIn(
  server: TestServer,
  email: string,
  password = PASSWORD,
  cookie = '',
): Promise<Response> {
  return mutate(server, 'auth.signIn', { email, password }, cookie ? { Cookie: cookie } : {})
}

/** A Cookie header made of what a response sets. */
export function cookiesOf(response: Response): string {
  return response.headers
    .getSetCookie()
    .map((cookie) => cookie.split(';')[0])
    .join('; ')
}

/** Who a cookie signs in, or null. */
export async function me(server: TestServer, cookie: string) {
  return portalClient(server, { cookie }).auth.me.query()
}
