import { existsSync, readFileSync } from 'node:fs'
import { Validator } from '@seriousme/openapi-schema-validator'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { DOORS, SECTIONS } from '../server/doors.ts'
import { startTestServer } from './harness.ts'

/** docs/openapi.json as a reader of it sees it; that it is made from the doors, documents.test.ts holds. */
const text = readFileSync('docs/openapi.json', 'utf8')

const media = z.looseObject({ schema: z.unknown().optional(), example: z.unknown().optional() })
const content = z.record(z.string(), media)
const operation = z.looseObject({
  tags: z.array(z.string()).length(1),
  summary: z.string().min(5),
  operationId: z.string(),
  security: z.array(z.record(z.string(), z.array(z.string()))),
  parameters: z
    .array(
      z.looseObject({ name: z.string(), in: z.enum(['path', 'query']), example: z.unknown().optional() }),
    )
    .optional(),
  requestBody: z.looseObject({ content }).optional(),
  responses: z.record(z.string(), z.looseObject({ content: content.optional() })),
})
const document = z
  .looseObject({
    openapi: z.literal('3.1.0'),
    tags: z.array(z.object({ name: z.string(), description: z.string() })),
    servers: z.array(z.looseObject({ url: z.string() })),
    paths: z.record(z.string(), z.record(z.string(), operation)),
    components: z.looseObject({ schemas: z.record(z.string(), z.unknown()) }),
  })
  .parse(JSON.parse(text))

const operations = DOORS.map((door) => {
  const path = door.path.replace(/[:*](\w+)/g, '{$1}')
  const described = document.paths[path]?.[door.method.toLowerCase()]
  if (!described) throw new Error(`${door.method} ${path} is not described. Run: npm run gen`)
  return { route: `${door.method} ${door.path}`, door, described }
})

test('the description is valid OpenAPI 3.1, and every reference in it leads somewhere', async () => {
  const validator = new Validator()
  const result = await validator.validate(JSON.parse(text))
  expect(result.errors ?? []).toEqual([])
  expect(result.valid).toBe(true)
  expect(validator.version).toBe('3.1')
  const whole: unknown = JSON.parse(text)
  const references = [...text.matchAll(/"\$ref": "#\/([^"]+)"/g)].map(([, path = '']) => path)
  expect(references.length).toBeGreaterThan(100)
  expect(references.filter((path) => at(whole, path.split('/')) === undefined)).toEqual([])
})

function at(value: unknown, path: string[]): unknown {
  const [name, ...rest] = path
  if (name === undefined) return value
  if (typeof value !== 'object' || value === null) return undefined
  return at(Object.entries(value).find(([one]) => one === name)?.[1], rest)
}

test('operations stand under the slice they come from, each with an id of its own', () => {
  expect(document.tags.map(({ name }) => name)).toEqual(SECTIONS.map(({ name }) => name))
  for (const { name, doors } of SECTIONS)
    expect(operations.filter(({ described }) => described.tags[0] === name)).toHaveLength(doors.length)
  const ids = operations.map(({ described }) => described.operationId)
  expect(new Set(ids).size).toBe(ids.length)
})

describe('the operation', () => {
  test.each(operations)('$route prints its request and what it was answered', ({ door, described }) => {
    for (const parameter of described.parameters ?? [])
      if (parameter.in === 'path') expect(parameter.example, parameter.name).toBeTypeOf('string')
    for (const one of Object.values(described.requestBody?.content ?? {}))
      if (door.takes === undefined) expect(one.example).toBeDefined()
    const answer = described.responses[String(door.status)]
    expect(answer).toBeDefined()
    const json = answer?.content?.['application/json']
    if (door.output) expect(json?.schema).toBeDefined()
    if (json) expect(json.example).toBeDefined()
    const scopes = described.security.flatMap(({ bearer = [] }) => bearer)
    expect(scopes).toEqual(door.caller === 'anyone' || !door.scope ? [] : [door.scope])
  })
})

test('what several answers have in common is described once, by a name', () => {
  const seen = new Map<string, string[]>()
  for (const { route, described } of operations) note(described.responses, route, seen)
  note(document.components.schemas, 'components', seen)
  const repeated = [...seen].filter(([, where]) => where.length > 1)
  expect(repeated.map(([schema, where]) => `${where.join(', ')}: ${schema.slice(0, 200)}`)).toEqual([])
})

const objectSchema = z.looseObject({
  type: z.literal('object'),
  properties: z.record(z.string(), z.unknown()),
})

/** Objects with three members or more; smaller ones are read faster in their place. */
function note(value: unknown, where: string, seen: Map<string, string[]>): void {
  if (typeof value !== 'object' || value === null) return
  const found = objectSchema.safeParse(value)
  if (found.success && Object.keys(found.data.properties).length >= 3) {
    const schema = JSON.stringify(value)
    seen.set(schema, [...(seen.get(schema) ?? []), where])
  }
  for (const [name, one] of Object.entries(value)) if (name !== 'example') note(one, where, seen)
}

describe('GET /api/openapi.json', () => {
  test('gives anybody the description, with the address of this server, and 304 to whoever has it', async () => {
    await using server = await startTestServer({ PUBLIC_URL: 'https://robots.example.org' })
    const headers = { Host: 'robots.example.org' }
    const { status, etag, body } = await get(server.url, headers)
    expect(status).toBe(200)
    expect(body).toMatchObject({ openapi: '3.1.0', servers: [{ url: 'https://robots.example.org' }] })
    const again = await get(server.url, { ...headers, 'If-None-Match': etag })
    expect([again.status, again.body]).toEqual([304, undefined])
  })
})

/** fetch does not let a test name its Host. */
async function get(url: string, headers: Record<string, string>) {
  const { request } = await import('node:http')
  return new Promise<{ status: number; etag: string; body: unknown }>((resolve, reject) => {
    request(`${url}/api/openapi.json`, { headers }, async (answer) => {
      let received = ''
      for await (const chunk of answer) received += String(chunk)
      const body: unknown = received === '' ? undefined : JSON.parse(received)
      resolve({ status: answer.statusCode ?? 0, etag: String(answer.headers.etag), body })
    })
      .on('error', reject)
      .end()
  })
}

test('the reference page is built from the one renderer that was chosen, and asks nobody else for anything', () => {
  const page = readFileSync('portal/api-reference/index.html', 'utf8')
  expect(page).not.toMatch(/https?:\/\//)
  expect(existsSync('node_modules/@scalar/api-reference/dist/browser/standalone.js')).toBe(true)
})
