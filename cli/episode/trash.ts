import type { Client } from '../../sdk/client.ts'
import { NotFoundError } from '../../sdk/errors.ts'
import type { EpisodeDetail, SessionDetail } from '../../sdk/wire.ts'
import type { Given } from '../command.ts'
import { Failure } from '../failure.ts'
import { clean } from '../print.ts'
import { count, size } from '../words.ts'
import { episodeId } from './episode.ts'

/**
 * The episodes that were named, each once. All of them are read before anything happens to the first.
 *
 * @throws Failure for what can be no episode, and for one that is not there
 */
export async function namedEpisodes(client: Client, { arguments: named }: Given): Promise<EpisodeDetail[]> {
  const found: EpisodeDetail[] = []
  for (const id of new Set(named.map(episodeId))) {
    try {
      found.push(await client.getEpisode(id))
    } catch (error) {
      if (!(error instanceof NotFoundError)) throw error
      const rest = named.length > 1 ? ' Nothing happened to the others.' : ''
      throw new Failure(`No such episode: ${id}.${rest}`, { hint: '`robotrace episode list`' })
    }
  }
  return found
}

/** Moves an episode to the trash, or takes it from there. @throws APIError: a key without the scope `admin` may not */
export async function moveEpisode(
  client: Client,
  { id, client_id, project_id }: EpisodeDetail,
  where: 'trash' | 'restore',
): Promise<void> {
  const path = `/api/v1/organizations/${client_id}/projects/${project_id}/sessions/${id}/${where}`
  await client.request<SessionDetail>('POST', path)
}

/** Some more than fit a line of a terminal are only counted. */
const MOST_NAMED = 5

/** What a question is about. @example listed(episodes) // '2 episodes: ep_4n5f0q “pick” (6 B), ep_81kq2v (3 B)' */
export function listed(episodes: readonly EpisodeDetail[]): string {
  const named = episodes.slice(0, MOST_NAMED).map(({ id, name, bytes_total }) => {
    const called = name === null ? '' : ` “${clean(name)}”`
    return `${clean(id)}${called} (${size(bytes_total)})`
  })
  const rest = episodes.length - named.length
  return `${count(episodes.length, 'episode')}: ${named.join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`
}
