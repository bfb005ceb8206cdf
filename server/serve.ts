import { createApp } from './app.ts'
import { type Config, ConfigError, originOf, type Secrets } from './config.ts'
import { type AppContext, createContext } from './context.ts'
import { readCertificate } from './http/certificate.ts'
import { type Listener, listen } from './http/listen.ts'
import { scheduleJobs } from './jobs/jobs.ts'
import { createLog, type Log, standardError } from './log.ts'
import { createMetrics } from './metrics/metrics.ts'
import { createTraces } from './traces/traces.ts'

/** A running server. Disposing it finishes what is under way, then closes the database. */
export interface RunningServer extends AsyncDisposable {
  /** The origin of every generated URL. */
  url: string
  /** Where it really listens. */
  local_url: string
  ctx: AppContext
  /** Reads certificate and key again. One that cannot be used is told in the log, and the old one stays. */
  renewCertificate: () => void
}

/** Uploads and answers under way get this long to finish after the signal to stop. */
const GRACE_MS = 8_000

/**
 * Listens, opens the context and serves.
 *
 * @example await using server = await startServer(config, secrets)
 */
export async function startServer(
  config: Config,
  secrets: Secrets,
  overrides: Parameters<typeof createContext>[2] = {},
): Promise<RunningServer> {
  const { tls } = config
  const listener = await listen(config.port, config.host, tls && readCertificate(tls))
  try {
    const url = originOf(config, listener.port)
    const log = overrides.log ?? createLog(config.log_level, standardError())
    const watched = await watchers(config, secrets, log)
    const ctx = createContext({ ...config, public_url: url }, secrets, { log, ...watched, ...overrides })
    ctx.metrics?.watch(ctx)
    listener.serve(createApp(ctx))
    scheduleJobs(ctx)
    return {
      url,
      local_url: `${tls ? 'https' : 'http'}://127.0.0.1:${listener.port}`,
      ctx,
      renewCertificate: () => tls && renew(ctx.log, listener, tls),
      async [Symbol.asyncDispose]() {
        await listener.close(GRACE_MS)
        await ctx[Symbol.asyncDispose]()
      },
    }
  } catch (error) {
    await listener.close(0)
    throw error
  }
}

async function watchers(
  { traces }: Config,
  { metrics_key, traces_headers }: Secrets,
  log: Log,
): Promise<Pick<AppContext, 'metrics' | 'traces'>> {
  return {
    metrics: metrics_key === undefined ? undefined : await createMetrics(metrics_key),
    traces: traces && (await createTraces(traces, traces_headers, log)),
  }
}

function renew(log: Log, listener: Listener, tls: NonNullable<Config['tls']>): void {
  try {
    listener.renew(readCertificate(tls))
    log.info({ cert: tls.cert }, 'read the TLS certificate again')
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    log.error({ problems: error.problems }, 'the TLS certificate cannot be used; the one before stays')
  }
}
