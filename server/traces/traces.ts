import { AsyncLocalStorage } from 'node:async_hooks'
import type { Context, Span, SpanOptions, Tracer } from '@opentelemetry/api'
import type { SpanExporter } from '@opentelemetry/sdk-trace-base'
import type { RequestHandler } from 'express'
import type { Config } from '../config.ts'
import { requestId, routeOf } from '../http/request-log.ts'
import type { Log } from '../log.ts'
import { VERSION } from '../project.ts'

/** OpenTelemetry spans: one a request, with its transactions and blobs below. Asking for one never fails or waits. */
export interface Traces extends AsyncDisposable {
  /** Outermost: everything behind it belongs to the request's span. */
  request: RequestHandler
  /** Begins a span below that of the request that is being served; nothing outside of one. @returns how to end it */
  begin: (name: string) => (error?: unknown) => void
  /** Sends what is waiting. */
  flush: () => Promise<void>
}

/** A collector that does not answer is not waited for at the end. */
const EXPORT_TIMEOUT_MS = 2_000

/** So long nothing is traced after a delivery that failed: making spans for nobody costs as much as making them. */
const PAUSE_MS = 60_000

type Api = typeof import('@opentelemetry/api')

/**
 * Traces to a collector, by OTLP over HTTP. Its packages are loaded here and nowhere else, only where one is configured.
 *
 * @param headers for the collector, `name=value` separated by commas, values percent-encoded
 * @example const traces = await createTraces(config.traces, undefined, log)
 */
export async function createTraces(
  { url, service }: NonNullable<Config['traces']>,
  headers: string | undefined,
  log: Log,
  now: () => Date = () => new Date(),
): Promise<Traces> {
  const api = await import('@opentelemetry/api')
  const { W3CTraceContextPropagator } = await import('@opentelemetry/core')
  const { resourceFromAttributes } = await import('@opentelemetry/resources')
  const { BasicTracerProvider, BatchSpanProcessor } = await import('@opentelemetry/sdk-trace-base')
  const { OTLPTraceExporter } = await import('@opentelemetry/exporter-trace-otlp-http')
  const exporter = new OTLPTraceExporter({ url, headers: pairs(headers), timeoutMillis: EXPORT_TIMEOUT_MS })
  const delivery = watched(exporter, log, now)
  const batch = new BatchSpanProcessor(delivery, { exportTimeoutMillis: EXPORT_TIMEOUT_MS })
  const provider = new BasicTracerProvider({
    resource: resourceFromAttributes({ 'service.name': service, 'service.version': VERSION }),
    spanProcessors: [batch],
  })
  const tracer = provider.getTracer('robotrace', VERSION)
  const current = new AsyncLocalStorage<Context>()
  const propagator = new W3CTraceContextPropagator()
  const parentOf = (carrier: object): Context =>
    propagator.extract(api.ROOT_CONTEXT, carrier, api.defaultTextMapGetter)
  return {
    request: unless(delivery.fails, requestSpans(api, tracer, current, parentOf)),
    begin: (name) => beginBelow(api, tracer, current.getStore(), name),
    flush: () => provider.forceFlush().catch(() => {}),
    // What cannot be delivered by then is lost, and has been told.
    [Symbol.asyncDispose]: () => provider.shutdown().catch(() => {}),
  }
}

/** Requests that come while a collector is known to be gone are served as if there were none. */
function unless(fails: () => boolean, handle: RequestHandler): RequestHandler {
  return (request, response, next) => (fails() ? next() : handle(request, response, next))
}

function requestSpans(
  api: Api,
  tracer: Tracer,
  current: AsyncLocalStorage<Context>,
  parentOf: (carrier: object) => Context,
): RequestHandler {
  return (request, response, next) => {
    const { method, path } = request
    const attributes = { 'http.request.method': method, 'url.path': path, 'url.scheme': request.protocol }
    const options: SpanOptions = { kind: api.SpanKind.SERVER, attributes }
    const parent = parentOf(request.headers)
    const span = tracer.startSpan(method, options, parent)
    response.locals.trace_id = span.spanContext().traceId
    response.once('close', () => {
      const route = routeOf(request)
      const status = response.statusCode
      span.updateName(`${method} ${route}`)
      span.setAttributes({
        ...{ 'http.route': route, 'http.response.status_code': status },
        'robotrace.request_id': requestId(response),
      })
      if (status >= 500) {
        span.setAttribute('error.type', String(status))
        span.setStatus({ code: api.SpanStatusCode.ERROR })
      }
      span.end()
    })
    current.run(api.trace.setSpan(parent, span), next)
  }
}

function beginBelow(
  api: Api,
  tracer: Tracer,
  context: Context | undefined,
  name: string,
): (error?: unknown) => void {
  if (!context) return () => {}
  const span: Span = tracer.startSpan(name, {}, context)
  return (error) => {
    // Not its message: it may hold what was sent.
    if (error !== undefined) span.setStatus({ code: api.SpanStatusCode.ERROR })
    span.end()
  }
}

/**
 * A collector that is gone is told once, until it has been back: every five seconds would drown the log.
 *
 * @returns `fails`: whether a delivery has failed less than a minute ago
 */
function watched(exporter: SpanExporter, log: Log, now: () => Date): SpanExporter & { fails: () => boolean } {
  let told = false
  let failed_at = Number.NEGATIVE_INFINITY
  return {
    fails: () => {
      const since = now().getTime() - failed_at
      return since >= 0 && since < PAUSE_MS
    },
    export: (spans, answered) =>
      exporter.export(spans, (result) => {
        const failed = result.error !== undefined || result.code !== 0
        if (failed && !told) {
          log.warn({ why: result.error?.message }, 'traces could not be delivered; more of this is not told')
        }
        told = failed
        failed_at = failed ? now().getTime() : Number.NEGATIVE_INFINITY
        answered(result)
      }),
    shutdown: () => exporter.shutdown(),
    forceFlush: async () => exporter.forceFlush?.(),
  }
}

/** @example pairs('authorization=Bearer%20x,tenant=a') // { authorization: 'Bearer x', tenant: 'a' } */
function pairs(text: string | undefined): Record<string, string> {
  const each = (text ?? '').split(',').filter(Boolean)
  return Object.fromEntries(
    each.map((one) => {
      const [name = '', value = ''] = one.split(/=(.*)/s)
      return [name.trim(), decoded(value.trim())]
    }),
  )
}

function decoded(value: string): string {
  try {
    return decodeURIComponent(value)
  } catch {
    return value
  }
}
