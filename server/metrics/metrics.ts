import { createHash, timingSafeEqual } from 'node:crypto'
import type { Registry } from 'prom-client'
import type { AppContext } from '../context.ts'
import { VERSION } from '../project.ts'
import { addGauges } from './gauges.ts'

/** What the server counts for a Prometheus. No label ever names a tenant, a person or an id: their number has no end. */
export interface Metrics {
  /** Whether an Authorization header may read them; takes the same time whatever it holds. */
  admits: (authorization: string | undefined) => boolean
  /** Everything counted so far, in the text format of Prometheus. */
  read: () => Promise<{ type: string; text: string }>
  /** Adds what is not counted but looked up when it is read. */
  watch: (ctx: Pick<AppContext, 'db' | 'config' | 'now'>) => void
  /** @param route the template of the door, never the path that was asked for */
  answered: (request: { method: string; route: string; status: number; seconds: number }) => void
  episodeStarted: () => void
  episodeFinalized: (status: string) => void
  /** @returns what to call when it has ended, with the bytes that arrived where all of them did */
  uploadBegan: () => (bytes?: number) => void
  committed: (commit: { writes: number; seconds: number }) => void
  taskFailed: (task: string) => void
  webhookSent: (outcome: 'delivered' | 'failed') => void
}

/** A read takes a fraction of a millisecond, an upload may take an hour. */
const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60, 600]
const COMMIT_SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1]
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])

/** The package itself: loaded only where somebody may read. */
type Prom = typeof import('prom-client')

/**
 * @param key what a reader presents as its bearer token
 * @example const metrics = await createMetrics(secrets.metrics_key)
 */
export async function createMetrics(key: string): Promise<Metrics> {
  const prom = await import('prom-client')
  const { Gauge, Registry, collectDefaultMetrics } = prom
  const registry = new Registry()
  const registers = [registry]
  collectDefaultMetrics({ register: registry })
  new Gauge({
    ...{
      name: 'robotrace_info',
      help: 'Always 1; the version that runs',
      labelNames: ['version'],
      registers,
    },
  }).set({ version: VERSION }, 1)
  const wanted = digest(`Bearer ${key}`)
  return {
    admits: (authorization) => timingSafeEqual(wanted, digest(authorization ?? '')),
    read: async () => ({ type: registry.contentType, text: await registry.metrics() }),
    watch: (ctx) => addGauges(prom, registry, ctx),
    ...countRequests(prom, registers),
    ...countEpisodes(prom, registers),
    ...countBehind(prom, registers),
  }
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

function countRequests({ Counter, Histogram }: Prom, registers: Registry[]): Pick<Metrics, 'answered'> {
  const requests = new Counter({
    ...{ name: 'robotrace_http_requests_total', help: 'Requests answered', registers },
    labelNames: ['method', 'route', 'status'],
  })
  const durations = new Histogram({
    ...{
      name: 'robotrace_http_request_duration_seconds',
      help: 'From the first byte to the last',
      registers,
    },
    ...{ labelNames: ['method', 'route'], buckets: SECONDS },
  })
  return {
    answered({ method: asked, route, status, seconds }) {
      // Anybody can invent a method.
      const method = METHODS.has(asked) ? asked : 'other'
      requests.inc({ method, route, status: `${Math.floor(status / 100)}xx` })
      durations.observe({ method, route }, seconds)
    },
  }
}

function countEpisodes(
  { Counter, Gauge }: Prom,
  registers: Registry[],
): Pick<Metrics, 'episodeStarted' | 'episodeFinalized' | 'uploadBegan'> {
  const started = new Counter({
    ...{ name: 'robotrace_episodes_started_total', help: 'Episodes started', registers },
  })
  const finalized = new Counter({
    ...{ name: 'robotrace_episodes_finalized_total', help: 'Episodes finalized', registers },
    labelNames: ['status'],
  })
  const bytes = new Counter({
    ...{ name: 'robotrace_received_bytes_total', help: 'Bytes of uploads that arrived whole', registers },
  })
  const uploads = new Gauge({
    ...{ name: 'robotrace_uploads_under_way', help: 'Uploads whose bytes are arriving', registers },
  })
  return {
    episodeStarted: () => started.inc(),
    episodeFinalized: (status) => finalized.inc({ status }),
    uploadBegan() {
      uploads.inc()
      return (arrived = 0) => {
        uploads.dec()
        bytes.inc(arrived)
      }
    },
  }
}

function countBehind(
  { Counter, Histogram }: Prom,
  registers: Registry[],
): Pick<Metrics, 'committed' | 'taskFailed' | 'webhookSent'> {
  const writes = new Histogram({
    ...{ name: 'robotrace_commit_writes', help: 'Single writes that shared one commit', registers },
    buckets: [1, 2, 4, 8, 16, 32, 64],
  })
  const commits = new Histogram({
    ...{ name: 'robotrace_commit_duration_seconds', help: 'One commit with its fsync', registers },
    buckets: COMMIT_SECONDS,
  })
  const failures = new Counter({
    ...{ name: 'robotrace_background_failures_total', help: 'Background work that failed', registers },
    labelNames: ['task'],
  })
  const webhooks = new Counter({
    ...{ name: 'robotrace_webhook_attempts_total', help: 'Attempts to deliver to a webhook', registers },
    labelNames: ['outcome'],
  })
  return {
    committed(commit) {
      writes.observe(commit.writes)
      commits.observe(commit.seconds)
    },
    taskFailed: (task) => failures.inc({ task }),
    webhookSent: (outcome) => webhooks.inc({ outcome }),
  }
}
