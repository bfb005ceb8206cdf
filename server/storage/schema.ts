import { z } from 'zod'
import { line } from '../http/text.ts'

export const organization = z.object({ organization_id: z.uuid() })

/** Which episodes a retention rule names. */
export const ruleText = organization.extend({
  project: z.string().max(64).nullable(),
  status: z.enum(['interrupted', 'ready', 'failed'], 'must be interrupted, ready or failed').nullable(),
  source: z.enum(['real', 'sim', 'replay'], 'must be real, sim or replay').nullable(),
  keep_tag: line(1, 64).nullable(),
  days: z
    .int('must be a whole number of days')
    .min(1, 'must be at least 1 day')
    .max(36_500, 'must be at most 36500 days'),
})

export const previewInput = ruleText.extend({
  from: z
    .object({ project_id: z.string().max(64), created_at: z.string().max(64), id: z.string().max(64) })
    .nullable(),
})

export const ruleAddress = organization.extend({ id: z.string().max(64) })

export const quotaInput = organization.extend({
  quota_bytes: z
    .int('must be a whole number of bytes')
    .min(0, 'must not be negative')
    .max(Number.MAX_SAFE_INTEGER, 'is more than can be counted')
    .nullable(),
})
