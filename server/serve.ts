import { createApp } from './app.ts'
import type { Config, Secrets } from './config.ts'
import { type AppContext, createContext } from './context.ts'
import { listen } from './http/listen.ts'
import { scheduleJobs } from './jobs/jobs.ts'

/** A running server. Disposing it finishes what is under way, then closes the database. */
export interface RunningServer extends AsyncDisposable {
  /** The origin of every generated URL. */
  url: string
  /** Where it really listens. */
  local_url: string
  ctx: AppContext
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
  const listener = await listen(config.port, config.host)
  try {
    const url = config.public_url ?? `http://localhost:${listener.port}`
    const ctx = createContext({ ...config, public_url: url }, secrets, overrides)
    listener.serve(createApp(ctx))
    scheduleJobs(ctx)
    return {
      url,
      local_url: `http://127.0.0.1:${listener.port}`,
      ctx,
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
