import { ConfigurationError } from './errors.ts'
import { reasonOf } from './outcome.ts'
import type { Transport } from './transport.ts'
import { type UploadOptions, type UploadSource, uploadArtifact } from './uploads.ts'
import type { ArtifactKind, StartedEpisode } from './wire.ts'

/** The longest reason that the wire takes, characters. */
export const MOST_REASON = 2000

/** What an episode uploads: which slots it has, what arrived, what did not, and what is still on its way. */
export class EpisodeUploads {
  readonly #transport: Transport
  readonly #episode_id: string
  readonly #storage: 'r2' | 'unconfigured'
  readonly #slots: StartedEpisode['upload_urls']
  readonly #announced: readonly ArtifactKind[]
  readonly #sizes = new Map<ArtifactKind, number>()
  readonly #errors = new Map<ArtifactKind, string>()
  readonly #running = new Set<Promise<unknown>>()

  constructor(transport: Transport, started: StartedEpisode, announced: readonly ArtifactKind[]) {
    this.#transport = transport
    this.#episode_id = started.episode_id
    this.#storage = started.storage ?? 'unconfigured'
    this.#slots = started.upload_urls ?? []
    this.#announced = announced
  }

  /** Bytes of the artifacts that arrived. */
  get bytes_total(): number {
    return [...this.#sizes.values()].reduce((sum, size) => sum + size, 0)
  }

  /** Of the first kind whose last upload did not go through. */
  get failure_reason(): string | undefined {
    return [...this.#errors.values()][0]
  }

  /** Kinds that were announced, have a slot, and received nothing. */
  get missing(): ArtifactKind[] {
    return this.#announced.filter((kind) => !this.#sizes.has(kind) && this.#slot(kind))
  }

  /** Sends one artifact; the same kind may be sent again. @throws ConfigurationError, APIError, TransportError */
  async send(kind: ArtifactKind, source: UploadSource, options: UploadOptions): Promise<void> {
    const running = this.#send(kind, source, options)
    this.#running.add(running)
    try {
      await running
      this.#errors.delete(kind)
    } catch (error) {
      this.#errors.set(kind, this.#transport.hide(`upload error: ${reasonOf(error)}`).slice(0, MOST_REASON))
      throw error
    } finally {
      this.#running.delete(running)
    }
  }

  /** Waits for what is under way, however it ends. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#running)
  }

  async #send(kind: ArtifactKind, source: UploadSource, options: UploadOptions): Promise<void> {
    const slot = this.#slot(kind)
    if (slot) {
      this.#sizes.set(kind, await uploadArtifact(this.#transport, slot, source, options))
      return
    }
    throw new ConfigurationError(
      this.#storage === 'unconfigured'
        ? 'This deployment has no storage for artifacts; only metadata can be logged.'
        : `Episode ${this.#episode_id} has no slot for ${kind}. Name it in request_uploads.`,
    )
  }

  #slot(kind: ArtifactKind): StartedEpisode['upload_urls'][number] | undefined {
    return this.#slots.find((slot) => slot.kind === kind)
  }
}
