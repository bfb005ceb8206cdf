import { z } from 'zod'
import type { RevokedKey, WhoAmI } from '../../sdk/wire.ts'
import { answers } from '../http/conforms.ts'
import { type Door, door } from '../http/door.ts'
import { endOwnCredential, whoAmI } from './own-credential.ts'

const time = z.iso.datetime()
const organization = z.object({ id: z.uuid(), slug: z.string(), name: z.string() })

const whoAmIAnswer = answers<WhoAmI>('WhoAmI')(
  z.object({
    kind: z.enum(['service_key', 'personal_key', 'api_token', 'access_token']),
    key_id: z.string(),
    key_prefix: z.string(),
    label: z.string(),
    client_id: z.uuid().nullable(),
    organization: organization.nullable(),
    organizations: z
      .array(organization.extend({ role: z.enum(['owner', 'admin', 'member', 'viewer']) }))
      .nullable(),
    project_id: z.string().nullable(),
    device_id: z.string().nullable(),
    user_email: z.string(),
    scopes: z.array(z.string()).nullable(),
    created_at: time,
    expires_at: time.nullable(),
    rotation: z
      .object({
        due: z.boolean(),
        reason: z.enum(['age', 'expiry', 'rotated']).nullable(),
        by: time,
      })
      .nullable(),
  }),
)

const revokedKey = answers<RevokedKey>('RevokedKey')(
  z.object({
    status: z.literal('revoked'),
    key_id: z.string(),
    key_prefix: z.string(),
    revoked_at: time,
  }),
)

/** What any credential may ask about itself, and do to itself. */
export const credentialDoors: Door[] = [
  door({
    method: 'GET',
    path: '/api/whoami',
    caller: 'credential',
    summary: 'What the presented key or token is, and whose',
    input: z.object({}),
    output: whoAmIAnswer,
    status: 200,
    example: {},
    handle: (ctx, _input, caller) => whoAmI(ctx, caller),
  }),
  door({
    method: 'POST',
    path: '/api/cli/auth/revoke',
    caller: 'credential',
    summary: 'End the presented key or token; of an access token, the whole session',
    unlimited: 'Somebody whose key has leaked must get rid of it while the thief uses it.',
    input: z.object({}),
    output: revokedKey,
    status: 200,
    example: {},
    handle: (ctx, _input, caller) => endOwnCredential(ctx, caller),
  }),
]
