import { z } from 'zod'
import { LOGIN_SCOPES } from '../api-keys/scopes.ts'
import { line } from '../http/text.ts'

/** Bounded like everything a stranger may send; longer ones are cut where they are shown. */
const secret = z
  .string('must be a text')
  .min(1, 'must not be empty')
  .max(200, 'must have at most 200 characters')

/** `null` counts as absent, as everywhere on the wire. */
const optionalLine = (max: number) => z.preprocess((value) => value ?? undefined, line(0, max).optional())

export const startInput = z.object({
  user_agent: optionalLine(300),
  hostname: optionalLine(120),
})

export const startedLogin = z.object({
  device_code: z.string(),
  user_code: z.string(),
  verification_uri: z.url(),
  verification_uri_complete: z.url(),
  expires_in: z.number(),
  interval: z.number(),
})

export const pollInput = z.object({ device_code: secret })

export const userCodeInput = z.object({ user_code: z.string().max(64, 'must have at most 64 characters') })

export const approveInput = userCodeInput.extend({
  organization_id: z.uuid(),
  password: z.string().max(1000, 'must have at most 1000 characters').optional(),
})

/** `scope` as OAuth sends it: unknown ones are refused, none means the default. */
export const requestedScopes = z
  .string()
  .max(300)
  .transform((text) => text.split(' ').filter(Boolean))
  .refine((asked) => asked.every((scope) => LOGIN_SCOPES.includes(scope)), 'invalid_scope')
