import { isSameOrigin } from '../../sdk/origin.ts'
import { type Command, PROFILE_FLAG } from '../command.ts'
import { connected } from '../connection.ts'
import { EXIT, Failure } from '../failure.ts'
import { clean, paint, say } from '../print.ts'
import { actingOf } from './acting.ts'
import { episodeId } from './episode.ts'

export const episodeOpen: Command = {
  name: 'episode open',
  summary: 'open the page of a run in the browser',
  examples: ['robotrace episode open ep_4n5f0q', 'robotrace episode open ep_4n5f0q --no-browser'],
  argument: { name: 'episode', about: 'its id' },
  flags: [{ name: 'no-browser', about: 'only print the link' }, PROFILE_FLAG],
  run: async (host, given) =>
    connected(host, given, async (connection) => {
      const { portal_url } = await (await actingOf(host, given, connection)).getEpisode(
        episodeId(given.argument),
      )
      // A browser is sent nowhere but to the deployment that was asked.
      if (!URL.canParse(portal_url) || !isSameOrigin(portal_url, connection.base_url)) {
        throw new Failure('The server named a page of another address.', {
          hint: `\`${connection.base_url}/portal/episodes\``,
        })
      }
      const { href } = new URL(portal_url)
      say(host, paint(host.out, host.env).link(clean(href)))
      if (!given.flag('no-browser')) await host.openBrowser(href)
      return EXIT.ok
    }),
}
