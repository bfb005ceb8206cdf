import { queryOptions } from '@tanstack/solid-query'
import { createSignal } from 'solid-js'
import { api, type Device } from '../api.ts'
import { queryClient } from '../query-client.ts'

/** An organization and, unless all of its projects are meant, one of them: slugs. */
export interface Place {
  org: string
  project: string | null
}

/** How often what may change by itself is looked at while the page is visible. */
const LIVE_MS = 6_000

const [touched, setTouched] = createSignal(0)

/** Counts up whenever something was done to a device, for lists that load page by page. */
export { touched as devicesTouched }

/** Has everything that shows devices looked at again. */
export async function refreshDevices(): Promise<void> {
  setTouched((n) => n + 1)
  await Promise.all(
    ['device', 'facets', 'episode-counts', 'candidates', 'groups', 'enrolment-tokens', 'api-keys'].map(
      (name) => queryClient.invalidateQueries({ queryKey: [name] }),
    ),
  )
}

/** How a device is addressed, whatever project is looked at. */
export function addressOf(device: Pick<Device, 'organization' | 'project' | 'id'>) {
  return { org: device.organization, project: device.project, device: device.id }
}

/** The types, environments and groups that one can narrow a list to. */
export function facetsQuery(place: Place) {
  return queryOptions({
    queryKey: ['facets', place],
    queryFn: () => api.fleet.facets.query(place),
    staleTime: 30_000,
  })
}

/** One device, live. An id finds it in whatever project it is, a name in the chosen one. */
export function deviceQuery({ org, project }: Place, device: string) {
  const within = device.startsWith('dev_') ? null : project
  return queryOptions({
    queryKey: ['device', org, within, device],
    queryFn: () => api.fleet.get.query({ org, project: within, device }),
    refetchInterval: LIVE_MS,
  })
}

/** Its last 24 hours. */
export function healthQuery(device: Pick<Device, 'organization' | 'project' | 'id'>) {
  return queryOptions({
    queryKey: ['device-health', device.id],
    queryFn: () => api.fleet.health.query(addressOf(device)),
    refetchInterval: 15_000,
  })
}

export function groupsQuery(org: string, project: string) {
  return queryOptions({
    queryKey: ['groups', org, project],
    queryFn: async () => (await api.fleet.groups.query({ org, project })).items,
    reconcile: 'id',
  })
}

/** Looked at often: somebody waits for the first robot. */
export function enrolmentTokensQuery(org: string, project: string, every_ms = 15_000) {
  return queryOptions({
    queryKey: ['enrolment-tokens', org, project],
    queryFn: async () => (await api.fleet.enrolmentTokens.query({ org, project })).items,
    refetchInterval: every_ms,
    reconcile: 'id',
  })
}

/** The API keys that are good for this device alone. */
export function deviceKeysQuery(device: Pick<Device, 'organization' | 'project' | 'id'>) {
  return queryOptions({
    queryKey: ['api-keys', 'device', device.id],
    queryFn: async () => (await api.fleet.apiKeys.query(addressOf(device))).items,
    refetchInterval: 15_000,
    reconcile: 'id',
  })
}

/** Who may log in to a device, and who could. */
export function doorKeysQuery(device: Pick<Device, 'organization' | 'project' | 'id'>) {
  return queryOptions({
    queryKey: ['door-keys', device.id],
    queryFn: () => api.fleet.doorKeys.query(addressOf(device)),
    refetchInterval: 15_000,
    reconcile: 'ssh_key_id',
  })
}

/** The latest episodes of a device. */
export function episodesOfQuery(
  organization_id: string,
  device: Pick<Device, 'id' | 'project'>,
  limit: number,
) {
  return queryOptions({
    queryKey: ['episodes-of', device.id, limit],
    queryFn: () =>
      api.episodes.list.query({ organization_id, project: device.project, device_id: device.id, limit }),
    refetchInterval: LIVE_MS,
  })
}

/** How many episodes each of some devices of an organization has. */
export function episodeCountsQuery(org: string, device_ids: string[]) {
  return queryOptions({
    queryKey: ['episode-counts', org, device_ids],
    queryFn: () => api.fleet.episodeCounts.query({ org, device_ids }),
    refetchInterval: 30_000,
  })
}
