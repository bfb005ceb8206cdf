/**
 * The bodies of what is read of episodes: lists, details, the trash. Types only, like the rest of the wire.
 *
 * @module
 */
import type { Artifact, ArtifactKind, EpisodeSource, EpisodeStatus, Metadata } from './wire.ts'

/** An episode as `GET /api/episodes` lists it. */
export interface EpisodeSummary {
  /** Such as `ep_…`. */
  id: string
  /** What the caller named it. */
  name: string | null
  /** Where it comes from. */
  source: EpisodeSource
  /** `recording` until finalized. */
  status: EpisodeStatus
  /** Which rig. */
  robot: string | null
  /** The policy that drove it. */
  policy_version: string | null
  /** The environment it ran in. */
  env_version: string | null
  /** The code that ran. */
  git_sha: string | null
  /** Beyond 2^53 this JSON number is exact on the wire and rounded by JavaScript's parser: read `seed_text` then. */
  seed: number | bigint | null
  /** The seed's decimal digits, exact. */
  seed_text: string | null
  /** Frames per second. */
  fps: number | null
  /** Seconds. */
  duration_s: number | null
  /** Seconds from the start; null when it did not fail or nobody said when. */
  failure_time_s: number | null
  /** Bytes stored, all artifacts together. */
  bytes_total: number
  /** ISO 8601, UTC. */
  created_at: string
  /** ISO 8601, UTC. */
  updated_at: string
  /** ISO 8601, UTC; null while recording. */
  finalized_at: string | null
  /** ISO 8601, UTC; null unless archived. */
  archived_at: string | null
  /** ISO 8601, UTC; null unless it is in the trash, from where it goes for good after some days. */
  trashed_at: string | null
  /** The page of this episode. */
  portal_url: string
}

/** Answer of `GET /api/episodes/{id}`. */
export interface EpisodeDetail extends EpisodeSummary {
  /** The organization it belongs to. */
  client_id: string
  /** The project it is in, `prj_…`. */
  project_id: string
  /** Given at the start, with what finalize merged over it. */
  metadata: Metadata
  /** Slots that were asked for. */
  requested_uploads: ArtifactKind[]
  /** Slots that hold something. */
  artifacts: Artifact[]
}

/** Query of `GET /api/episodes`. Times are ISO 8601; `since` is inclusive, `until` exclusive, both on `created_at`. */
export interface ListEpisodes {
  /** Only this project, slug or id; else those of all projects that the credential is good for. */
  project?: string
  /** Only this device, `dev_…` or its name. */
  device_id?: string
  /** Only this state. */
  status?: EpisodeStatus
  /** Only from here. */
  source?: EpisodeSource
  /** Only what said this robot. Where it means a device, only that device's. */
  robot?: string
  /** Only this policy. */
  policy_version?: string
  /** Created at this time or later. */
  since?: string
  /** Created before this time. */
  until?: string
  /** 1 to 200, default 50. */
  limit?: number
  /** `next_cursor` of the page before. */
  cursor?: string
}

/** A page, newest first. */
export interface EpisodePage {
  /**
   * The episodes. They may be fewer than asked for, even none, while `next_cursor` goes on: what is rare is looked for
   * in steps, so that no request takes long.
   */
  items: EpisodeSummary[]
  /** Null on the last page. */
  next_cursor: string | null
}

/** An episode as `GET /api/v1/organizations/{org}/trash` lists it. */
export interface TrashedEpisode extends EpisodeSummary {
  /** ISO 8601, UTC. */
  trashed_at: string
  /** ISO 8601, UTC: when it goes for good. */
  goes_at: string
}

/** Answer of `GET /api/v1/organizations/{org}/trash`, what went there last first. */
export interface TrashPage {
  /** The episodes. */
  items: TrashedEpisode[]
  /** Null on the last page. */
  next_cursor: string | null
}
