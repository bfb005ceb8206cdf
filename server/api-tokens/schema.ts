import { z } from 'zod'
import type { ApiToken, ApiTokenList, MadeApiToken, MakeApiToken, RevokedApiToken } from '../../sdk/wire.ts'
import { accepts, answers } from '../http/conforms.ts'
import { LEAST_LIFE_S, LIVES, MOST_LIFE_S } from './api-tokens.ts'

const life = z
  .custom<MakeApiToken['life']>(
    isLife,
    `must be 1h, 24h, 7d, 30d, 90d, or a whole number of seconds from ${LEAST_LIFE_S} to ${MOST_LIFE_S} (365 days)`,
  )
  .meta({
    anyOf: [{ enum: Object.keys(LIVES) }, { type: 'integer', minimum: LEAST_LIFE_S, maximum: MOST_LIFE_S }],
  })

function isLife(value: unknown): boolean {
  if (typeof value === 'string') return Object.hasOwn(LIVES, value)
  return Number.isInteger(value) && Number(value) >= LEAST_LIFE_S && Number(value) <= MOST_LIFE_S
}

/** Answers the life in seconds; 24 hours when none is given. */
export const makeApiTokenInput = accepts<MakeApiToken>()(z.object({ life: life.nullish() })).transform(
  ({ life: wanted }) => ({ life_s: typeof wanted === 'number' ? wanted : LIVES[wanted ?? '24h'] }),
)

export const tokenId = z.object({ id: z.string().max(64) })

const apiToken = answers<ApiToken>('ApiToken')(
  z.object({
    id: z.string(),
    created_at: z.iso.datetime(),
    expires_at: z.iso.datetime(),
    expired: z.boolean(),
    last_used_at: z.iso.datetime().nullable(),
    ip: z.string(),
  }),
)

export const apiTokenList = answers<ApiTokenList>('ApiTokenList')(z.object({ items: z.array(apiToken) }))

export const madeApiToken = answers<MadeApiToken>('MadeApiToken')(
  z.object({ token: z.string(), api_token: apiToken }),
)

export const revokedApiToken = answers<RevokedApiToken>('RevokedApiToken')(
  z.object({ id: z.string(), revoked_at: z.iso.datetime() }),
)
