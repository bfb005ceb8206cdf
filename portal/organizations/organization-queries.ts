import { queryOptions } from '@tanstack/solid-query'
import { api, type Organization } from '../api.ts'
import { queryClient } from '../query-client.ts'
import { byName } from '../ui/format.ts'
import type { Role } from './member-queries.ts'

/** Whose settings are looked at, and with what role. */
export interface SettingsOf {
  organization: Pick<Organization, 'id' | 'slug' | 'name'>
  own: Role
  /** Administrators of the server, who belong to none of it. */
  staff: boolean
}

export function maySet({ own }: Pick<SettingsOf, 'own'>): boolean {
  return own === 'owner' || own === 'admin'
}

export function projectsQuery(organization_id: string) {
  return queryOptions({
    queryKey: ['projects', organization_id],
    queryFn: async () => [...(await api.organization.projects.query({ organization_id }))].sort(byName),
    refetchInterval: 30_000,
    reconcile: 'id',
  })
}

export function secondFactorQuery(organization_id: string) {
  return queryOptions({
    queryKey: ['second-factor-policy', organization_id],
    queryFn: () => api.organization.secondFactor.query({ organization_id }),
  })
}

/** After anything that switchers and heads of pages show has changed. */
export async function refreshOrganization(organization_id: string): Promise<void> {
  await Promise.all(
    [['projects', organization_id], ['second-factor-policy', organization_id], ['clients'], ['me']].map(
      (queryKey) => queryClient.invalidateQueries({ queryKey }),
    ),
  )
}
