import { type ApiKey, api, type Organization } from '../api.ts'
import { count } from '../ui/format.ts'

/**
 * The keys of an organization. Looked at again now and then: "last used" is news.
 *
 * @param devices those of its devices as well, of which a fleet has thousands
 */
export function apiKeysQuery(organization_id: string, devices = false) {
  return {
    queryKey: ['api-keys', organization_id, ...(devices ? ['devices'] : [])],
    queryFn: () => api.apiKeys.list.query({ organization_id, devices }),
    refetchInterval: 15_000,
    // A row that changed keeps its place in the page, and with it the focus of its button.
    reconcile: 'id' as const,
  }
}

/** How many keys belong to devices. */
export function deviceKeyCountQuery(organization_id: string) {
  return {
    queryKey: ['api-keys', organization_id, 'device-count'],
    queryFn: () => api.apiKeys.deviceKeyCount.query({ organization_id }),
  }
}

/** How often each of them was used, day by day. */
export function keyDaysQuery(organization_id: string, devices = false) {
  return {
    queryKey: ['api-key-days', organization_id, ...(devices ? ['devices'] : [])],
    queryFn: () => api.apiKeys.days.query({ organization_id, devices }),
    refetchInterval: 60_000,
  }
}

/** What the organization asks of its keys. */
export function keyPolicyQuery(organization_id: string) {
  return {
    queryKey: ['key-policy', organization_id],
    queryFn: () => api.keyPolicy.get.query({ organization_id }),
  }
}

/** An IPv6 network as people write it. @example shortNetwork('2001:db8:1:2:0:0:0:0/64') // '2001:db8:1:2::/64' */
export function shortNetwork(network: string): string {
  return network.replace(/(:0)+\/64$/, '::/64')
}

export function isExpired(key: ApiKey, now: number): boolean {
  return key.expires_at !== null && Date.parse(key.expires_at) <= now
}

export function isLive(key: ApiKey, now: number): boolean {
  return !key.revoked_at && !isExpired(key, now)
}

/** Whether somebody should rotate it; an old key whose successor exists needs nothing but to end. */
export function needsRotation(key: ApiKey, now: number): boolean {
  return isLive(key, now) && key.rotation.due && key.rotation.reason !== 'rotated'
}

/** `2 live keys, 1 revoked, 1 expired` */
export function tally(keys: ApiKey[], now: number): string {
  const live = keys.filter((key) => isLive(key, now)).length
  const revoked = keys.filter((key) => key.revoked_at).length
  const expired = keys.length - live - revoked
  return [
    count(live, 'live key'),
    ...(revoked > 0 ? [`${revoked} revoked`] : []),
    ...(expired > 0 ? [`${expired} expired`] : []),
  ].join(', ')
}

/** Who looks at the keys, and with what role. */
export interface Looker {
  account_id: string
  role: Organization['role']
}

const isAdmin = ({ role }: Looker): boolean => role === 'owner' || role === 'admin'

/** Admins end any key, members what they made, everybody what is theirs. */
export function mayRevoke(key: ApiKey, who: Looker): boolean {
  if (isAdmin(who) || key.owner?.id === who.account_id) return true
  return who.role === 'member' && key.created_by.id === who.account_id
}

/** A personal key is rotated by its owner alone, because the new text acts as them. */
export function mayRotate(key: ApiKey, who: Looker): boolean {
  if (who.role === 'viewer' || key.rotated_to !== null) return false
  return key.owner ? key.owner.id === who.account_id : mayRevoke(key, who)
}
