import { z } from 'zod'
import type { RevokedKey, WhoAmI } from '../../sdk/wire.ts'
import { answers } from '../http/conforms.ts'
import { type Door, door } from '../http/door.ts'
import { describeOwnKey, revokeOwnKey } from './own-key.ts'

const ownKey = answers<WhoAmI>()(
  z.object({
    key_id: z.string(),
    key_prefix: z.string(),
    label: z.string(),
    client_id: z.uuid(),
    organization: z.object({ id: z.uuid(), slug: z.string(), name: z.string() }),
    user_email: z.string(),
    scopes: z.array(z.string()),
    created_at: z.iso.datetime(),
    expires_at: z.iso.datetime().nullable(),
  }),
)

const revokedKey = answers<RevokedKey>()(
  z.object({
    status: z.literal('revoked'),
    key_id: z.string(),
    key_prefix: z.string(),
    revoked_at: z.iso.datetime(),
  }),
)

export const apiKeyDoors: Door[] = [
  door({
    method: 'GET',
    path: '/api/whoami',
    caller: 'organization',
    summary: 'What the presented key is, and whose',
    input: z.object({}),
    output: ownKey,
    status: 200,
    example: {},
    handle: (ctx, _input, caller) => describeOwnKey(ctx, caller),
  }),
  door({
    method: 'POST',
    path: '/api/cli/auth/revoke',
    caller: 'organization',
    summary: 'End the presented key',
    unlimited: 'Somebody whose key has leaked must get rid of it while the thief uses it.',
    input: z.object({}),
    output: revokedKey,
    status: 200,
    example: {},
    handle: (ctx, _input, caller) => revokeOwnKey(ctx, caller),
  }),
]
