import { withExactSeed } from './seeds.ts'
import type { Transport } from './transport.ts'
import type { ArtifactKind, EpisodeDetail, EpisodePage, EpisodeSummary, ListEpisodes } from './wire.ts'

/** How to read an artifact. */
export interface DownloadOptions {
  /** A byte range as RFC 9110 section 14.2 writes it, such as `bytes=0-1023`; the answer is then 206. */
  range?: string
  /** Ends the download early. */
  signal?: AbortSignal
}

/** One episode; see {@linkcode Client.getEpisode}. */
export async function getEpisode(transport: Transport, id: string): Promise<EpisodeDetail> {
  const path = `/api/episodes/${encodeURIComponent(id)}`
  return withExactSeed(await transport.json<EpisodeDetail>({ method: 'GET', path }))
}

/** One page; see {@linkcode Client.listEpisodesPage}. */
export async function listEpisodesPage(transport: Transport, filters: ListEpisodes): Promise<EpisodePage> {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(filters)) {
    if (value !== undefined && value !== null) query.set(name, String(value))
  }
  const path = `/api/episodes${query.size > 0 ? `?${query}` : ''}`
  const page = await transport.json<EpisodePage>({ method: 'GET', path })
  return { items: page.items.map(withExactSeed), next_cursor: page.next_cursor ?? null }
}

/** All of them, page by page; see {@linkcode Client.listEpisodes}. */
export async function* listEpisodes(
  transport: Transport,
  filters: ListEpisodes,
): AsyncGenerator<EpisodeSummary, void, undefined> {
  let cursor = filters.cursor
  do {
    const page = await listEpisodesPage(transport, { ...filters, cursor })
    yield* page.items
    cursor = page.next_cursor ?? undefined
  } while (cursor !== undefined)
}

/** The bytes of one artifact; see {@linkcode Client.downloadArtifact}. */
export async function downloadArtifact(
  transport: Transport,
  id: string,
  kind: ArtifactKind,
  options: DownloadOptions,
): Promise<Response> {
  const path = `/api/episodes/${encodeURIComponent(id)}/artifact/${kind}`
  return await transport.download(path, options.range ? { Range: options.range } : {}, options.signal)
}
