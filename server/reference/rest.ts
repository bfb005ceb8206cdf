import { z } from 'zod'
import { type Door, streamDoor } from '../http/door.ts'
import { hasTag } from '../http/entity-tag.ts'
import { readDocument } from './document.ts'

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
]
