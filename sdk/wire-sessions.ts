/**
 * Sessions: episodes as fleet clients know them, with tags and logs. Types only, like the rest of the wire.
 *
 * @module
 */

import type { Artifact } from './wire.ts'

/** An episode that is `recording` is `active`, one that is `ready` is `completed`. */
export type SessionStatus = 'active' | 'interrupted' | 'completed' | 'failed'

/** A session, as `GET …/sessions` lists it. */
export interface Session {
  /** The episode's id, `ep_…`. */
  id: string
  /** `dev_…`; null when nobody said which robot it was. */
  device_id: string | null
  /** How that is called now. */
  device_name: string | null
  /** Now. */
  status: SessionStatus
  /** ISO 8601, UTC. */
  started_at: string
  /** ISO 8601, UTC; null while it is active. */
  ended_at: string | null
  /** Seconds that were recorded; null while nobody has said. */
  duration_seconds: number | null
  /** By name. */
  tags: string[]
  /** How many artifacts it holds. */
  artifact_count: number
}

/** Query of `GET …/sessions`. Times are ISO 8601: `since` inclusive, `until` exclusive, both on `started_at`. */
export interface ListSessions {
  /** Only this device, `dev_…` or its name. */
  device_id?: string
  /** Only those. */
  status?: SessionStatus
  /** Started at this time or later. */
  since?: string
  /** Started before this time. */
  until?: string
  /** 1 unless said. */
  page?: number
  /** 20 unless said, at most 100. */
  page_size?: number
  /** Instead of `page`: `next_cursor` of the page before, unchanged. */
  cursor?: string
}

/** Answer (200) of `GET …/sessions`; archived ones are left out. */
export interface SessionList {
  /** Newest first. */
  items: Session[]
  /** How many fit. */
  total: number
  /** The one that was asked for. With a cursor: null. */
  page: number | null
  /** At most so many items. */
  page_size: number
  /**
   * For the page behind this one; null: this is the last. Where what was asked for is one in tens of thousands, a page
   * that is not full may have one.
   */
  next_cursor: string | null
}

/** What a session holds. */
export interface SessionMetrics {
  /** Log lines. */
  log_count: number
  /** Artifacts. */
  artifact_count: number
  /** Bytes, all artifacts together. */
  artifact_size_bytes: number
}

/** Answer (200) of `GET …/sessions/{id}`. */
export interface SessionDetail extends Session {
  /** ISO 8601, UTC; null unless it is in the trash, from where it goes for good after some days. */
  trashed_at: string | null
  /** What it holds. */
  metrics: SessionMetrics
  /** The software that its device ran when it began. */
  package: { id: string; name: string } | null
}

/** Answer (200) of `DELETE …/sessions/{id}`: it is gone for good. */
export interface DeletedSession {
  /** `ep_…`. */
  id: string
  /** ISO 8601, UTC. */
  deleted_at: string
  /** What went with it. */
  metrics: SessionMetrics
}

/** Body of `POST …/sessions/{id}/tags`. */
export interface TagSession {
  /** 1 to 64 characters. */
  tag: string
}

/** Answer (200) of adding or removing a tag; doing it again changes nothing. */
export interface SessionTags {
  /** `ep_…`. */
  id: string
  /** All that it has now, by name; at most 50. */
  tags: string[]
}

/** How bad it is. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

/** A line of a session's log, as it is sent. */
export interface LogEntry {
  /** ISO 8601, by the robot's clock. */
  at: string
  /** How bad it is. */
  level: LogLevel
  /** Which program or part; at most 120 characters. */
  module: string
  /** At most 4,000 characters. */
  message: string
}

/** Body of `POST …/sessions/{id}/logs`. */
export interface AddLogs {
  /** 1 to 1,000, in the order in which they happened; a session holds 100,000. */
  entries: LogEntry[]
}

/** Answer (201) of `POST …/sessions/{id}/logs`. */
export interface AddedLogs {
  /** How many were written. */
  accepted: number
  /** How many the session holds now. */
  log_count: number
}

/** Query of `GET …/sessions/{id}/logs`. Times are ISO 8601: `since` inclusive, `until` exclusive, both on `at`. */
export interface ListLogs {
  /** Exactly this level. */
  level?: LogLevel
  /** Exactly this module. */
  module?: string
  /** Only messages that contain this, whatever the case of A to Z. */
  search?: string
  /** At this time or later. */
  since?: string
  /** Before this time. */
  until?: string
  /** 1 to 1,000, default 100. */
  limit?: number
  /** `next_cursor` of the page before. */
  cursor?: string
}

/** A line of a session's log, as it is read. */
export interface LogLine extends LogEntry {
  /** 1, 2, 3 … in the order in which they were sent. */
  seq: number
}

/** Answer (200) of `GET …/sessions/{id}/logs`. */
export interface LogPage {
  /** In the order in which they were sent; they may be fewer than `limit` while `next_cursor` goes on. */
  items: LogLine[]
  /** Null on the last page. */
  next_cursor: string | null
}

/** Answer (200) of `GET …/sessions/{id}/artifacts`. */
export interface SessionArtifacts {
  /** In the order of the slots. */
  items: Artifact[]
  /** How many there are. */
  total: number
  /** Always 1. */
  page: number
  /** At most so many items. */
  page_size: number
  /** Always null. */
  next_cursor: string | null
}
