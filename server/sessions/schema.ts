import { z } from 'zod'
import type {
  AddedLogs,
  AddLogs,
  DeletedSession,
  ListLogs,
  ListSessions,
  LogPage,
  SessionArtifacts,
  SessionDetail,
  SessionList,
  SessionTags,
  TagSession,
} from '../../sdk/wire.ts'
import { storedArtifact } from '../episodes/stored-artifact.ts'
import { accepts, answers, component } from '../http/conforms.ts'
import { pageOf, paging } from '../http/paging.ts'
import { line } from '../http/text.ts'

const slugOrId = z.string().max(64)

export const projectAddress = z.object({ org: slugOrId, project: slugOrId })
export const sessionAddress = projectAddress.extend({ id: z.string().max(64) })

/** Kept as UTC with four digits for the year, whose texts are in the order of what they say. */
const time = z.iso
  .datetime({ offset: true, error: 'must be an ISO 8601 time such as 2026-11-03T09:30:00Z' })
  .transform((text) => new Date(text).toISOString())
  .refine((utc) => /^\d/.test(utc), 'must be in the years 0000 to 9999 of UTC')

const level = z.enum(['debug', 'info', 'warn', 'error'], 'must be debug, info, warn or error')
const status = z.enum(
  ['active', 'interrupted', 'completed', 'failed'],
  'must be active, interrupted, completed or failed',
)

export const listSessionsQuery = projectAddress.extend({
  device_id: z.string().max(128).optional(),
  status: status.optional(),
  since: time.optional(),
  until: time.optional(),
  ...paging,
} satisfies Record<keyof ListSessions, z.ZodType>)

const tag = line(1, 64)
export const tagInput = accepts<TagSession>()(z.object({ tag })).extend(sessionAddress.shape)
export const tagAddress = sessionAddress.extend({ tag })

/** Traces of a stack have several lines; what else cannot be seen forges the terminal it is printed to. */
const UNPRINTABLE =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/g

const message = z
  .string('must be a text')
  .max(4_000, 'must have at most 4000 characters')
  .transform((text) => text.toWellFormed().replace(UNPRINTABLE, ''))

const entry = z.object({ at: time, level, module: line(0, 120), message }, 'must be an object')

export const addLogsInput = accepts<AddLogs>()(
  z.object({
    entries: z
      .array(entry, 'must be a list of log lines')
      .min(1, 'must have at least one line')
      .max(1_000, 'must have at most 1000 lines. Send several requests'),
  }),
).extend(sessionAddress.shape)

export const listLogsQuery = sessionAddress.extend({
  level: level.optional(),
  module: z.string().max(120).optional(),
  search: z.string().max(200, 'must have at most 200 characters').optional(),
  since: time.optional(),
  until: time.optional(),
  limit: z.coerce
    .number('must be a whole number')
    .int('must be a whole number')
    .min(1, 'must be at least 1')
    .max(1_000, 'must be at most 1000')
    .default(100),
  cursor: z
    .string()
    .regex(/^\d{1,9}$/, 'does not have the form of a cursor. Send next_cursor of the page before, unchanged')
    .transform(Number)
    .optional(),
} satisfies Record<keyof ListLogs, z.ZodType>)

const session = z.object({
  id: z.string(),
  device_id: z.string().nullable(),
  device_name: z.string().nullable(),
  status,
  started_at: z.iso.datetime(),
  ended_at: z.iso.datetime().nullable(),
  duration_seconds: z.number().nullable(),
  tags: z.array(z.string()),
  artifact_count: z.number(),
})

const metrics = component(
  'SessionMetrics',
  z.object({ log_count: z.number(), artifact_count: z.number(), artifact_size_bytes: z.number() }),
)

export const sessionList = answers<SessionList>('SessionList')(pageOf(session))

export const sessionDetail = answers<SessionDetail>('SessionDetail')(
  session.extend({
    trashed_at: z.iso.datetime().nullable(),
    metrics,
    package: z.object({ id: z.string(), name: z.string() }).nullable(),
  }),
)

export const deletedSession = answers<DeletedSession>('DeletedSession')(
  z.object({ id: z.string(), deleted_at: z.iso.datetime(), metrics }),
)

export const sessionTags = answers<SessionTags>('SessionTags')(
  z.object({ id: z.string(), tags: z.array(z.string()) }),
)

export const addedLogs = answers<AddedLogs>('AddedLogs')(
  z.object({ accepted: z.number(), log_count: z.number() }),
)

export const logPage = answers<LogPage>('LogPage')(
  z.object({
    items: z.array(
      z.object({
        seq: z.number(),
        at: z.iso.datetime(),
        level,
        module: z.string(),
        message: z.string(),
      }),
    ),
    next_cursor: z.string().nullable(),
  }),
)

export const sessionArtifacts = answers<SessionArtifacts>('SessionArtifacts')(
  z.object({
    items: z.array(storedArtifact),
    total: z.number(),
    page: z.number(),
    page_size: z.number(),
    next_cursor: z.string().nullable(),
  }),
)
