import { type Code, PROBLEMS } from '../problems.ts'
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
  const byStatus = new Map<number, Code[]>()
  for (const code of new Set(codes))
    byStatus.set(PROBLEMS[code].status, [...(byStatus.get(PROBLEMS[code].status) ?? []), code])
  const named = [...byStatus].map(([status, one]): [string, Json] => [
    String(status),
    { $ref: `#/components/responses/${one.sort().join('_or_')}` },
  ])
  return Object.fromEntries(named)
}

/** The refusals that `$ref`s of operations name, each described once. */
export function refusalComponents(paths: Record<string, Json>): Record<string, Json> {
  const names = new Set(
    [...JSON.stringify(paths).matchAll(/components\/responses\/(\w+)/g)].map(([, name = '']) => name),
  )
  return Object.fromEntries([...names].sort().map((name) => [name, refusal(name.split('_or_'))]))
}

function refusal(codes: string[]): Json {
  const known = Object.entries(PROBLEMS).filter(([code]) => codes.includes(code))
  const [first] = known
  const detail = first?.[1].detail ?? ''
  return {
    description: known.map(([code, { title }]) => `\`${code}\`: ${title}`).join('; '),
    content: {
      'application/problem+json': {
        schema: { $ref: '#/components/schemas/Problem' },
        example: {
          type: `/docs/problems#${first?.[0].replaceAll('_', '-')}`,
          ...{ title: first?.[1].title, status: first?.[1].status, detail, instance: '/api/…' },
          ...{
            code: first?.[0],
            error: detail,
            error_message: detail,
            request_id: 'req_3m8z1c5v7k2q9t4x6b0n',
          },
        },
      },
    },
  }
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
