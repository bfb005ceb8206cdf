import { infiniteQueryOptions, queryOptions } from '@tanstack/solid-query'
import { api, type EpisodeSummary } from '../api.ts'
import { queryClient } from '../query-client.ts'
import { type EpisodeFilter, toInput } from './filter.ts'

/**
 * Pages of the list, newest first. Asked again every few seconds while the page is visible, so that a
 * recording shows up and turns ready by itself; less often when many pages are loaded.
 *
 * @param project slug; null: those of all projects
 */
export function episodesQuery(organization_id: string, project: string | null, filter: EpisodeFilter) {
  return infiniteQueryOptions({
    queryKey: ['episodes', `${organization_id} ${project ?? '*'}`, filter],
    queryFn: ({ pageParam }) =>
      api.episodes.list.query({
        ...{ organization_id, project },
        ...toInput(filter, Date.now()),
        limit: 50,
        cursor: pageParam,
      }),
    // as: the first page has no cursor, and inference needs to hear that later ones do.
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.next_cursor ?? undefined,
    // Another filter keeps the old rows on screen until its own are there; another place never.
    placeholderData: (before, query) =>
      query?.queryKey[1] === `${organization_id} ${project ?? '*'}` ? before : undefined,
    refetchInterval: (query) => ((query.state.data?.pages.length ?? 0) > 3 ? 20_000 : 3_000),
  })
}

/** One episode; asked again every two seconds until it is finalized. */
export function episodeQuery(id: string) {
  return queryOptions({
    queryKey: ['episode', id],
    queryFn: () => api.episodes.get.query({ id }),
    refetchInterval: (query) => (query.state.data?.status === 'recording' ? 2_000 : false),
  })
}

/** Episodes that lists have shown in this visit, each once. */
export function seenEpisodes(): EpisodeSummary[] {
  const pages = queryClient.getQueriesData<{ pages: { items: EpisodeSummary[] }[] }>({
    queryKey: ['episodes'],
  })
  const all = pages.flatMap(([, data]) => data?.pages.flatMap((page) => page.items) ?? [])
  return [...new Map(all.map((episode) => [episode.id, episode])).values()]
}
