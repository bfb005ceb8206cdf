import type { ClientOptions } from './client-options.ts'
import { resolveCredentials } from './credentials.ts'
import { DeviceClient } from './device-client.ts'
import { type Episode, startEpisode } from './episodes.ts'
import {
  type DownloadOptions,
  downloadArtifact,
  getEpisode,
  listEpisodes,
  listEpisodesPage,
} from './read-episodes.ts'
import { type LogEpisode, logEpisode, recordEpisode } from './record-episode.ts'
import { type RequestOptions, request } from './request.ts'
import { type Runtime, webRuntime } from './runtime.ts'
import { checkLimit } from './time-limit.ts'
import { type Method, Transport } from './transport.ts'
import type {
  ArtifactKind,
  EpisodeDetail,
  EpisodePage,
  EpisodeSummary,
  ListEpisodes,
  StartEpisode,
} from './wire.ts'

/**
 * Speaks to one deployment with one key. The key is checked for typing errors when the client is made,
 * and is never part of an error, an inspection or the JSON of anything.
 *
 * @example
 * ```ts
 * import { Client } from '@robotrace/sdk'
 *
 * const client = new Client({ base_url: 'http://localhost:3000' }) // the key from ROBOTRACE_API_KEY
 * await client.logEpisode({ name: 'pick_and_place v3', video: './run.mp4', duration_s: 42.5 })
 * ```
 */
export class Client extends DeviceClient {
  readonly #transport: Transport
  readonly #verbose: boolean | undefined

  /**
   * Finds key and address, and checks both without asking the server.
   *
   * @throws ConfigurationError when key or address are missing or cannot be right
   */
  constructor(options: ClientOptions = {}, runtime: Runtime = webRuntime) {
    const credentials = resolveCredentials(options, runtime)
    const transport = new Transport({
      ...credentials,
      // Looked up at each call: whoever replaces the global fetch later is heard as well.
      fetch: options.fetch ?? ((...call) => fetch(...call)),
      runtime,
      timeout_s: checkLimit('timeout_s', options.timeout_s ?? 30),
      upload_timeout_s: checkLimit('upload_timeout_s', options.upload_timeout_s ?? 600),
    })
    super(transport, credentials)
    this.#transport = transport
    this.#verbose = options.verbose
  }

  /** The deployment, without a trailing slash. */
  get base_url(): string {
    return this.#transport.base_url
  }

  /** The public part of the key, such as `rt_8a4f01c2b3`. */
  get key_prefix(): string {
    return this.#transport.key_prefix
  }

  /** What `JSON.stringify` shows: the deployment and the public part of the key. */
  toJSON(): { base_url: string; key_prefix: string } {
    return { base_url: this.base_url, key_prefix: this.key_prefix }
  }

  /**
   * Opens an episode and prints the link to its page. Upload slots are opened for all three kinds unless
   * `request_uploads` names some; named ones have to arrive for the episode to become ready by itself.
   * A 429 is tried again, four times at most.
   *
   * @throws ConfigurationError for values JSON cannot hold; APIError; TransportError
   *
   * @example
   * ```ts
   * import { Client } from '@robotrace/sdk'
   *
   * const episode = await new Client().startEpisode({ name: 'pick_and_place v3', robot: 'ur5e-02', seed: 42 })
   * await episode.upload('video', './run.mp4')
   * await episode.finalize({ status: 'ready', duration_s: 42.5 })
   * ```
   */
  startEpisode(options: StartEpisode = {}): Promise<Episode> {
    return startEpisode(this.#transport, options, this.#verbose)
  }

  /**
   * Opens an episode, runs the work, finalizes it: as ready when the work returns, as failed with the
   * reason when it throws; the exception goes on. Work that finalizes by itself is left as it is.
   *
   * @returns what the work returns
   *
   * @example
   * ```ts
   * import { Client } from '@robotrace/sdk'
   *
   * const steps = await new Client().recordEpisode({ name: 'pick_and_place v3' }, async (episode) => {
   *   await episode.upload('video', './run.mp4')
   *   return 1280
   * })
   * ```
   */
  recordEpisode<Result>(
    options: StartEpisode,
    work: (episode: Episode) => Promise<Result> | Result,
  ): Promise<Result> {
    return recordEpisode(this.#transport, options, work, this.#verbose)
  }

  /**
   * Logs a finished run in one call: start, upload what is given, finalize. When an upload does not go
   * through, the episode is finalized as failed with the reason `upload error: …` and the error thrown.
   *
   * @throws ConfigurationError for a file that belongs into another slot; APIError; TransportError
   *
   * @example
   * ```ts
   * import { Client } from '@robotrace/sdk'
   *
   * await new Client().logEpisode({
   *   name: 'pick_and_place v3',
   *   policy_version: 'pap-v3.2.1',
   *   video: './run.mp4',
   *   sensors: './sensors.npz',
   *   duration_s: 42.5,
   * })
   * ```
   */
  logEpisode(options: LogEpisode): Promise<Episode> {
    return logEpisode(this.#transport, options, this.#verbose)
  }

  /**
   * Reads one episode. A seed beyond 2^53 comes as a bigint, exact.
   *
   * @throws NotFoundError when this key cannot see such an episode
   *
   * @example
   * ```ts
   * import { Client } from '@robotrace/sdk'
   *
   * const { status, artifacts } = await new Client().getEpisode('ep_8f3c')
   * ```
   */
  getEpisode(id: string): Promise<EpisodeDetail> {
    return getEpisode(this.#transport, id)
  }

  /**
   * All episodes that fit, newest first; pages are fetched as they are needed.
   *
   * @example
   * ```ts
   * import { Client } from '@robotrace/sdk'
   *
   * for await (const episode of new Client().listEpisodes({ status: 'failed' })) console.log(episode.portal_url)
   * ```
   */
  listEpisodes(filters: ListEpisodes = {}): AsyncGenerator<EpisodeSummary, void, undefined> {
    return listEpisodes(this.#transport, filters)
  }

  /**
   * One page of episodes, newest first, 50 unless `limit` (at most 200) says otherwise.
   *
   * @example
   * ```ts
   * import { Client } from '@robotrace/sdk'
   *
   * const client = new Client()
   * const { items, next_cursor } = await client.listEpisodesPage({ limit: 20 })
   * const next = next_cursor && (await client.listEpisodesPage({ limit: 20, cursor: next_cursor }))
   * ```
   */
  listEpisodesPage(filters: ListEpisodes = {}): Promise<EpisodePage> {
    return listEpisodesPage(this.#transport, filters)
  }

  /**
   * Any other call of the API: a JSON object goes up, the one that is answered comes back. Only GET is tried again.
   *
   * @param path from `/api` on; what comes from elsewhere belongs through `encodeURIComponent`
   * @throws ConfigurationError for a path that leads elsewhere; APIError; TransportError
   *
   * @example
   * ```ts
   * import { Client, type DeviceList } from '@robotrace/sdk'
   *
   * const path = '/api/v1/organizations/acme/devices'
   * const { items } = await new Client().request<DeviceList>('GET', path, { query: { status: 'online' } })
   * ```
   */
  request<Body extends object = Record<string, unknown>>(
    method: Method,
    path: string,
    options: RequestOptions = {},
  ): Promise<Body> {
    return request<Body>(this.#transport, method, path, options)
  }

  /**
   * The bytes of an artifact, as a response to read from. The key is not sent to another origin.
   *
   * @throws NotFoundError when the slot is empty
   *
   * @example
   * ```ts
   * import { Client } from '@robotrace/sdk'
   *
   * const response = await new Client().downloadArtifact('ep_8f3c', 'video')
   * const bytes = new Uint8Array(await response.arrayBuffer())
   * ```
   */
  downloadArtifact(id: string, kind: ArtifactKind, options: DownloadOptions = {}): Promise<Response> {
    return downloadArtifact(this.#transport, id, kind, options)
  }
}
