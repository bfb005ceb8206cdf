import type { Command } from '../../../cli/command.ts'
import { EXIT } from '../../../cli/failure.ts'
import type { Column } from '../../../cli/output/column.ts'
import { formatOf, OUTPUT_FLAGS } from '../../../cli/output/format.ts'
import { writeList } from '../../../cli/output/write.ts'
import { ago, ahead } from '../../../cli/words.ts'
import { listKeysByOperator, type PlacedKey } from '../../api-keys/by-operator.ts'
import type { Environment } from '../../environment.ts'
import { AT_MACHINE_FLAGS, atMachine } from './at-machine.ts'

/** What opens this server: every key, without its secret. */
export function listKeys(environment: Environment): Command {
  return {
    name: 'admin list-keys',
    summary: 'list the API keys of every organization',
    examples: ['robotrace admin list-keys', 'robotrace admin list-keys --org halcyon --all --json'],
    flags: [
      { name: 'org', value: 'slug', about: 'of this organization only' },
      { name: 'all', about: 'those that have ended as well' },
      ...AT_MACHINE_FLAGS,
      ...OUTPUT_FLAGS,
    ],
    run: (host, given) => {
      const format = formatOf(host, given)
      return atMachine(environment, given, async (at) => {
        const now = at.now()
        const keys = listKeysByOperator(at, given.text('org'))
        const items = given.flag('all') ? keys : living(keys, now)
        const columns = columnsAt(now.getTime())
        await writeList(host, format, { items, columns, id: ({ id }) => id, none: 'No API keys.' })
        return EXIT.ok
      })
    },
  }
}

async function* living(
  keys: AsyncIterable<PlacedKey>,
  now: Date,
): AsyncGenerator<PlacedKey, void, undefined> {
  for await (const key of keys) if (stateOf(key, now.getTime()) === 'live') yield key
}

function stateOf({ revoked_at, expires_at }: PlacedKey, now: number): 'live' | 'expired' | 'revoked' {
  if (revoked_at !== null) return 'revoked'
  return expires_at !== null && Date.parse(expires_at) <= now ? 'expired' : 'live'
}

function columnsAt(now: number): readonly Column<PlacedKey>[] {
  return [
    { name: 'id', value: ({ id }) => id },
    { name: 'prefix', heading: 'KEY', value: ({ prefix }) => prefix },
    {
      name: 'organization',
      heading: 'ORGANIZATION',
      value: ({ organization }) => organization?.slug ?? null,
      shown: ({ organization }) => organization?.slug ?? 'all of its owner',
      elastic: true,
    },
    { name: 'label', heading: 'LABEL', value: ({ label }) => label, elastic: true },
    { name: 'state', heading: 'STATE', value: (key) => stateOf(key, now) },
    {
      name: 'owner',
      heading: 'OWNER',
      value: ({ owner, created_by }) => owner?.email ?? created_by.email,
      elastic: true,
      drop: 2,
    },
    {
      name: 'device',
      heading: 'DEVICE',
      value: ({ device }) => device?.name ?? null,
      elastic: true,
      drop: 3,
    },
    {
      name: 'last_used_at',
      heading: 'LAST USED',
      value: ({ last_used_at }) => last_used_at,
      shown: ({ last_used_at }) => ago(last_used_at, now),
    },
    {
      name: 'expires_at',
      heading: 'EXPIRES',
      value: ({ expires_at }) => expires_at,
      shown: ({ expires_at }) => ahead(expires_at, now),
      drop: 1,
    },
  ]
}
