import { z } from 'zod'
import type {
  EpisodeDetail,
  EpisodePage,
  FinalizedEpisode,
  FinalizeEpisode,
  Metadata,
  StartEpisode,
  StartedEpisode,
  TrashPage,
} from '../../sdk/wire.ts'
import { accepts, answers } from '../http/conforms.ts'
import { paging } from '../http/paging.ts'
import { line } from '../http/text.ts'
import { KIND_NAMES } from './artifact-kinds.ts'
import { seedText } from './seed.ts'
import { storedArtifact } from './stored-artifact.ts'

/** Members that nobody knows are ignored, and null counts as absent: clients of all versions send both. */

const kind = z.enum(KIND_NAMES, `must be one of ${KIND_NAMES.join(', ')}`)
const source = z.enum(['real', 'sim', 'replay'], 'must be real, sim or replay')
const status = z.enum(['recording', 'interrupted', 'ready', 'failed'])

const metadata = z
  .custom<Metadata>(
    (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
    'must be an object',
  )
  .meta({ type: 'object' })

const seed = z
  .custom<number | bigint | string>(
    (value) => seedText(value) !== undefined,
    'must be an integer from -2^63 to 2^64-1. Send it as an integer or as a text of digits',
  )
  .transform((value) => seedText(value))
  .meta({ type: ['integer', 'string'] })

const atLeastZero = z.number('must be a number').min(0, 'must not be negative')
const wholeNumber = z.number('must be a number').int('must be a whole number').min(0, 'must not be negative')
/** Clamped to the recording where it is stored: clocks of camera and controller differ. */
const failureTime = z.number('must be a number')
const framesPerSecond = z.number('must be a number').positive('must be greater than 0')

const otel = z.object(
  {
    trace_id: z.string().regex(/^[0-9a-f]{32}$/i, 'must be 32 hexadecimal digits'),
    span_id: z.string().regex(/^[0-9a-f]{16}$/i, 'must be 16 hexadecimal digits'),
    traceparent: z
      .string()
      .regex(/^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/i, 'must be a W3C traceparent of version 00'),
  },
  'must be an object with trace_id, span_id and traceparent',
)

export const startEpisodeInput = accepts<StartEpisode>()(
  z.object({
    name: line(0, 200).nullish(),
    source: source.nullish(),
    robot: line(0, 120).nullish(),
    policy_version: line(0, 120).nullish(),
    env_version: line(0, 120).nullish(),
    git_sha: line(0, 64).nullish(),
    seed: seed.nullish(),
    fps: framesPerSecond.nullish(),
    metadata: metadata.nullish(),
    request_uploads: z.array(kind, 'must be a list').max(64, 'must have at most 64 entries').nullish(),
    otel: otel.nullish(),
  }),
)

export const startedEpisode = answers<StartedEpisode>('StartedEpisode')(
  z.object({
    episode_id: z.string(),
    status: z.literal('recording'),
    storage: z.enum(['r2', 'unconfigured']),
    upload_urls: z.array(
      z.object({ kind, url: z.url(), expires_at: z.iso.datetime(), public_url: z.string().nullable() }),
    ),
  }),
)

const finalizeBody = z.object({
  status: z.enum(['ready', 'failed'], 'must be ready or failed'),
  duration_s: atLeastZero.nullish(),
  fps: framesPerSecond.nullish(),
  bytes_total: wholeNumber.nullish(),
  failure_time_s: failureTime.nullish(),
  failure: z
    .object(
      { time_s: failureTime.nullish(), reason: z.string('must be a text').max(10_000).nullish() },
      'must be an object with time_s and reason',
    )
    .nullish(),
  metadata: metadata.nullish(),
})

export const episodeId = z.object({ id: z.string().max(64) })

const onlyWithFailed = 'is only for episodes that failed. Send status failed with it'

export const finalizeEpisodeInput = accepts<FinalizeEpisode>()(finalizeBody)
  .extend(episodeId.shape)
  .superRefine((input, refuse) => {
    if (input.status === 'failed') return
    if (typeof input.failure_time_s === 'number') {
      refuse.addIssue({ code: 'custom', path: ['failure_time_s'], message: onlyWithFailed })
    }
    if (typeof input.failure?.time_s === 'number' || typeof input.failure?.reason === 'string') {
      refuse.addIssue({ code: 'custom', path: ['failure'], message: onlyWithFailed })
    }
  })

export const finalizedEpisode = answers<FinalizedEpisode>('FinalizedEpisode')(
  z.object({
    episode_id: z.string(),
    status: z.enum(['ready', 'failed']),
    updated_at: z.iso.datetime(),
    bytes_total: z.number(),
    missing_uploads: z.array(kind),
  }),
)

const summary = z.object({
  id: z.string(),
  name: z.string().nullable(),
  source,
  status,
  robot: z.string().nullable(),
  policy_version: z.string().nullable(),
  env_version: z.string().nullable(),
  git_sha: z.string().nullable(),
  seed: z
    .custom<number | bigint | null>((value) => value === null || seedText(value) !== undefined)
    .meta({ type: ['integer', 'null'] }),
  seed_text: z.string().nullable(),
  fps: z.number().nullable(),
  duration_s: z.number().nullable(),
  failure_time_s: z.number().nullable(),
  bytes_total: z.number(),
  created_at: z.iso.datetime(),
  updated_at: z.iso.datetime(),
  finalized_at: z.iso.datetime().nullable(),
  archived_at: z.iso.datetime().nullable(),
  trashed_at: z.iso.datetime().nullable(),
  portal_url: z.url(),
})

export const episodePage = answers<EpisodePage>('EpisodePage')(
  z.object({ items: z.array(summary), next_cursor: z.string().nullable() }),
)

export const trashPage = answers<TrashPage>('TrashPage')(
  z.object({
    items: z.array(summary.extend({ trashed_at: z.iso.datetime(), goes_at: z.iso.datetime() })),
    next_cursor: z.string().nullable(),
  }),
)

export const episodeDetail = answers<EpisodeDetail>('EpisodeDetail')(
  summary.extend({
    client_id: z.string(),
    project_id: z.string(),
    metadata,
    requested_uploads: z.array(kind),
    artifacts: z.array(storedArtifact),
  }),
)

const time = z.iso
  .datetime({ offset: true, error: 'must be an ISO 8601 time such as 2026-11-03T09:30:00Z' })
  .transform((text) => new Date(text).toISOString())

const filters = z.object({
  project: z.string().max(64).nullish(),
  device_id: z.string().max(64).nullish(),
  status: status.nullish(),
  source: source.nullish(),
  robot: line(0, 120).nullish(),
  policy_version: line(0, 120).nullish(),
  since: time.nullish(),
  until: time.nullish(),
  cursor: z.string().max(200).nullish(),
})

const PAGE = 50
const LONGEST_PAGE = 200
const limit = z
  .number(`must be a whole number from 1 to ${LONGEST_PAGE}`)
  .int()
  .min(1, `must be 1 to ${LONGEST_PAGE}`)
  .max(LONGEST_PAGE, `must be 1 to ${LONGEST_PAGE}`)

/** The query of `GET /api/episodes`, where everything is a text. */
export const listEpisodesQuery = filters.extend({
  limit: z
    .string()
    .regex(/^\d+$/, `must be a whole number from 1 to ${LONGEST_PAGE}`)
    .transform(Number)
    .pipe(limit)
    .default(PAGE),
  archived: z
    .enum(['true', 'false'], 'must be true or false')
    .transform((text) => text === 'true')
    .default(false),
})

/** The same, as the portal asks it. */
export const listEpisodesInput = filters.extend({
  organization_id: z.string().max(64),
  limit: limit.default(PAGE),
  archived: z.boolean().default(false),
})

/** A selection in the portal. */
export const episodeIds = z.object({ ids: z.array(z.string().max(64)).min(1).max(100) })

/** A page of the trash, as the portal asks for it. */
export const trashInput = z.object({
  organization_id: z.string().max(64),
  cursor: z.string().max(200).nullish(),
})

/** The same over REST, where everything is a text. */
export const trashQuery = z.object({
  org: z.string().max(64),
  page_size: paging.page_size,
  cursor: paging.cursor,
})

export const artifactQuery = episodeId.extend({
  kind: z.string().max(64),
  download: z.enum(['0', '1'], 'must be 0 or 1').optional(),
})

export const signedPath = z.object({
  organization_id: z.string().max(64),
  episode_id: z.string().max(64),
  file: z.string().max(64),
})
