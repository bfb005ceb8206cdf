import {
  type InvalidateOptions,
  type InvalidateQueryFilters,
  MutationCache,
  QueryCache,
  QueryClient,
} from '@tanstack/solid-query'
import { problemOf } from './api.ts'

class PortalQueries extends QueryClient {
  /**
   * Reads again what a change made old. A query that never had an answer would go on waiting for the one on its way,
   * which may be from before the change and then count as new: that one is dropped and asked for again as well.
   */
  override async invalidateQueries(
    filters: InvalidateQueryFilters = {},
    options?: InvalidateOptions,
  ): Promise<void> {
    await this.cancelQueries({
      ...filters,
      predicate: (query) => query.state.data === undefined && (filters.predicate?.(query) ?? true),
    })
    await super.invalidateQueries(filters, options)
  }
}

/** What the portal has read from the server, shared by all pages. */
export const queryClient: QueryClient = new PortalQueries({
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
