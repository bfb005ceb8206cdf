import { z } from 'zod'

/** A filter left empty, as a form or a link with `?actor=` sends it, is no filter. */
const optional = <Schema extends z.ZodType>(schema: Schema) =>
  z.preprocess((value) => (value === '' ? undefined : value), schema.optional())

const time = z.iso.datetime('must be a time in UTC such as 2026-11-22T10:00:00Z')

/** What a trail can be narrowed to. */
export const trailFilter = z.object({
  /** An account's id or e-mail address, or the ten public characters of a key. */
  actor: optional(z.string().max(254)),
  /** `api_key`, or `api_key.revoked`: what comes before the dot stands for all of it. */
  action: optional(
    z
      .string()
      .regex(/^[a-z_]{1,60}(\.[a-z_]{1,60})?$/, 'must be an action such as api_key or api_key.revoked'),
  ),
  target: optional(z.string().max(100)),
  outcome: optional(z.enum(['success', 'failure'], 'must be success or failure')),
  since: optional(time),
  until: optional(time),
})

/** Position in the trail: the number of the last event of the page before. */
const cursor = optional(z.string().regex(/^\d{1,15}$/, 'must be next_cursor of the page before, unchanged'))

export const trailPageInput = trailFilter.extend({
  cursor,
  limit: z.coerce
    .number('must be a whole number')
    .int('must be a whole number')
    .min(1, 'must be at least 1')
    .max(200, 'must be at most 200')
    .default(50),
})

export const organizationTrailQuery = trailPageInput.extend({
  org: z.string().max(64),
  format: z.enum(['json', 'csv', 'ndjson'], 'must be json, csv or ndjson').default('json'),
})

export const wholeTrailQuery = trailFilter.extend({
  organization_id: optional(z.uuid('must be the id of an organization')),
  format: z.enum(['csv', 'ndjson'], 'must be csv or ndjson').default('ndjson'),
})

export const organizationTrailInput = trailPageInput.extend({ organization_id: z.uuid() })
export const wholeTrailInput = trailPageInput.extend({ organization_id: optional(z.uuid()) })
