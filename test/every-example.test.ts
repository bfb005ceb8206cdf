import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { DOORS } from '../server/doors.ts'
import type { Door } from '../server/http/door.ts'
import type { RecordedAnswer } from '../server/http/openapi-answers.ts'
import { PRINTED } from '../server/http/openapi-example.ts'
import { PREPARATIONS, type Prepared } from './examples/preparations.ts'
import { steady } from './examples/steady.ts'
import { type ExampleWorld, makeExampleWorld, makeShared, type Shared } from './examples/world.ts'
import { bearer } from './seed.ts'

/**
 * Every example of the reference is sent to a real server, as it is printed (ids and secrets aside), and answered with
 * the status it declares. The answers stand in docs/answers.json, from where the reference prints them:
 *
 *   npx vitest run test/every-example.test.ts -u     records them
 */
const routes = DOORS.map((door) => ({ route: `${door.method} ${door.path}`, door }))
const recorded: Record<string, RecordedAnswer> = {}
let shared: Shared

beforeAll(async () => {
  shared = await makeShared()
})
afterAll(() => shared[Symbol.asyncDispose]())

const HOUR_MS = 3_600_000
const NOW = new Date('2026-11-03T09:30:00.250Z')

describe('the example of', () => {
  test.each(routes)('$route is answered as declared', async ({ route, door }) => {
    vi.useFakeTimers({ toFake: ['Date'], now: NOW.getTime() - HOUR_MS })
    await using world = await makeExampleWorld(shared)
    vi.setSystemTime(NOW)
    const prepared = (await PREPARATIONS[route]?.(world)) ?? {}
    const answer = await send(world, door, prepared)
    const text = await answer.text()
    expect(answer.status, text).toBe(door.status)
    const type = answer.headers.get('content-type')?.split(';')[0] ?? null
    const shown = steady(text, printed(world, door, prepared))
    const body = type === 'application/json' ? shortened(JSON.parse(shown)) : readable(type, shown)
    // The reference does not print itself.
    recorded[route] = { type, body: route === 'GET /api/openapi.json' ? {} : body }
    if (!door.output) return
    expect(type).toBe('application/json')
    for (const one of [JSON.parse(text), body]) door.output.parse(one)
  })
})

test('every preparation is for a route that there is', () => {
  expect(Object.keys(PREPARATIONS).filter((route) => !routes.some((one) => one.route === route))).toEqual([])
})

test('docs/answers.json holds what was answered', async () => {
  expect(Object.keys(recorded)).toHaveLength(routes.length)
  await expect(`${JSON.stringify(recorded, null, 2)}\n`).toMatchFileSnapshot('../docs/answers.json')
})

/** The request as the reference prints it, with what is really there in the place of fixed ids. */
async function send(world: ExampleWorld, door: Door, prepared: Prepared): Promise<Response> {
  const { example } = door
  const params = { ...example.params, ...prepared.params }
  const path = door.path.replace(/[:*](\w+)/g, (_, name: string) => encodeURIComponent(params[name] ?? ''))
  const query = new URLSearchParams({ ...example.query, ...prepared.query }).toString()
  const body = prepared.form ?? prepared.bytes?.text ?? jsonBody(door, prepared)
  const type = prepared.form ? undefined : (prepared.bytes?.type ?? 'application/json')
  return world.server.fetch(query === '' ? path : `${path}?${query}`, {
    method: door.method,
    headers: {
      ...(await credentialOf(world, door)),
      ...(body === undefined || type === undefined ? {} : { 'Content-Type': type }),
      ...prepared.headers,
    },
    ...(body === undefined ? {} : { body }),
  })
}

async function credentialOf({ key, ownersToken }: ExampleWorld, { caller }: Door): Promise<object> {
  if (caller === 'anyone') return {}
  return bearer(caller === 'person' ? await ownersToken() : key)
}

/** The example's own body, with what a server drew in the place of `$…` and of what the preparation says. */
function jsonBody({ example }: Door, { body = {}, params = {} }: Prepared): string | undefined {
  if (example.body === undefined) return undefined
  let text = JSON.stringify(Array.isArray(example.body) ? example.body : { ...Object(example.body), ...body })
  for (const [name, real] of Object.entries(params)) text = text.replaceAll(`"$${name}"`, `"${real}"`)
  return text
}

/** What the example prints in the place of what it was sent with, and of this machine's addresses. */
function printed(world: ExampleWorld, { example }: Door, { params = {} }: Prepared): Map<string, string> {
  const ids = Object.entries(params).flatMap(([name, real]): [string, string][] => {
    const shown = example.params?.[name]
    return shown === undefined ? [] : [[real, PRINTED[shown] ?? shown]]
  })
  return new Map([
    ...ids,
    [world.server.ctx.config.public_url, 'https://robotrace.example.org'],
    [world.receiver.url, 'https://hooks.example.com/robotrace'],
  ])
}

/** A day of five-minute slots says no more than three of them. */
function shortened(value: unknown): unknown {
  if (Array.isArray(value)) return value.slice(0, 3).map(shortened)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, shortened(one)]))
}

/** Bytes are not printed. */
function readable(type: string | null, text: string): string | null {
  return type?.startsWith('text/') || type === 'application/x-ndjson' ? text : null
}
