import { createTRPCClient, httpLink } from '@trpc/client'
import type { AppRouter } from '../server/trpc.ts'
import type { TestServer } from './harness.ts'

/** The portal's own client, over HTTP, signed in with a person's cookie. */
export function portalClient(server: TestServer, who?: { cookie: string }) {
  return createTRPCClient<AppRouter>({
    links: [
      httpLink({
        url: `${server.url}/trpc`,
        headers: { 'Sec-Fetch-Site': 'same-origin', ...(who ? { Cookie: who.cookie } : {}) },
      }),
    ],
  })
}
