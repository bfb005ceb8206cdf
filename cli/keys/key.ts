import type { Connection } from '../connection.ts'
import { organizationPath, type Place } from '../context/place.ts'
import { EXIT, Failure } from '../failure.ts'
import type { Column } from '../output/column.ts'
import { clean } from '../print.ts'
import { ago, ahead } from '../words.ts'

/** An API key as the server lists it; members beyond these are passed on as they are. */
export interface ApiKey {
  id: string
  prefix: string
  label: string
  kind: 'service' | 'personal'
  owner: { email: string } | null
  scopes: string[]
  project: { id: string; name: string } | null
  device: { id: string; name: string } | null
  created_at: string
  created_by: { email: string }
  last_used_at: string | null
  use_count: number
  expires_at: string | null
  revoked_at: string | null
  rotated_to: string | null
}

/** Of the answer to minting and rotating: the one that holds a key's text. */
export interface MintedKey {
  key: string
  api_key: ApiKey
}

/** Whether it still opens anything. */
export function stateOf(key: ApiKey, now: number): 'live' | 'rotated' | 'expired' | 'revoked' {
  if (key.revoked_at !== null) return 'revoked'
  if (key.expires_at !== null && Date.parse(key.expires_at) <= now) return 'expired'
  return key.rotated_to === null ? 'live' : 'rotated'
}

/** @param now for the relative times of a table */
export function keyColumns(now: number): readonly Column<ApiKey>[] {
  const look = { live: 'good', rotated: undefined, expired: 'dim', revoked: 'dim' } as const
  return [
    { name: 'id', value: ({ id }) => id },
    { name: 'prefix', heading: 'KEY', value: ({ prefix }) => prefix },
    { name: 'label', heading: 'LABEL', value: ({ label }) => label, elastic: true },
    {
      name: 'state',
      heading: 'STATE',
      value: (key) => stateOf(key, now),
      look: (key) => look[stateOf(key, now)],
    },
    { name: 'kind', heading: 'KIND', value: ({ kind }) => kind, drop: 3 },
    { name: 'owner', heading: 'OWNER', value: ({ owner }) => owner?.email ?? null, elastic: true, drop: 4 },
    { name: 'scopes', value: ({ scopes }) => scopes.join(' ') },
    { name: 'project', value: ({ project }) => project?.id ?? null },
    {
      name: 'device',
      heading: 'PINNED TO',
      value: ({ device }) => device?.name ?? null,
      shown: pinOf,
      drop: 2,
      elastic: true,
    },
    {
      name: 'last_used_at',
      heading: 'LAST USED',
      value: (key) => key.last_used_at,
      shown: (key) => ago(key.last_used_at, now),
    },
    { name: 'use_count', heading: 'USES', value: (key) => key.use_count, right: true, drop: 1 },
    {
      name: 'expires_at',
      heading: 'EXPIRES',
      value: (key) => key.expires_at,
      shown: (key) => ahead(key.expires_at, now),
    },
    { name: 'created_at', value: (key) => key.created_at },
    { name: 'created_by', value: (key) => key.created_by.email },
  ]
}

function pinOf({ device, project }: ApiKey): string {
  return device?.name ?? project?.name ?? ''
}

/** Where an organization's keys are. */
export function keysPath(place: Place, ...parts: string[]): string {
  return organizationPath(place, 'api-keys', ...parts)
}

/**
 * The key that somebody means by its id, by `rt_<id>`, or by its label where only one live key has it.
 *
 * @throws Failure when there is none, or several
 */
export async function findKey(
  connection: Connection,
  place: Place,
  meant: string,
  now: number,
): Promise<ApiKey> {
  const { items } = await connection.client().request<{ items: ApiKey[] }>('GET', keysPath(place), {
    query: { devices: true },
  })
  const byId = items.find(({ id, prefix }) => meant === id || meant === prefix)
  const byLabel = items.filter((key) => key.label === meant && stateOf(key, now) !== 'revoked')
  const found = byId ?? (byLabel.length === 1 ? byLabel[0] : undefined)
  if (found) return found
  const message =
    byLabel.length > 1
      ? `${byLabel.length} keys are called ${clean(meant)}.`
      : `There is no key ${clean(meant)} that you may see.`
  throw new Failure(message, {
    hint: byLabel.length > 1 ? `\`${byLabel[0]?.prefix}\` is one of them` : '`robotrace keys list`',
    status: byLabel.length > 1 ? EXIT.usage : EXIT.failure,
  })
}
