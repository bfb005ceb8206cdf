import { z } from 'zod'
import type { ServerVersion } from '../../sdk/wire.ts'
import { answers } from '../http/conforms.ts'
import { type Door, door, streamDoor } from '../http/door.ts'
import { hasTag } from '../http/entity-tag.ts'
import { readDocument } from './document.ts'
import { serverVersion } from './version.ts'

const versionAnswer = answers<ServerVersion>('ServerVersion')(
  z.object({ version: z.string(), schema: z.number().int(), client_min: z.string() }),
)

export const referenceDoors: Door[] = [
  streamDoor({
    method: 'GET',
    path: '/api/openapi.json',
    caller: 'anyone',
    summary: 'This API as OpenAPI 3.1',
    description: 'For generators and tools. People read it at `/docs/api`.',
    input: z.object({}),
    status: 200,
    answers: 'An OpenAPI 3.1 document with an ETag; 304 when If-None-Match names it',
    example: {},
    async respond(ctx, _input, _caller, { request, response }) {
      const { text, etag } = readDocument(ctx.config.public_url)
      response.setHeader('ETag', etag)
      response.setHeader('Cache-Control', 'public, no-cache')
      if (hasTag(request.get('If-None-Match'), etag)) {
        response.status(304).end()
        return
      }
      response.type('application/json').send(text)
    },
  }),
  door({
    method: 'GET',
    path: '/api/version',
    caller: 'anyone',
    summary: 'Which version this server is',
    description:
      'And the oldest client it was tried with. A client of ours that is older by a minor version hears of the newer ' +
      'one in `X-RoboTrace-Client-Update`, with every answer; it is answered all the same.',
    input: z.object({}),
    output: versionAnswer,
    status: 200,
    example: {},
    handle: async () => serverVersion(),
  }),
]
