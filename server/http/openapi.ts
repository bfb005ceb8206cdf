import { z } from 'zod'
import { type Code, PROBLEMS } from '../errors.ts'
import type { Door } from './door.ts'

type Json = Record<string, unknown>

/** What every door may answer besides its own refusals. */
const EVERYWHERE: Code[] = ['invalid_request', 'internal']

/**
 * The REST surface as OpenAPI 3.1, made from the door declarations alone.
 *
 * @example const document = openApi(DOORS, '0.1.0')
 */
export function openApi(doors: readonly Door[], version: string): Json {
  const paths: Record<string, Json> = {}
  for (const door of doors) {
    const path = door.path.replace(/:(\w+)/g, '{$1}').replace(/\*(\w+)/g, '{$1}')
    paths[path] = { ...paths[path], [door.method.toLowerCase()]: operation(door) }
  }
  return {
    openapi: '3.1.0',
    info: { title: 'RoboTrace, self-hosted', version, license: { name: 'MIT', identifier: 'MIT' } },
    paths,
    components: {
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer', description: 'An API key, rt_<id>_<secret>' },
        robotrace_key: { type: 'apiKey', in: 'header', name: 'X-RoboTrace-Key' },
        api_key: { type: 'apiKey', in: 'header', name: 'X-API-Key' },
        session: { type: 'apiKey', in: 'cookie', name: '__Host-robotrace_session' },
      },
      schemas: { Problem: problemSchema },
    },
  }
}

function operation(door: Door): Json {
  const { body, parameters } = splitInput(door)
  const content = door.form
    ? { 'multipart/form-data': { schema: jsonSchema(door.form, 'input') } }
    : body && { 'application/json': body }
  return {
    summary: door.summary,
    operationId: operationId(door),
    security: SECURITY[door.caller],
    parameters,
    ...(content ? { requestBody: { content } } : {}),
    responses: { [door.status]: success(door), ...refusals(door) },
  }
}

const SECURITY = {
  organization: [{ bearer: [] }, { robotrace_key: [] }, { api_key: [] }],
  credential: [{ bearer: [] }, { robotrace_key: [] }, { api_key: [] }],
  person: [{ bearer: [] }, { robotrace_key: [] }, { api_key: [] }, { session: [] }],
  key_or_person: [{ bearer: [] }, { robotrace_key: [] }, { api_key: [] }, { session: [] }],
  anyone: [],
}

function operationId(door: Door): string {
  const words = door.path
    .replace(/[:*{}]/g, '')
    .split('/')
    .filter((word) => word !== '' && word !== 'api')
  return [door.method.toLowerCase(), ...words].join('_').replace(/[^A-Za-z0-9_]/g, '_')
}

/** One zod object holds query, path and body: path parameters are named by the path, the rest by the method. */
function splitInput(door: Door): { body: Json | undefined; parameters: Json[] } {
  const schema = jsonSchema(door.input, 'input')
  const properties = objectOf(schema.properties)
  const required = new Set(Array.isArray(schema.required) ? schema.required : [])
  const inPath = new Set([...door.path.matchAll(/[:*](\w+)/g)].map((match) => match[1] ?? ''))
  const rest = Object.keys(properties).filter((name) => !inPath.has(name))
  const parameter = (name: string, where: 'path' | 'query'): Json => ({
    name,
    in: where,
    required: where === 'path' || required.has(name),
    schema: properties[name] ?? { type: 'string' },
  })
  const path = [...inPath].map((name) => parameter(name, 'path'))
  if (door.method !== 'POST' && door.method !== 'PATCH')
    return { body: undefined, parameters: [...path, ...rest.map((name) => parameter(name, 'query'))] }
  const body: Json = {
    schema: {
      type: 'object',
      properties: Object.fromEntries(rest.map((name) => [name, properties[name]])),
      required: rest.filter((name) => required.has(name)),
    },
    ...(door.example.body === undefined ? {} : { example: door.example.body }),
  }
  return { body, parameters: path }
}

function success(door: Door): Json {
  if (!door.output) return { description: door.answers ?? '' }
  return {
    description: door.summary,
    content: { 'application/json': { schema: jsonSchema(door.output, 'output') } },
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

const text = { type: 'string' }

const problemSchema: Json = {
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
    errors: {
      type: 'array',
      items: { type: 'object', properties: { path: text, message: text }, required: ['path', 'message'] },
    },
  },
  required: ['type', 'title', 'status', 'detail', 'instance', 'code', 'error', 'error_message', 'request_id'],
}

function jsonSchema(schema: z.ZodType, io: 'input' | 'output'): Json {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' })
  return rest
}

function objectOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : {}
}
