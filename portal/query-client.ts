import { MutationCache, QueryCache, QueryClient } from '@tanstack/solid-query'
import { problemOf } from './api.ts'

/** What the portal has read from the server, shared by all pages. */
export const queryClient: QueryClient = new QueryClient({
  queryCache: new QueryCache({ onError: noticeSignedOut }),
  mutationCache: new MutationCache({ onError: noticeSignedOut }),
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      // A refusal stays a refusal; only a silent or failing server is worth another try.
      retry: (failures, error) =>
        failures < 2 && (problemOf(error).status === 0 || problemOf(error).status >= 500),
    },
  },
})

/** A session may end elsewhere (signed out everywhere): the next refusal sends the reader to sign in. */
function noticeSignedOut(error: Error): void {
  if (problemOf(error).code === 'unauthenticated') queryClient.setQueryData(['me'], null)
}
