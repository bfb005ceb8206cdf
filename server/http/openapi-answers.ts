import { type Code, PROBLEMS } from '../errors.ts'
import type { Door } from './door.ts'
import type { Json, Schemas } from './openapi-schemas.ts'

/** What an example was really answered, with ids, times and secrets replaced by fixed ones. */
export interface RecordedAnswer {
  /** Media type; null when the answer has no body. */
  type: string | null
  /** JSON, or text as it came. */
  body: unknown
}

/** What every door may answer besides its own refusals. */
const EVERYWHERE: Code[] = ['invalid_request', 'internal']

/** The answer of a door and all of its refusals, by status. */
export function answersOf(
  door: Door,
  schemas: Schemas,
  recorded: RecordedAnswer | undefined,
): Record<string, Json> {
  const refused = door.dialect === 'oauth' ? OAUTH_REFUSALS : refusals(door)
  return { [door.status]: success(door, schemas, recorded), ...refused }
}

function success(door: Door, schemas: Schemas, recorded: RecordedAnswer | undefined): Json {
  const description = door.answers ?? door.summary
  const type = recorded?.type ?? (door.output ? 'application/json' : null)
  if (type === null) return { description }
  const schema = door.output ? schemas.describe(door.output, 'output') : undefined
  const isText = /^(text|application)\/(plain|json|csv|x-ndjson)/.test(type)
  return {
    description,
    content: {
      [type]: {
        ...(schema ? { schema } : {}),
        ...(recorded && isText ? { example: recorded.body } : {}),
      },
    },
  }
}

function refusals(door: Door): Record<string, Json> {
  const codes: Code[] = [
    ...EVERYWHERE,
    ...(door.caller === 'anyone' ? [] : (['unauthenticated'] as const)),
    ...(door.unlimited === undefined ? (['rate_limited'] as const) : []),
    ...(door.refusals ?? []),
  ]
  const answers: Record<string, Json> = {}
  for (const code of new Set(codes)) {
    const { status, title } = PROBLEMS[code]
    const before = answers[status]?.description
    answers[status] = {
      description: before ? `${before}; ${code}: ${title}` : `${code}: ${title}`,
      content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
    }
  }
  return answers
}

const oauthError = {
  'application/json': {
    schema: {
      type: 'object',
      properties: { error: { type: 'string' }, error_description: { type: 'string' } },
      required: ['error'],
    },
    example: { error: 'invalid_request', error_description: 'client_id is missing.' },
  },
}

/** RFC 6749 section 5.2. */
const OAUTH_REFUSALS: Record<string, Json> = {
  400: { description: 'RFC 6749 section 5.2, and RFC 8628 section 3.5 while waiting', content: oauthError },
  401: { description: 'invalid_client or invalid_token', content: oauthError },
}
