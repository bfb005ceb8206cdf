import ipaddr from 'ipaddr.js'
import { z } from 'zod'
import type { PollDeviceLogin, StartedDeviceLogin } from '../../sdk/wire.ts'
import { accepts, answers } from '../http/conforms.ts'
import { line } from '../http/text.ts'
import { LOGIN_SCOPES } from '../organizations/scopes.ts'

/** Bounded like everything a stranger may send. */
const secret = z
  .string('must be a text')
  .min(1, 'must not be empty')
  .max(200, 'must have at most 200 characters')

/** What a terminal tells of itself: `null` counts as absent, and a long name is cut instead of ending the login. */
const optionalLine = (max: number) =>
  z.preprocess(
    (value) => (typeof value === 'string' ? value.slice(0, max) : (value ?? undefined)),
    line(0, max).optional(),
  )

/** `scope` as OAuth sends it: unknown ones are refused, none means the default. */
export const requestedScopes = z
  .string()
  .max(300)
  .transform((text) => text.split(' ').filter(Boolean))
  .refine((asked) => asked.every((scope) => LOGIN_SCOPES.includes(scope)), 'invalid_scope')

export const startInput = z.object({
  user_agent: optionalLine(300),
  hostname: optionalLine(120),
  scope: z
    .string('must be a text')
    .max(300, 'must have at most 300 characters')
    .transform((text) => text.split(' ').filter(Boolean))
    .refine(
      (asked) => asked.every((scope) => LOGIN_SCOPES.includes(scope)),
      `may name these only, separated by spaces: ${LOGIN_SCOPES.join(' ')}`,
    )
    .nullish(),
})

export const startedLogin = answers<StartedDeviceLogin>('StartedDeviceLogin')(
  z.object({
    device_code: z.string(),
    user_code: z.string(),
    verification_uri: z.url(),
    verification_uri_complete: z.url(),
    expires_in: z.number(),
    interval: z.number(),
  }),
)

export const pollInput = accepts<PollDeviceLogin>()(z.object({ device_code: secret }))

export const userCodeInput = z.object({ user_code: z.string().max(64, 'must have at most 64 characters') })

export const approveInput = userCodeInput.extend({
  organization_id: z.uuid(),
  password: z.string().max(1000, 'must have at most 1000 characters').optional(),
})

export const policyInput = z.object({
  organization_id: z.uuid(),
  allowed: z.boolean(),
  networks: z
    .array(z.string().trim().refine(ipaddr.isValidCIDR, 'must be a network such as 10.0.0.0/8'))
    .max(50, 'must have at most 50 networks'),
  key_days: z.int().min(1, 'must be 1 or more').max(3650, 'must be 3650 or less').nullable(),
  step_up: z.boolean(),
})
