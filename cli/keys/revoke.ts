import { type Command, PLACE_FLAGS } from '../command.ts'
import { confirm, YES_FLAG } from '../confirm.ts'
import { connected } from '../connection.ts'
import { placeOf } from '../context/place.ts'
import { EXIT } from '../failure.ts'
import { clean, done } from '../print.ts'
import { ago, count } from '../words.ts'
import { type ApiKey, findKey, keysPath } from './key.ts'

export const keysRevoke: Command = {
  name: 'keys revoke',
  summary: 'end a key at once and for good',
  examples: ['robotrace keys revoke rt_8a4f01c2b3', 'robotrace keys revoke ci --yes'],
  argument: { name: 'key', about: 'its id, its public part, or its label' },
  flags: [YES_FLAG, ...PLACE_FLAGS],
  run: async (host, given) =>
    connected(host, given, async (connection) => {
      const place = await placeOf(host, given, connection)
      const key = await findKey(connection, place, given.argument ?? '', host.now())
      const uses =
        key.use_count === 0
          ? 'It was never used.'
          : `Used ${count(key.use_count, 'time')}, last ${ago(key.last_used_at, host.now())}.`
      await confirm(host, given, {
        facts: `${clean(key.prefix)} “${clean(key.label)}”. ${uses} What uses it stops at once.`,
        question: 'Revoke it?',
      })
      await connection.client().request<ApiKey>('DELETE', keysPath(place, key.id))
      done(host, `Revoked ${clean(key.prefix)} “${clean(key.label)}”.`)
      return EXIT.ok
    }),
}
