import { type Command, PROFILE_FLAG } from '../command.ts'
import { confirm, YES_FLAG } from '../confirm.ts'
import { connected } from '../connection.ts'
import { EXIT } from '../failure.ts'
import { clean, done } from '../print.ts'
import { actingOf, ORG_FLAG } from './acting.ts'
import { listed, moveEpisode, namedEpisodes } from './trash.ts'

export const episodeDelete: Command = {
  name: 'episode delete',
  summary: 'move runs to the trash, from where they go for good after some days',
  examples: [
    'robotrace episode delete ep_4n5f0q',
    'robotrace episode list --status failed --until 90d --output ids | xargs robotrace episode delete --yes',
  ],
  argument: { name: 'episode', many: true, about: 'their ids, or the addresses of their pages' },
  flags: [YES_FLAG, ORG_FLAG, PROFILE_FLAG],
  run: async (host, given) =>
    connected(host, given, async (connection) => {
      const client = await actingOf(host, given, connection)
      const named = await namedEpisodes(client, given)
      for (const { id, trashed_at } of named) {
        if (trashed_at !== null) done(host, `${clean(id)} is in the trash already.`)
      }
      const episodes = named.filter(({ trashed_at }) => trashed_at === null)
      if (episodes.length === 0) return EXIT.ok
      await confirm(host, given, {
        facts: `${listed(episodes)}. \`robotrace episode restore\` brings back what is in the trash.`,
        question: episodes.length === 1 ? 'Move it to the trash?' : 'Move them to the trash?',
      })
      for (const episode of episodes) {
        await moveEpisode(client, episode, 'trash')
        done(host, `${clean(episode.id)} is in the trash.`)
      }
      return EXIT.ok
    }),
}
