import { z } from 'zod'
import { component } from '../http/conforms.ts'
import { line } from '../http/text.ts'
import { SCOPES } from '../organizations/scopes.ts'

/** What is asked of a new key. Whose it will be is nowhere in it: that is known from who asks (security 15). */
const wish = {
  label: line(1, 80),
  note: line(0, 500)
    .transform((text) => text || null)
    .nullish(),
  scopes: z.array(z.enum(SCOPES)).max(SCOPES.length).optional(),
  expires_at: z.iso
    .datetime({ offset: true, error: 'must be a time such as 2027-01-31T00:00:00Z, or null' })
    .transform((text) => new Date(text).toISOString())
    .nullish(),
}

const id = z.string().max(64)

export const newPersonalKey = z.object(wish)

export const newApiKey = newPersonalKey.extend({
  kind: z.enum(['service', 'personal']).optional(),
  project_id: id.nullish(),
  device_id: id.nullish(),
})

export const keyEdit = z.object({ label: wish.label.optional(), note: wish.note })

export const overlap = z.enum(['none', '1h', '24h', '7d']).default('none')

const time = z.iso.datetime()
const named = z.object({ id: z.string(), name: z.string() })
const account = component('Account', named.extend({ email: z.string() }))

const rotation = component(
  'KeyRotation',
  z.object({
    due: z.boolean(),
    reason: z.enum(['age', 'expiry', 'rotated']).nullable(),
    by: time,
    age_days: z.number(),
  }),
)

/** A key as the API shows it. */
export const apiKey = component(
  'ApiKey',
  z.object({
    id: z.string(),
    prefix: z.string(),
    label: z.string(),
    note: z.string().nullable(),
    kind: z.enum(['service', 'personal']),
    owner: account.nullable(),
    scopes: z.array(z.string()),
    project: named.nullable(),
    device: named.nullable(),
    hostname: z.string().nullable(),
    sdk_version: z.string().nullable(),
    created_at: time,
    created_by: account,
    first_used_at: time.nullable(),
    last_used_at: time.nullable(),
    last_network: z.string().nullable(),
    last_user_agent: z.string().nullable(),
    use_count: z.number(),
    expires_at: time.nullable(),
    rotation,
    rotated_to: z.string().nullable(),
    rotated_from: z.string().nullable(),
    revoked_at: time.nullable(),
    revoked_by: named.nullable(),
  }),
)

/** The one answer that holds a key's text. */
export const mintedKey = component('MintedKey', z.object({ key: z.string(), api_key: apiKey }))
