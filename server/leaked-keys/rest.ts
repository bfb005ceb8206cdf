import { readFile } from 'node:fs/promises'
import type { Request } from 'express'
import { z } from 'zod'
import { AppError } from '../errors.ts'
import { originOf } from '../http/client-address.ts'
import { type Door, streamDoor } from '../http/door.ts'
import { sendJson } from '../http/send-json.ts'
import { handleLeaks } from './leaked-keys.ts'
import { isSigned } from './scanner-signature.ts'

/** More findings than this are not sent at once. */
const MAX_LEAKS = 1_000

const alert = z
  .array(
    z.object({
      token: z.string().max(1_000),
      type: z.string().max(200),
      url: z.string().max(4_000).nullish(),
      source: z.string().max(200).nullish(),
    }),
  )
  .max(MAX_LEAKS)

/**
 * Where a secret scanner reports keys it found in public (GitHub's secret scanning partner program). What is not
 * signed by it learns nothing, whatever it holds.
 */
export const leakedKeyDoors: Door[] = [
  streamDoor({
    method: 'POST',
    path: '/api/secret-scanning/alerts',
    caller: 'anyone',
    summary: 'Keys that a secret scanner found in public; signed by it (Github-Public-Key-Signature)',
    input: z.object({}),
    signedBody: true,
    answers: 'One `{token_hash, token_type, label}` for each finding, to the verified sender',
    status: 200,
    refusals: ['unauthenticated', 'not_found'],
    example: {
      body: [
        {
          token: 'rt_0000000000_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx',
          type: 'robotrace_api_key',
          url: 'https://github.example/octo/robot/blob/main/.env',
          source: 'content',
        },
      ],
    },
    async respond(ctx, _input, _caller, { request, response }) {
      const { scanning_keys } = ctx.config
      if (scanning_keys === undefined) throw new AppError('not_found', 'No such address.')
      const body = signedBody(request, await readFile(scanning_keys, 'utf8'))
      const leaks = alert.safeParse(parse(body))
      if (!leaks.success) throw new AppError('invalid_request', 'The body must be a list of findings.')
      const findings = leaks.data.map(({ url, source, ...one }) => ({
        ...one,
        url: url ?? undefined,
        source: source ?? undefined,
      }))
      sendJson(response, 200, await handleLeaks(ctx, findings, originOf(request)))
    },
  }),
]

/** The body, once it is known whose it is: nothing of it is looked at before. */
function signedBody(request: Request, keys: string): string {
  const body: unknown = request.body
  const signed = {
    body: typeof body === 'string' ? body : '',
    key_identifier: request.get('Github-Public-Key-Identifier') ?? '',
    signature: request.get('Github-Public-Key-Signature') ?? '',
  }
  if (signed.body === '' || !isSigned(signed, keys)) {
    throw new AppError('unauthenticated', 'The signature does not fit.')
  }
  return signed.body
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return undefined
  }
}
