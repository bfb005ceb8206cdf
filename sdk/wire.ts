/**
 * The shape of every body on the wire, spelled as it travels (snake_case). Types only: this module
 * vanishes from the build. The server proves at compile time that its schemas match.
 *
 * @module
 */

/** Where an episode comes from: a physical robot, a simulator, or a policy rolled out again over a recording. */
export type EpisodeSource = 'real' | 'sim' | 'replay'

/** `recording` until finalized; then `ready` or `failed`. */
export type EpisodeStatus = 'recording' | 'ready' | 'failed'

/** The three slots of an episode. */
export type ArtifactKind = 'video' | 'sensors' | 'actions'

/** Any JSON value. Numbers beyond 2^53 do not survive a JavaScript number; put them into strings. */
export type Json = string | number | boolean | null | Json[] | { [member: string]: Json }

/** Free JSON that travels with an episode. Typed values are tagged `__type: "robotrace.<Name>"`. */
export type Metadata = { [member: string]: Json }

/** OpenTelemetry ids of the span that was active when the episode began; kept at `metadata.otel`. */
export interface Otel {
  /** 32 hexadecimal digits. */
  trace_id: string
  /** 16 hexadecimal digits. */
  span_id: string
  /** W3C traceparent, `00-<trace_id>-<span_id>-<flags>`. */
  traceparent: string
}

/** Body of `POST /api/ingest/episode`. Every member is optional; `{}` opens a metadata-only episode. */
export interface StartEpisode {
  /** At most 200 characters. */
  name?: string | null
  /** Default `real`. */
  source?: EpisodeSource | null
  /** Which rig; at most 120 characters. */
  robot?: string | null
  /** At most 120 characters. One of the four reproducibility fields. */
  policy_version?: string | null
  /** At most 120 characters. One of the four reproducibility fields. */
  env_version?: string | null
  /** At most 64 characters, free text. One of the four reproducibility fields. */
  git_sha?: string | null
  /** Integer from -2^63 to 2^64-1; send a bigint or a string of digits beyond 2^53. One of the four reproducibility fields. */
  seed?: number | bigint | string | null
  /** Frames per second, greater than 0. */
  fps?: number | null
  metadata?: Metadata | null
  /** Slots to sign a PUT URL for. Absent: none. */
  request_uploads?: ArtifactKind[] | null
  otel?: Otel | null
}

/** One signed PUT, valid 30 minutes. Send exactly the content type of its kind and a Content-Length. */
export interface UploadUrl {
  kind: ArtifactKind
  url: string
  /** ISO 8601, UTC. */
  expires_at: string
  public_url: string | null
}

/** Answer (201) of `POST /api/ingest/episode`. */
export interface StartedEpisode {
  episode_id: string
  status: 'recording'
  /** `r2` whenever uploads work here, whatever the backend: that literal is what clients test for. */
  storage: 'r2' | 'unconfigured'
  upload_urls: UploadUrl[]
}

/** Body of `POST /api/ingest/episode/{id}/finalize`. */
export interface FinalizeEpisode {
  status: 'ready' | 'failed'
  /** Seconds, 0 or more. */
  duration_s?: number | null
  fps?: number | null
  /** What the client counted. The server answers what its disk holds. */
  bytes_total?: number | null
  /** Seconds from the start; only with `failed`; clamped into [0, duration_s + 0.001]. */
  failure_time_s?: number | null
  /** The newer shape of the same: time, and the reason kept as `metadata.failure_reason`. */
  failure?: { time_s?: number | null; reason?: string | null } | null
  /** Merged over the episode's metadata, member by member at the top level; this one wins. */
  metadata?: Metadata | null
}

/** Answer (200) of finalize. Finalizing again changes nothing and answers the same. */
export interface FinalizedEpisode {
  episode_id: string
  status: 'ready' | 'failed'
  /** ISO 8601, UTC. */
  updated_at: string
  /** What the server's disk holds, bytes. */
  bytes_total: number
  /** Slots that were requested and hold nothing. */
  missing_uploads: ArtifactKind[]
}

/** One stored artifact. */
export interface Artifact {
  kind: ArtifactKind
  content_type: string
  size_bytes: number
  /** SHA-256 of the bytes, hexadecimal. */
  sha256: string
  stored_at: string
  /** Answers 302 to a signed GET, valid one hour. */
  url: string
}

/** An episode as `GET /api/episodes` lists it. */
export interface EpisodeSummary {
  id: string
  name: string | null
  source: EpisodeSource
  status: EpisodeStatus
  robot: string | null
  policy_version: string | null
  env_version: string | null
  git_sha: string | null
  /** Beyond 2^53 this JSON number is exact on the wire and rounded by JavaScript's parser: read `seed_text` then. */
  seed: number | bigint | null
  /** The seed's decimal digits, exact. */
  seed_text: string | null
  fps: number | null
  duration_s: number | null
  failure_time_s: number | null
  bytes_total: number
  created_at: string
  updated_at: string
  finalized_at: string | null
  archived_at: string | null
  /** The page of this episode. */
  portal_url: string
}

/** Answer of `GET /api/episodes/{id}`. */
export interface EpisodeDetail extends EpisodeSummary {
  client_id: string
  metadata: Metadata
  requested_uploads: ArtifactKind[]
  artifacts: Artifact[]
}

/** Query of `GET /api/episodes`. Times are ISO 8601; `since` is inclusive, `until` exclusive, both on `created_at`. */
export interface ListEpisodes {
  status?: EpisodeStatus
  source?: EpisodeSource
  robot?: string
  policy_version?: string
  since?: string
  until?: string
  /** 1 to 200, default 50. */
  limit?: number
  /** `next_cursor` of the page before. */
  cursor?: string
}

/** A page, newest first. */
export interface EpisodePage {
  items: EpisodeSummary[]
  /** Null on the last page. */
  next_cursor: string | null
}

/** Every refusal (RFC 9457). `detail`, `error` and `error_message` are the same sentence. */
export interface ProblemBody {
  type: string
  title: string
  status: number
  detail: string
  instance: string
  /** Stable, for machines. */
  code: string
  error: string
  error_message: string
  request_id: string
  /** Fields that are wrong. */
  errors?: { path: string; message: string }[]
  /** Whole seconds to wait. */
  retry_after?: number
}
