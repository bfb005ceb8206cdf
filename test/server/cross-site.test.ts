import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { DOORS } from '../../server/app.ts'
import { appRouter } from '../../server/trpc.ts'
import { TRPC } from '../authorization/table.ts'
import { makeWorld, type Target } from '../authorization/world.ts'
import { startTestServer, type TestServer } from '../harness.ts'
import { rawFetch } from '../raw-request.ts'
import { snapshot } from '../snapshot.ts'

/** What a page of another site can make a browser send along with its cookies. */
const FOREIGN: [string, Record<string, string>][] = [
  ['another site', { 'Sec-Fetch-Site': 'cross-site' }],
  ['a neighbour on the same site', { 'Sec-Fetch-Site': 'same-site', Origin: 'http://evil.localhost' }],
  ['another origin, without Fetch Metadata', { Origin: 'https://evil.example' }],
  ['a page without an origin', { Origin: 'null' }],
  ['another page, by its referrer alone', { Referer: 'https://evil.example/page' }],
  ['nowhere that can be told', {}],
]

/** The types that an HTML form, or a request without preflight, can have. */
const SIMPLE_TYPES = [
  'multipart/form-data; boundary=x',
  'text/plain',
  'text/plain; application/json',
  'application/x-www-form-urlencoded',
]

interface Route {
  method: string
  path: string
  body: string
}

const isMutation = (procedure: object): boolean =>
  z
    .object({ _def: z.object({ type: z.string() }) })
    .parse({ _def: '_def' in procedure ? procedure._def : undefined })._def.type === 'mutation'

const mutations = Object.entries(appRouter._def.procedures)
  .filter(([, procedure]) => isMutation(procedure))
  .map(([name]) => name)

const fill = (path: string, at: Target): string => {
  const names: Record<string, string> = {
    ...{ org: at.organization_id, project: 'default', device: at.device, key: at.api_key_id },
    ...{ id: at.episode_id, organization_id: at.organization_id, episode_id: at.episode_id },
    file: 'video.mp4',
  }
  return path.replace(/:(\w+)/g, (_, name: string) => names[name] ?? 'unknown')
}

const inPortal = (at: Target): Route[] =>
  mutations.map((name) => ({
    method: 'POST',
    path: `/trpc/${name}`,
    body: JSON.stringify(TRPC[name]?.input?.(at) ?? {}),
  }))

/** Everything with a method that changes something: over REST, in the portal, and where nothing is. */
function unsafeRoutes(at: Target): Route[] {
  const doors = DOORS.filter(({ method }) => method !== 'GET').map(({ method, path, example }) => ({
    method,
    path: fill(path, at),
    body: method === 'DELETE' ? '' : JSON.stringify(example.body ?? {}),
  }))
  const elsewhere = ['/login', '/cli/auth', '/auth/oidc/start', '/auth/oidc/callback', '/nothing'].map(
    (path) => ({ method: 'POST', path, body: '{}' }),
  )
  return [...doors, ...inPortal(at), ...elsewhere]
}

async function signedInWorld(server: TestServer) {
  const { proofs, target } = await makeWorld(server)
  return { at: await target(), cookie: proofs.owner.trpc }
}

describe('(28) a signed-in browser', () => {
  test.each(FOREIGN)('made to send anything by %s changes nothing, whatever the route', async (_, from) => {
    await using server = await startTestServer()
    const { at, cookie } = await signedInWorld(server)
    const before = await snapshot(server)
    const answers: string[] = []
    const routes = unsafeRoutes(at)
    for (const { method, path, body } of routes) {
      const headers = { 'Content-Type': 'application/json', ...cookie, ...from }
      const answer = await rawFetch(server, path, headers, method, body)
      const refused = answer.text.includes('cross_site') || path.startsWith('/oauth/')
      if (answer.status !== 403 || !refused) answers.push(`${method} ${path} ${answer.status} ${answer.text}`)
      if (answer.headers['set-cookie']) answers.push(`${path} sets a cookie`)
    }
    expect(answers).toEqual([])
    expect(routes.length).toBeGreaterThan(70)
    expect(await snapshot(server)).toEqual(before)
  })

  test.each(SIMPLE_TYPES)('takes no mutation as %j, with input or without', async (type) => {
    await using server = await startTestServer()
    const { at, cookie } = await signedInWorld(server)
    const before = await snapshot(server)
    const wrong: string[] = []
    for (const { path, body } of inPortal(at)) {
      for (const text of [body, '']) {
        const headers = { 'Content-Type': type, 'Sec-Fetch-Site': 'same-origin', ...cookie }
        const { status } = await rawFetch(server, path, headers, 'POST', text)
        if (status !== 415) wrong.push(`${path} ${status}`)
      }
    }
    expect(wrong).toEqual([])
    expect(await snapshot(server)).toEqual(before)
  })

  test('runs no mutation by GET, alone or in a batch', async () => {
    await using server = await startTestServer()
    const { at, cookie } = await signedInWorld(server)
    const before = await snapshot(server)
    for (const { path, body } of inPortal(at)) {
      const inputs = [
        `input=${encodeURIComponent(body)}`,
        `batch=1&input=${encodeURIComponent(`{"0":${body}}`)}`,
      ]
      for (const query of inputs) {
        const { status } = await rawFetch(server, `${path}?${query}`, cookie)
        expect(status, path).toBe(405)
      }
    }
    expect(await snapshot(server)).toEqual(before)
  })

  test('does all of it from a page of this server', async () => {
    await using server = await startTestServer()
    const { cookie } = await signedInWorld(server)
    const ours: Record<string, string>[] = [
      { 'Sec-Fetch-Site': 'same-origin' },
      { Origin: server.ctx.config.public_url },
      { Referer: `${server.ctx.config.public_url}/portal/settings` },
    ]
    for (const from of ours) {
      const headers = { 'Content-Type': 'application/json', ...cookie, ...from }
      const answer = await rawFetch(server, '/trpc/auth.rename', headers, 'POST', '{"name":"Robin"}')
      expect(answer.status).toBe(200)
    }
  })
})

test('(38) no other origin reads anything: no route answers a preflight or names an origin', async () => {
  await using server = await startTestServer({ ROBOTRACE_RATE_LIMIT: '100000' })
  const { at, cookie } = await signedInWorld(server)
  const paths = [
    ...DOORS.map(({ path }) => fill(path, at)),
    ...Object.keys(TRPC).map((name) => `/trpc/${name}`),
    ...['/', '/cli/auth', '/login', '/portal', '/healthz', '/readyz', '/theme.js', '/nothing'],
  ]
  const asking = {
    'Access-Control-Request-Method': 'POST',
    'Access-Control-Request-Headers': 'authorization,content-type',
    'Access-Control-Request-Private-Network': 'true',
  }
  const allowing: string[] = []
  for (const path of new Set(paths)) {
    for (const Origin of ['https://evil.example', 'null', server.ctx.config.public_url]) {
      const answers = [
        await rawFetch(server, path, { Origin, ...asking }, 'OPTIONS'),
        await rawFetch(server, path, { Origin, ...cookie }),
      ]
      for (const { headers } of answers) {
        const named = Object.keys(headers).filter((name) => name.startsWith('access-control-'))
        if (named.length > 0) allowing.push(`${path} ${named.join()}`)
      }
    }
  }
  expect(allowing).toEqual([])
})
