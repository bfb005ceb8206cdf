import { infiniteQueryOptions, queryOptions } from '@tanstack/solid-query'
import { api, type EpisodeSummary } from '../api.ts'
import { queryClient } from '../query-client.ts'
import { type EpisodeFilter, toInput } from './filter.ts'

/** What the list is asked for, beside its filter. */
export interface EpisodeScope {
  organization_id: string
  /** Slug; null: all projects. */
  project: string | null
}

/**
 * Pages of the list, newest first. Asked again every few seconds while the page is visible, so that a
 * recording shows up and turns ready by itself; less often when many pages are loaded.
 */
export function episodesQuery({ organization_id, project }: EpisodeScope, filter: EpisodeFilter) {
  return infiniteQueryOptions({
    queryKey: ['episodes', organization_id, project, filter],
    queryFn: ({ pageParam }) =>
      readPage({ organization_id, project, ...toInput(filter, Date.now()) }, pageParam),
    // as: the first page has no cursor, and inference needs to hear that later ones do.
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.next_cursor ?? undefined,
    // Another filter keeps the old rows on screen until its own are there; another place never.
    placeholderData: (before, query) =>
      query?.queryKey[1] === organization_id && query.queryKey[2] === project ? before : undefined,
    refetchInterval: (query) => INTERVALS.find(({ pages }) => pagesOf(query.state.data) > pages)?.ms ?? 3_000,
  })
}

/** All pages are asked again each time. Behind a long search nothing new is expected that the first would not show. */
const INTERVALS = [
  { pages: 20, ms: 120_000 },
  { pages: 3, ms: 20_000 },
]

function pagesOf(data: { pages: unknown[] } | undefined): number {
  return data?.pages.length ?? 0
}

const PAGE = 50

/** What is rare comes in short pages, because the server never looks for long: some of them make one page here. */
const SHORT_PAGES = 5

type Input = Omit<Parameters<typeof api.episodes.list.query>[0], 'cursor' | 'limit'>

async function readPage(input: Input, cursor: string | undefined) {
  const first = await api.episodes.list.query({ ...input, limit: PAGE, cursor })
  const items = [...first.items]
  let last = first
  for (let asked = 1; asked < SHORT_PAGES && items.length < PAGE && last.next_cursor !== null; asked++) {
    last = await api.episodes.list.query({ ...input, limit: PAGE, cursor: last.next_cursor })
    items.push(...last.items)
  }
  return { items, total: first.total, next_cursor: last.next_cursor, looked_to: last.looked_to }
}

/** It records, or may be finalized at any moment. */
function waits(episode: { status: string } | undefined): boolean {
  return episode?.status === 'recording' || episode?.status === 'interrupted'
}

/** One episode; asked again every two seconds until it is finalized. */
export function episodeQuery(id: string) {
  return queryOptions({
    queryKey: ['episode', id],
    queryFn: () => api.episodes.get.query({ id }),
    refetchInterval: (query) => (waits(query.state.data) ? 2_000 : false),
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
