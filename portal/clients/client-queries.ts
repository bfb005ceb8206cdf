import { queryOptions } from '@tanstack/solid-query'
import { api } from '../api.ts'

/** All organizations of this server, as staff sees them. */
export function clientsQuery() {
  return queryOptions({ queryKey: ['clients'], queryFn: () => api.clients.list.query() })
}

/** One organization with its members and projects. */
export function clientQuery(id: string) {
  return queryOptions({ queryKey: ['client', id], queryFn: () => api.clients.get.query({ id }) })
}
