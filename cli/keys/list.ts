import { type Command, PLACE_FLAGS } from '../command.ts'
import { connected } from '../connection.ts'
import { placeOf } from '../context/place.ts'
import { EXIT } from '../failure.ts'
import { formatOf, LIMIT_FLAG, limitOf, OUTPUT_FLAGS } from '../output/format.ts'
import { writeList } from '../output/write.ts'
import { pagesOf } from '../pages.ts'
import { type ApiKey, keyColumns, keysPath, stateOf } from './key.ts'

export const keysList: Command = {
  name: 'keys list',
  summary: 'the API keys of the organization, newest first, without their secrets',
  examples: ['robotrace keys list', 'robotrace keys list --all --output csv'],
  flags: [
    { name: 'all', about: 'those that have ended as well' },
    { name: 'devices', about: 'those of devices as well' },
    LIMIT_FLAG,
    ...PLACE_FLAGS,
    ...OUTPUT_FLAGS,
  ],
  run: async (host, given) => {
    const format = formatOf(host, given)
    const limit = limitOf(given)
    return connected(host, given, async (connection) => {
      const place = await placeOf(host, given, connection)
      const keys = pagesOf<ApiKey>(connection.client(), keysPath(place), {
        devices: given.flag('devices') || undefined,
      })
      const items = chosen(keys, limit, (key) => given.flag('all') || !hasEnded(key, host.now()))
      const none = 'No API keys. Make one: robotrace keys mint <label>'
      await writeList(host, format, { items, columns: keyColumns(host.now()), id: ({ id }) => id, none })
      return EXIT.ok
    })
  },
}

function hasEnded(key: ApiKey, now: number): boolean {
  return ['revoked', 'expired'].includes(stateOf(key, now))
}

async function* chosen<Item>(
  items: AsyncIterable<Item>,
  limit: number,
  fits: (item: Item) => boolean,
): AsyncGenerator<Item, void, undefined> {
  let left = limit
  for await (const item of items) {
    if (left <= 0) return
    if (!fits(item)) continue
    yield item
    left--
  }
}
