import { type Command, PROFILE_FLAG } from '../command.ts'
import { connected } from '../connection.ts'
import { EXIT } from '../failure.ts'
import { formatOf, OUTPUT_FLAGS } from '../output/format.ts'
import { writeItem } from '../output/write.ts'
import { actingOf, ORG_FLAG } from './acting.ts'
import { episodeColumns, episodeFacts, episodeId } from './episode.ts'

export const episodeShow: Command = {
  name: 'episode show',
  summary: 'everything about one run',
  examples: ['robotrace episode show ep_4n5f0q', 'robotrace episode show ep_4n5f0q --json | jq .artifacts'],
  argument: { name: 'episode', about: 'its id, or the address of its page' },
  flags: [ORG_FLAG, PROFILE_FLAG, ...OUTPUT_FLAGS],
  run: async (host, given) => {
    const format = formatOf(host, given)
    const id = episodeId(given.argument)
    return connected(host, given, async (connection) => {
      const item = await (await actingOf(host, given, connection)).getEpisode(id)
      const now = host.now()
      writeItem(host, format, {
        item,
        facts: episodeFacts(item, now),
        columns: episodeColumns(now),
        id: item.id,
      })
      return EXIT.ok
    })
  },
}
