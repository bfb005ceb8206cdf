import { z } from 'zod'
import type { PersonCaller } from '../caller.ts'
import { AppError } from '../errors.ts'
import { type Door, door } from '../http/door.ts'
import { listApiTokens, makeApiToken, revealApiToken, revokeApiToken } from './api-tokens.ts'
import { apiTokenList, madeApiToken, makeApiTokenInput, revokedApiToken, tokenId } from './schema.ts'

const PATH = '/api/v1/user/api-tokens'

export const apiTokenDoors: Door[] = [
  door({
    method: 'GET',
    path: PATH,
    caller: 'person',
    scope: 'keys:manage',
    summary: 'List your API tokens: those that work, and those that have expired in the last 30 days',
    input: z.object({}),
    output: apiTokenList,
    status: 200,
    refusals: ['forbidden', 'insufficient_scope'],
    example: {},
    handle: async (ctx, _input, caller) => ({ items: await listApiTokens(ctx, caller) }),
  }),
  door({
    method: 'POST',
    path: PATH,
    caller: 'person',
    scope: 'keys:manage',
    summary:
      'Make an API token and get its text. Only an access token of POST /api/v1/auth/login may do that',
    input: makeApiTokenInput,
    output: madeApiToken,
    status: 201,
    refusals: ['forbidden', 'insufficient_scope', 'conflict', 'too_large', 'unsupported_media_type'],
    example: { body: { life: '24h' } },
    async handle(ctx, input, caller) {
      requireAccessToken(caller)
      const { id } = await makeApiToken(ctx, caller, input)
      return revealApiToken(ctx, caller, id)
    },
  }),
  door({
    method: 'DELETE',
    path: `${PATH}/:id`,
    caller: 'person',
    scope: 'keys:manage',
    summary: 'Revoke one of your API tokens, at once',
    input: tokenId,
    output: revokedApiToken,
    status: 200,
    refusals: ['forbidden', 'insufficient_scope', 'not_found'],
    example: { params: { id: 'tok_00000000000000000000' } },
    handle: (ctx, input, caller) => revokeApiToken(ctx, caller, input.id),
  }),
]

/** A browser uses the portal's own call, which asks again who is there before it shows the text. */
function requireAccessToken(caller: PersonCaller): void {
  if (caller.credential.kind !== 'session') return
  throw new AppError('forbidden', 'In a browser, make API tokens on the page API tokens of the portal.')
}
