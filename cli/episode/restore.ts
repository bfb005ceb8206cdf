import { type Command, PROFILE_FLAG } from '../command.ts'
import { connected } from '../connection.ts'
import { EXIT } from '../failure.ts'
import { clean, done } from '../print.ts'
import { actingOf, ORG_FLAG } from './acting.ts'
import { moveEpisode, namedEpisodes } from './trash.ts'

export const episodeRestore: Command = {
  name: 'episode restore',
  summary: 'take runs from the trash, as they were',
  examples: ['robotrace episode restore ep_4n5f0q', 'robotrace episode restore ep_4n5f0q ep_81kq2v'],
  argument: { name: 'episode', many: true, about: 'their ids, or the addresses of their pages' },
  flags: [ORG_FLAG, PROFILE_FLAG],
  run: async (host, given) =>
    connected(host, given, async (connection) => {
      const client = await actingOf(host, given, connection)
      for (const episode of await namedEpisodes(client, given)) {
        const id = clean(episode.id)
        if (episode.trashed_at === null) {
          done(host, `${id} is not in the trash.`)
          continue
        }
        await moveEpisode(client, episode, 'restore')
        done(host, `${id} is restored.`)
      }
      return EXIT.ok
    }),
}
