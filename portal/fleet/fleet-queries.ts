import { queryOptions } from '@tanstack/solid-query'
import { api } from '../api.ts'

/** Devices live in a project; every organization has this one. */
export const PROJECT = 'default'

export function devicesQuery(org: string) {
  return queryOptions({
    queryKey: ['devices', org],
    queryFn: async () => (await api.fleet.list.query({ org, project: PROJECT })).items,
    reconcile: 'id',
  })
}

export function deviceQuery(org: string, device: string) {
  return queryOptions({
    queryKey: ['device', org, device],
    queryFn: () => api.fleet.get.query({ org, project: PROJECT, device }),
  })
}

/** Who may log in to a device, and who could. */
export function doorKeysQuery(org: string, device: string) {
  return queryOptions({
    queryKey: ['door-keys', org, device],
    queryFn: () => api.fleet.doorKeys.query({ org, project: PROJECT, device }),
    refetchInterval: 15_000,
    reconcile: 'ssh_key_id',
  })
}
