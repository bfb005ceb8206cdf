/**
 * The shape of every body on the wire, spelled as it travels (snake_case). Types only: this module
 * vanishes from the build. The server proves at compile time that its schemas match.
 *
 * @module
 */

export type * from './wire-account.ts'
export type * from './wire-device-ssh-keys.ts'
export type * from './wire-enrolment.ts'
export type * from './wire-episodes.ts'
export type * from './wire-fleet.ts'
export type * from './wire-login.ts'
export type * from './wire-organizations.ts'
export type * from './wire-sessions.ts'
export type * from './wire-software.ts'
export type * from './wire-version.ts'
export type * from './wire-webhooks.ts'

/** Where an episode comes from: a physical robot, a simulator, or a policy rolled out again over a recording. */
export type EpisodeSource = 'real' | 'sim' | 'replay'

/** `recording` until finalized, then `ready` or `failed`; `interrupted` while nothing is heard of it any more. */
export type EpisodeStatus = 'recording' | 'interrupted' | 'ready' | 'failed'

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
  /** Free JSON; kept with the episode. */
  metadata?: Metadata | null
  /** Slots to sign a PUT URL for. Absent: none. */
  request_uploads?: ArtifactKind[] | null
  /** The span that was active; kept at `metadata.otel`. */
  otel?: Otel | null
}

/** One signed PUT, valid 30 minutes. Send exactly the content type of its kind and a Content-Length. */
export interface UploadUrl {
  /** Which slot. */
  kind: ArtifactKind
  /** Where to PUT the bytes; its query is a secret. */
  url: string
  /** ISO 8601, UTC. */
  expires_at: string
  /** Where the artifact can be read without signing; null when nowhere. */
  public_url: string | null
}

/** Answer (201) of `POST /api/ingest/episode`. */
export interface StartedEpisode {
  /** Such as `ep_…`. */
  episode_id: string
  /** Always `recording`. */
  status: 'recording'
  /** `r2` whenever uploads work here, whatever the backend: that literal is what clients test for. */
  storage: 'r2' | 'unconfigured'
  /** One for each requested slot. */
  upload_urls: UploadUrl[]
}

/** Body of `POST /api/ingest/episode/{id}/finalize`. */
export interface FinalizeEpisode {
  /** How it ended. */
  status: 'ready' | 'failed'
  /** Seconds, 0 or more. */
  duration_s?: number | null
  /** Frames per second, greater than 0. */
  fps?: number | null
  /** Whole bytes, what the client counted. The server answers what its disk holds. */
  bytes_total?: number | null
  /** Seconds from the start; only with `failed`; clamped into [0, duration_s + 0.001], so that one below 0 counts as 0. */
  failure_time_s?: number | null
  /** The newer shape of the same: time, and the reason kept as `metadata.failure_reason`. */
  failure?: { time_s?: number | null; reason?: string | null } | null
  /** Merged over the episode's metadata, member by member at the top level; this one wins. */
  metadata?: Metadata | null
}

/** Answer (200) of finalize. Finalizing again changes nothing and answers the same. */
export interface FinalizedEpisode {
  /** Such as `ep_…`. */
  episode_id: string
  /** How it ended. */
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
  /** Which slot. */
  kind: ArtifactKind
  /** Media type it was stored as. */
  content_type: string
  /** Bytes. */
  size_bytes: number
  /** SHA-256 of the bytes, hexadecimal. */
  sha256: string
  /** ISO 8601, UTC. */
  stored_at: string
  /** Answers 302 to a signed GET, valid one hour. */
  url: string
}

/** Every refusal (RFC 9457). `detail`, `error` and `error_message` are the same sentence. */
export interface ProblemBody {
  /** Address of the documentation of this problem. */
  type: string
  /** The problem in a few words. */
  title: string
  /** HTTP status. */
  status: number
  /** The sentence for people. */
  detail: string
  /** Path that was asked. */
  instance: string
  /** Stable, for machines. */
  code: string
  /** Same as `detail`. */
  error: string
  /** Same as `detail`. */
  error_message: string
  /** Finds the request in the server's log. */
  request_id: string
  /** Fields that are wrong. */
  errors?: { path: string; message: string }[]
  /** Whole seconds to wait. */
  retry_after?: number
}
