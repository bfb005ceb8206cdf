import { queryOptions } from '@tanstack/solid-query'
import { api } from '../api.ts'
import { queryClient } from '../query-client.ts'

/** What one has beside the password. */
export const factorsQuery = queryOptions({
  queryKey: ['factors'],
  queryFn: () => api.auth.factors.query(),
})

/** Organizations may require a second factor: with the first one, what they show opens at once. */
export async function refetchFactors(): Promise<void> {
  await Promise.all([
    queryClient.invalidateQueries({ queryKey: factorsQuery.queryKey }),
    queryClient.invalidateQueries({ queryKey: ['me'] }),
  ])
}
