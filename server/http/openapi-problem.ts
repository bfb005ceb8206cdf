import { PROBLEMS } from '../problems.ts'
import type { Json } from './openapi-schemas.ts'

const text = { type: 'string' }

/** The body of every refusal. */
export const problemSchema: Json = {
  type: 'object',
  description: 'RFC 9457. detail, error and error_message are the same sentence.',
  properties: {
    type: text,
    title: text,
    status: { type: 'integer' },
    detail: text,
    instance: text,
    code: { enum: Object.keys(PROBLEMS) },
    error: text,
    error_message: text,
    request_id: text,
    retry_after: { type: 'integer', description: 'Whole seconds' },
    scope: { type: 'string', description: 'What the key would have to be allowed to do' },
    errors: {
      type: 'array',
      items: { type: 'object', properties: { path: text, message: text }, required: ['path', 'message'] },
    },
  },
  required: ['type', 'title', 'status', 'detail', 'instance', 'code', 'error', 'error_message', 'request_id'],
}
