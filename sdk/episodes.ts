import { EpisodeLog, type LogOptions } from './episode-log.ts'
import { EpisodeUploads, MOST_REASON } from './episode-uploads.ts'
import { ConfigurationError } from './errors.ts'
import { type FinalizeOptions, finalBody } from './outcome.ts'
import { exactSeed } from './seeds.ts'
import { addTags } from './session-path.ts'
import type { Transport } from './transport.ts'
import type { UploadOptions, UploadSource } from './uploads.ts'
import type { ArtifactKind, FinalizedEpisode, LogLevel, StartEpisode, StartedEpisode } from './wire.ts'

const ALL_KINDS: ArtifactKind[] = ['video', 'sensors', 'actions']

/** Set once by the class below, so that only this module makes episodes. */
let makeEpisode: (transport: Transport, started: StartedEpisode, announced: ArtifactKind[]) => Episode

/** Opens an episode on the server; see {@linkcode Client.startEpisode}. */
export async function startEpisode(
  transport: Transport,
  options: StartEpisode,
  verbose: boolean | undefined,
): Promise<Episode> {
  const { request_uploads, seed, ...fields } = options
  const given = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null))
  const started = await transport.json<StartedEpisode>({
    method: 'POST',
    path: '/api/ingest/episode',
    body: {
      source: 'real',
      ...given,
      seed: exactSeed(seed) ?? undefined,
      request_uploads: request_uploads ?? ALL_KINDS,
    },
    retry_while_limited: true,
  })
  const episode = makeEpisode(transport, started, request_uploads ?? [])
  transport.runtime.announce(episode.portal_url, verbose)
  return episode
}

/**
 * One recording under way: upload its artifacts, then finalize it.
 *
 * With `await using` it is finalized when the block ends: as **failed**, with the reason, after
 * {@linkcode Episode.fail}, after an upload that did not go through, or when a slot named in
 * `request_uploads` received nothing; else as **ready**. JavaScript does not tell a disposer whether the
 * block threw: an exception in code that has nothing to do with the episode, after everything announced
 * has arrived, cannot be seen. Where that matters use {@linkcode Client.recordEpisode}, which sees every
 * exception, or call {@linkcode Episode.finalize} yourself.
 *
 * @example
 * ```ts
 * import { Client } from '@robotrace/sdk'
 *
 * await using episode = await new Client().startEpisode({ name: 'pick_and_place v3', request_uploads: ['video'] })
 * await episode.upload('video', './run.mp4')
 * ```
 */
export class Episode {
  /** Such as `ep_8f3c…`. */
  readonly id: string
  /** `r2` when uploads work here, whatever the backend. */
  readonly storage: 'r2' | 'unconfigured'
  /** The page of this episode. */
  readonly portal_url: string
  readonly #transport: Transport
  readonly #uploads: EpisodeUploads
  readonly #log: EpisodeLog
  #failure: { reason: string; time_s: number | undefined } | undefined
  #refused_reason: string | undefined
  #sending = false
  #tried = false
  #status: 'recording' | 'ready' | 'failed' = 'recording'

  private constructor(transport: Transport, started: StartedEpisode, announced: ArtifactKind[]) {
    this.#transport = transport
    this.#uploads = new EpisodeUploads(transport, started, announced)
    this.#log = new EpisodeLog(transport, started.episode_id)
    this.id = started.episode_id
    this.storage = started.storage ?? 'unconfigured'
    this.portal_url = `${transport.base_url}/portal/episodes/${encodeURIComponent(started.episode_id)}`
  }

  static {
    makeEpisode = (transport, started, announced) => new Episode(transport, started, announced)
  }

  /** `recording` until the server has confirmed how it ended. */
  get status(): 'recording' | 'ready' | 'failed' {
    return this.#status
  }

  /** Bytes of the artifacts that arrived. */
  get bytes_total(): number {
    return this.#uploads.bytes_total
  }

  /** Why the episode counts as failed so far; undefined while nothing went wrong. */
  get failure_reason(): string | undefined {
    return this.#failure?.reason ?? this.#uploads.failure_reason
  }

  /**
   * Uploads one artifact. The same kind may be sent again: the last one that arrived counts.
   *
   * @throws ConfigurationError for a slot that was not requested; APIError; TransportError
   *
   * @example
   * ```ts
   * await episode.upload('video', './run.mp4', {
   *   on_progress: ({ sent_bytes, total_bytes }) => console.log(sent_bytes / total_bytes),
   * })
   * declare const episode: import('@robotrace/sdk').Episode
   * ```
   */
  async upload(kind: ArtifactKind, source: UploadSource, options: UploadOptions = {}): Promise<void> {
    this.#checkOpen()
    await this.#uploads.send(kind, source, options)
  }

  /**
   * Says that the run failed; nothing is sent until the episode is finalized. The first reason stays.
   *
   * @example
   * ```ts
   * episode.fail('gripper lost the object', { time_s: 12.84 })
   * declare const episode: import('@robotrace/sdk').Episode
   * ```
   */
  fail(reason: string, at: { time_s?: number } = {}): void {
    this.#failure ??= { reason: this.#transport.hide(reason).slice(0, MOST_REASON), time_s: at.time_s }
  }

  /**
   * Writes a line into the episode's log: kept, sent in batches, and what waits at the end before the episode is
   * finalized. It never throws for the network's sake; {@linkcode Episode.lost_log_lines} counts what did not arrive.
   *
   * @param message at most 4,000 characters; longer ones are cut
   *
   * @example
   * ```ts
   * episode.log('warn', 'slip detected', { module: 'gripper' })
   * declare const episode: import('@robotrace/sdk').Episode
   * ```
   */
  log(level: LogLevel, message: string, { module = '', at = new Date() }: LogOptions = {}): void {
    this.#checkOpen()
    this.#log.add({ at: at.toISOString(), level, module, message })
  }

  /** Log lines that the server does not have, and will not get. */
  get lost_log_lines(): number {
    return this.#log.lost
  }

  /**
   * Gives the episode tags, also after it was finalized.
   *
   * @returns all that it has now, by name
   * @throws APIError; TransportError
   *
   * @example
   * ```ts
   * await episode.tag('night shift', 'new gripper')
   * declare const episode: import('@robotrace/sdk').Episode
   * ```
   */
  tag(...tags: string[]): Promise<string[]> {
    return addTags(this.#transport, this.id, tags)
  }

  /**
   * Ends the episode. Sent once and never repeated by itself; when it throws, it may be called again.
   *
   * @throws ConfigurationError when it is finalized already; APIError (409: archived); TransportError
   *
   * @example
   * ```ts
   * const { bytes_total, missing_uploads } = await episode.finalize({ status: 'ready', duration_s: 42.5 })
   * declare const episode: import('@robotrace/sdk').Episode
   * ```
   */
  async finalize(options: FinalizeOptions = {}): Promise<FinalizedEpisode> {
    this.#checkOpen()
    this.#sending = true
    try {
      const body = finalBody(options, {
        failure_reason: this.failure_reason,
        failure_time_s: this.#failure?.time_s,
        bytes_total: this.bytes_total,
        hide: (text) => this.#transport.hide(text),
      })
      await this.#log.flush()
      const answer = await this.#transport.json<FinalizedEpisode>({
        method: 'POST',
        path: `/api/ingest/episode/${encodeURIComponent(this.id)}/finalize`,
        body,
      })
      this.#status = answer.status ?? body.status
      return answer
    } catch (error) {
      // Only a call that left this machine counts as tried: the disposer still has to end the others.
      if (error instanceof ConfigurationError) this.#refused_reason = `finalize error: ${error.message}`
      else this.#tried = true
      throw error
    } finally {
      this.#sending = false
    }
  }

  /** Finalizes as ready or failed unless that was tried already; waits for uploads that still run. */
  async [Symbol.asyncDispose](): Promise<void> {
    // Whoever finalized has seen how it went; a second attempt is not ours to make.
    if (this.#status !== 'recording' || this.#sending || this.#tried) return
    await this.#uploads.settled()
    const { missing } = this.#uploads
    const reason = this.#refused_reason ?? `the recording ended before ${missing.join(' and ')} arrived`
    const failed = this.#refused_reason !== undefined || missing.length > 0
    if (failed && this.failure_reason === undefined) this.fail(reason)
    await this.finalize()
  }

  #checkOpen(): void {
    if (this.#status !== 'recording') {
      throw new ConfigurationError(`Episode ${this.id} is already finalized as ${this.#status}.`)
    }
    if (this.#sending) throw new ConfigurationError(`Episode ${this.id} is being finalized.`)
  }
}
