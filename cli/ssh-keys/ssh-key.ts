import type { SshKey } from '../../sdk/wire.ts'
import type { Column } from '../output/column.ts'
import { ago } from '../words.ts'

/** One's own SSH keys: they belong to a person, not to an organization. */
export const SSH_KEYS_PATH = '/api/v1/user/ssh-keys'

/** @param now for the relative times of a table */
export function sshKeyColumns(now: number): readonly Column<SshKey>[] {
  return [
    { name: 'id', value: ({ id }) => id },
    { name: 'name', heading: 'NAME', value: ({ name }) => name, elastic: true },
    { name: 'type', heading: 'TYPE', value: ({ type }) => type, drop: 2 },
    { name: 'bits', heading: 'BITS', value: ({ bits }) => bits, right: true, drop: 3 },
    { name: 'fingerprint', heading: 'FINGERPRINT', value: ({ fingerprint }) => fingerprint, elastic: true },
    {
      name: 'devices',
      heading: 'OPENS',
      value: ({ devices }) => devices.map(doorOf).join(' '),
      shown: ({ devices }) => devices.map(({ name }) => name).join(', ') || 'nothing',
      elastic: true,
    },
    {
      name: 'last_used_at',
      heading: 'LAST USED',
      value: (key) => key.last_used_at,
      shown: (key) => ago(key.last_used_at, now),
    },
    {
      name: 'created_at',
      heading: 'ADDED',
      value: (key) => key.created_at,
      shown: (key) => ago(key.created_at, now),
      drop: 1,
    },
  ]
}

function doorOf({ organization, project, name }: SshKey['devices'][number]): string {
  return `${organization}/${project}/${name}`
}
