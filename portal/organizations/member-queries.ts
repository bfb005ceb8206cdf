import { queryOptions } from '@tanstack/solid-query'
import { api, type Organization } from '../api.ts'
import { queryClient } from '../query-client.ts'

export type Role = Organization['role']

export const ROLES: readonly Role[] = ['viewer', 'member', 'admin', 'owner']

/** @example roleName('owner') // 'Owner' */
export function roleName(role: Role): string {
  return role.charAt(0).toUpperCase() + role.slice(1)
}

/** @example roleNoun('admin') // 'an admin' */
export function roleNoun(role: Role): string {
  return `${role === 'admin' || role === 'owner' ? 'an' : 'a'} ${role}`
}

/** What each role is for, in one line. */
const ROLE_WORDS: Record<Role, string> = {
  viewer: 'looks at episodes and robots, and changes nothing',
  member: 'logs episodes and works with robots',
  admin: 'also manages people and every API key',
  owner: 'also decides who owns the organization',
}

/** @example roleSentence('viewer') // 'A viewer looks at episodes and robots, and changes nothing' */
export function roleSentence(role: Role): string {
  const noun = roleNoun(role)
  return `${noun.charAt(0).toUpperCase()}${noun.slice(1)} ${ROLE_WORDS[role]}`
}

/** The roles that somebody may give: none above their own. */
export function rolesUpTo(own: Role): Role[] {
  return ROLES.slice(0, ROLES.indexOf(own) + 1)
}

export function membersQuery(organization_id: string) {
  return queryOptions({
    queryKey: ['members', organization_id],
    queryFn: () => api.members.list.query({ organization_id }),
    reconcile: 'account_id',
  })
}

/** Looked at often while a mail is on its way. */
export function invitationsQuery(organization_id: string) {
  return queryOptions({
    queryKey: ['invitations', organization_id],
    queryFn: () => api.invitations.list.query({ organization_id }),
    refetchInterval: (query) =>
      query.state.data?.some(({ mail, status }) => mail === 'sending' && status === 'open') ? 2_000 : 30_000,
    reconcile: 'id',
  })
}

/** After anything about people has changed: roles are shown all over the portal. */
export async function refreshPeople(organization_id: string): Promise<void> {
  await Promise.all(
    [
      ['members', organization_id],
      ['invitations', organization_id],
      ['api-keys', organization_id],
      ['me'],
    ].map((queryKey) => queryClient.invalidateQueries({ queryKey })),
  )
}
