import { checkWritable } from '../../sdk/host/write-credentials.ts'
import { type Command, PLACE_FLAGS } from '../command.ts'
import { connected } from '../connection.ts'
import { placeOf } from '../context/place.ts'
import { EXIT } from '../failure.ts'
import { clean, warn } from '../print.ts'
import { ahead } from '../words.ts'
import { type ApiKey, findKey, keysPath, type MintedKey } from './key.ts'
import { REVEAL_FLAGS, reveal } from './reveal.ts'

export const keysRotate: Command = {
  name: 'keys rotate',
  summary: 'a new key in the place of an old one, which goes on working for a while',
  examples: ['robotrace keys rotate rt_8a4f01c2b3', 'robotrace keys rotate ci --overlap 1h --save ci'],
  argument: { name: 'key', about: 'its id, its public part, or its label' },
  flags: [
    {
      name: 'overlap',
      value: 'span',
      choices: ['none', '1h', '24h', '7d'],
      about: 'how long both work: none, 1h, 24h or 7d (default: 24h)',
    },
    ...REVEAL_FLAGS,
    ...PLACE_FLAGS,
  ],
  run: async (host, given) =>
    connected(host, given, async (connection) => {
      if (given.text('save') !== undefined) await checkWritable(connection.saved.path)
      const place = await placeOf(host, given, connection)
      const { id } = await findKey(connection, place, given.argument ?? '', host.now())
      const body = { overlap: given.text('overlap') ?? '24h' }
      const path = keysPath(place, id, 'rotate')
      const minted = await connection.client().request<MintedKey & { old: ApiKey }>('POST', path, { body })
      const client_id = (await connection.who())?.client_id ?? undefined
      await reveal(host, given, connection, { minted, how: 'Rotated: the new key is', client_id })
      const { prefix, expires_at } = minted.old
      warn(host, `${clean(prefix)} stops ${expires_at === null ? 'now' : ahead(expires_at, host.now())}.`)
      return EXIT.ok
    }),
}
