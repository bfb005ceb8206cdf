import { z } from 'zod'
import type { AccessTokenAnswer, PasswordSignIn, SignedOut } from '../../sdk/wire.ts'
import type { Caller, PersonCaller } from '../caller.ts'
import { AppError } from '../errors.ts'
import { accepts, answers } from '../http/conforms.ts'
import { type Door, door } from '../http/door.ts'
import { refreshAccess } from './access-tokens.ts'
import { typedCode, typedEmail, typedPassword } from './schema.ts'
import { endOwnSession } from './sessions.ts'
import { signInProgram } from './sign-in.ts'

const passwordSignIn = accepts<PasswordSignIn>()(
  z.object({ email: typedEmail, password: typedPassword, code: typedCode.optional() }),
)

const accessToken = answers<AccessTokenAnswer>('AccessTokenAnswer')(
  z.object({
    access_token: z.string(),
    token_type: z.literal('bearer'),
    expires_in: z.number().int(),
  }),
)

const signedOut = answers<SignedOut>('SignedOut')(z.object({ status: z.literal('signed_out') }))

export const accountDoors: Door[] = [
  door({
    method: 'POST',
    path: '/api/v1/auth/login',
    caller: 'anyone',
    summary: 'Exchange e-mail and password for an access token',
    input: passwordSignIn,
    output: accessToken,
    status: 200,
    refusals: ['wrong_password', 'second_factor_required', 'wrong_code', 'rate_limited', 'unavailable'],
    example: { body: { email: 'ada@lab.example', password: 'a long sentence of your own' } },
    handle: (ctx, input, _caller, from) => signInProgram(ctx, input, from),
  }),
  door({
    method: 'POST',
    path: '/api/v1/auth/refresh',
    caller: 'credential',
    summary: 'Exchange the current access token for a new one, before it expires',
    input: z.object({}),
    output: accessToken,
    status: 200,
    example: {},
    handle: (ctx, _input, caller) => refreshAccess(ctx, withAccessToken(caller)),
  }),
  door({
    method: 'POST',
    path: '/api/v1/auth/logout',
    caller: 'credential',
    summary: 'End the session of the presented access token',
    input: z.object({}),
    output: signedOut,
    status: 200,
    example: {},
    async handle(ctx, _input, caller) {
      await endOwnSession(ctx, withAccessToken(caller))
      return { status: 'signed_out' as const }
    },
  }),
]

/** Keys and API tokens are good where they are made; nothing is exchanged for another credential with them. */
function withAccessToken(caller: Caller): PersonCaller {
  if (caller.kind === 'person' && caller.credential.kind === 'access_token') return caller
  throw new AppError('unauthenticated', 'Present the access token that /api/v1/auth/login answered.')
}
