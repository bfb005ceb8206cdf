import { queryOptions } from '@tanstack/solid-query'
import { api } from '../api.ts'
import { queryClient } from '../query-client.ts'

/** What one has beside the password. */
export const factorsQuery = queryOptions({
  queryKey: ['factors'],
  queryFn: () => api.auth.factors.query(),
})

export function refetchFactors(): Promise<void> {
  return queryClient.invalidateQueries({ queryKey: factorsQuery.queryKey })
}
