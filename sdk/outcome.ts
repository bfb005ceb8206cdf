import { ConfigurationError, RobotraceError } from './errors.ts'
import type { FinalizeEpisode } from './wire.ts'

/** How an episode ended. Everything is optional. */
export interface FinalizeOptions {
  /** Default: `failed` after {@linkcode Episode.fail} or an upload that did not go through, else `ready`. */
  status?: 'ready' | 'failed'
  /** Seconds, 0 or more. */
  duration_s?: number | null
  /** Frames per second. */
  fps?: number | null
  /** Default: the sizes uploaded here. */
  bytes_total?: number | null
  /** Seconds from the start; only for a failed episode. */
  failure_time_s?: number | null
  /** Why it failed; kept as `metadata.failure_reason`. Only for a failed episode. */
  failure_reason?: string | null
  /** Merged over the metadata given at the start, member by member at the top level. */
  metadata?: FinalizeEpisode['metadata']
}

/** Refuses a time or a reason of failure that cannot be meant, before anything is sent. */
export function checkOutcome(
  status: 'ready' | 'failed',
  { failure_time_s, failure_reason }: Pick<FinalizeOptions, 'failure_time_s' | 'failure_reason'>,
): void {
  if (failure_time_s == null && failure_reason == null) return
  if (status === 'ready') throw new ConfigurationError("A failure time or reason needs status: 'failed'.")
  if (failure_time_s != null && !(failure_time_s >= 0)) {
    throw new ConfigurationError('failure_time_s must be 0 or more.')
  }
}

/** One line that says what was thrown, as it is kept at `metadata.failure_reason`. */
export function reasonOf(error: unknown): string {
  if (error instanceof RobotraceError) return error.message
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error)
}

/** What the episode itself knows of how it went. */
export interface Course {
  failure_reason: string | undefined
  failure_time_s: number | undefined
  bytes_total: number
  /** Takes keys out of a reason. */
  hide: (text: string) => string
}

/**
 * The body of finalize: what was asked for, filled up with what the episode knows.
 *
 * @throws ConfigurationError when they contradict each other
 */
export function finalBody(options: FinalizeOptions, known: Course): FinalizeEpisode {
  const { failure_reason: given_reason, ...rest } = options
  const status = options.status ?? (known.failure_reason === undefined ? 'ready' : 'failed')
  const body = { ...rest, status, bytes_total: rest.bytes_total ?? (known.bytes_total || undefined) }
  checkOutcome(status, options)
  if (status === 'ready') return body
  const reason = given_reason ?? known.failure_reason
  const metadata = reason == null ? rest.metadata : { ...rest.metadata, failure_reason: known.hide(reason) }
  return { ...body, metadata, failure_time_s: rest.failure_time_s ?? known.failure_time_s }
}
