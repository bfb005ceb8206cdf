import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { withVideo } from '../episode-requests.ts'
import { startTestServer } from '../harness.ts'
import { bearer, tenant } from '../seed.ts'

const attribute = z.object({
  key: z.string(),
  value: z.object({ stringValue: z.string().optional(), intValue: z.number().optional() }),
})
const span = z.object({
  traceId: z.string(),
  spanId: z.string(),
  parentSpanId: z.string().optional(),
  name: z.string(),
  kind: z.number(),
  attributes: z.array(attribute),
  status: z.object({ code: z.number() }),
})
const sent = z.object({
  resourceSpans: z.array(
    z.object({
      resource: z.object({ attributes: z.array(attribute) }),
      scopeSpans: z.array(z.object({ spans: z.array(span) })),
    }),
  ),
})

/** A collector that takes OTLP over HTTP as JSON, and keeps it. */
async function startCollector() {
  const texts: string[] = []
  const headers: unknown[] = []
  const server = createServer((request, response) => {
    let text = ''
    request.setEncoding('utf8')
    request.on('data', (part: string) => {
      text += part
    })
    request.on('end', () => {
      if (request.url === '/v1/traces') texts.push(text)
      headers.push(request.headers.authorization)
      response.setHeader('Content-Type', 'application/json').end('{}')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  // A TCP server's address is never a string or null while it listens.
  const { port } = server.address() as AddressInfo
  const bodies = () => texts.flatMap((text) => sent.parse(JSON.parse(text)).resourceSpans)
  return {
    url: `http://127.0.0.1:${port}`,
    headers,
    text: () => texts.join('\n'),
    spans: () => bodies().flatMap((one) => one.scopeSpans.flatMap(({ spans }) => spans)),
    resource: () => bodies()[0]?.resource.attributes ?? [],
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736'
const PARENT = '00f067aa0ba902b7'

function values(attributes: z.infer<typeof attribute>[]): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, value.stringValue ?? value.intValue]))
}

test('one span a request continues the trace of whoever asks, with transactions and blobs below, and no secret in any', async () => {
  await using collector = await startCollector()
  const env = {
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20collect',
    OTEL_SERVICE_NAME: 'lab-robotrace',
  }
  await using server = await startTestServer(env)
  const { api_key, organization_id } = await tenant(server)
  const { id, upload } = await withVideo(server, api_key, 'x'.repeat(1000))
  const headers = { ...bearer(api_key), traceparent: `00-${TRACE}-${PARENT}-01` }
  const asked = await server.fetch(`/api/episodes/${id}?secret=hunter2`, { headers })
  expect(asked.status).toBe(200)
  await server.ctx.traces?.flush()

  const spans = collector.spans()
  const read = spans.find(({ traceId }) => traceId === TRACE)
  expect(read).toMatchObject({ parentSpanId: PARENT, name: 'GET /api/episodes/:id', kind: 2 })
  expect(values(read?.attributes ?? [])).toMatchObject({
    ...{ 'http.request.method': 'GET', 'http.route': '/api/episodes/:id', 'url.scheme': 'http' },
    ...{ 'http.response.status_code': 200, 'url.path': `/api/episodes/${id}` },
    'robotrace.request_id': asked.headers.get('x-request-id'),
  })
  const put = spans.find(({ name }) => name.startsWith('PUT '))
  const below = spans.filter(({ parentSpanId }) => parentSpanId === put?.spanId).map(({ name }) => name)
  expect(below).toEqual(expect.arrayContaining(['blob stage', 'blob commit']))
  expect(spans.filter(({ name }) => name === 'blob stage')).toHaveLength(1)
  const made = await server.fetch(`/api/v1/organizations/${organization_id}/nowhere`, {
    headers: bearer(api_key),
  })
  expect(made.status).toBe(404)

  expect(values(collector.resource())).toMatchObject({ 'service.name': 'lab-robotrace' })
  expect(collector.headers).toContain('Bearer collect')
  expect(collector.text()).not.toContain('hunter2')
  expect(collector.text()).not.toContain(api_key)
  expect(collector.text()).not.toContain(
    new URL(upload).searchParams.get('signature') ?? new URL(upload).search,
  )
  const lines = server
    .log()
    .split('\n')
    .filter((line) => line.includes(`"trace_id":"${TRACE}"`))
  expect(lines).toHaveLength(1)
})

test('a transaction is a span below its request', async () => {
  await using collector = await startCollector()
  await using server = await startTestServer(
    { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${collector.url}/v1/traces` },
    { file: true },
  )
  const { api_key } = await tenant(server)
  const revoked = await server.fetch('/api/cli/auth/revoke', { method: 'POST', headers: bearer(api_key) })
  expect(revoked.status).toBe(200)
  await server.ctx.traces?.flush()
  const request = collector.spans().find(({ name }) => name === 'POST /api/cli/auth/revoke')
  const below = collector.spans().filter(({ parentSpanId }) => parentSpanId === request?.spanId)
  expect(below.map(({ name }) => name)).toContain('transaction')
})

test('a collector that is gone neither fails nor slows a request, and is told once', async () => {
  const gone = await startCollector()
  await gone[Symbol.asyncDispose]()
  await using server = await startTestServer({ OTEL_EXPORTER_OTLP_ENDPOINT: gone.url })
  for (let round = 0; round < 3; round++) {
    expect((await server.fetch('/healthz')).status).toBe(200)
    await server.ctx.traces?.flush()
  }
  const traced = () => server.log().match(/"trace_id"/g)?.length
  expect(traced(), 'spans that nobody takes are not made').toBe(1)
  server.clock.advance('61s')
  expect((await server.fetch('/healthz')).status).toBe(200)
  expect(traced(), 'but it is tried again').toBe(2)
  await server.ctx.traces?.flush()
  const told = server
    .log()
    .split('\n')
    .filter((line) => line.includes('traces could not be delivered'))
  expect(told).toHaveLength(1)
})

test('without a collector nothing of it is there', async () => {
  await using server = await startTestServer()
  await server.fetch('/healthz', { headers: { traceparent: `00-${TRACE}-${PARENT}-01` } })
  expect(server.ctx.traces).toBeUndefined()
  expect(server.log()).not.toContain('trace_id')
})
