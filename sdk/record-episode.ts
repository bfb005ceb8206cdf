import { type Episode, startEpisode } from './episodes.ts'
import { ConfigurationError } from './errors.ts'
import { checkOutcome, type FinalizeOptions, reasonOf } from './outcome.ts'
import type { UploadProgress } from './runtime.ts'
import type { Transport } from './transport.ts'
import type { UploadSource } from './uploads.ts'
import type { ArtifactKind, StartEpisode } from './wire.ts'

/** A whole episode at once: how it began, its artifacts, how it ended. */
export interface LogEpisode
  extends Omit<StartEpisode, 'request_uploads'>,
    Omit<FinalizeOptions, 'metadata' | 'fps'> {
  /** The recording, .mp4 for a browser to play. */
  video?: UploadSource
  /** Sensor tracks, such as an NPZ file. */
  sensors?: UploadSource
  /** Action tracks, such as an NPZ or Parquet file. */
  actions?: UploadSource
  /** Called as bytes leave. */
  on_progress?: (progress: UploadProgress & { kind: ArtifactKind }) => void
}

const KINDS: ArtifactKind[] = ['video', 'sensors', 'actions']

/** Endings that belong to one kind; any other ending goes everywhere. NPZ arrays are both sensors and actions. */
const ENDINGS: Record<string, ArtifactKind[]> = {
  mp4: ['video'],
  webm: ['video'],
  mov: ['video'],
  m4v: ['video'],
  bin: ['sensors', 'actions'],
  npy: ['sensors', 'actions'],
  npz: ['sensors', 'actions'],
  h5: ['sensors', 'actions'],
  hdf5: ['sensors', 'actions'],
  parquet: ['sensors', 'actions'],
  feather: ['sensors', 'actions'],
  arrow: ['sensors', 'actions'],
}

/** Runs the work with an episode around it; see {@linkcode Client.recordEpisode}. */
export async function recordEpisode<Result>(
  transport: Transport,
  options: StartEpisode,
  work: (episode: Episode) => Promise<Result> | Result,
  verbose: boolean | undefined,
): Promise<Result> {
  const episode = await startEpisode(transport, options, verbose)
  let result: Result
  try {
    result = await work(episode)
  } catch (error) {
    await finalizeFailed(episode, error)
    throw error
  }
  await episode[Symbol.asyncDispose]()
  return result
}

/** Start, upload, finalize; see {@linkcode Client.logEpisode}. */
export async function logEpisode(
  transport: Transport,
  options: LogEpisode,
  verbose: boolean | undefined,
): Promise<Episode> {
  const { video, sensors, actions, on_progress, ...rest } = options
  const sources = { video, sensors, actions }
  const given = KINDS.filter((kind) => sources[kind] !== undefined)
  for (const kind of given) checkEnding(kind, sources[kind])
  const { status = 'ready', duration_s, bytes_total, failure_time_s, failure_reason, ...start } = rest
  checkOutcome(status, rest)
  const episode = await startEpisode(transport, { ...start, request_uploads: given }, verbose)
  for (const kind of given) {
    const source = sources[kind]
    if (source === undefined) continue
    try {
      await episode.upload(kind, source, { on_progress: (progress) => on_progress?.({ ...progress, kind }) })
    } catch (error) {
      await finalizeFailed(episode, error)
      throw error
    }
  }
  await episode.finalize({ status, duration_s, bytes_total, failure_time_s, failure_reason })
  return episode
}

/** The caller is about to see the error that matters; that finalizing failed as well is only reported. */
async function finalizeFailed(episode: Episode, error: unknown): Promise<void> {
  if (episode.failure_reason === undefined) episode.fail(reasonOf(error))
  try {
    await episode[Symbol.asyncDispose]()
  } catch (second) {
    console.warn(`[robotrace] episode ${episode.id} stays open: ${reasonOf(second)}`)
  }
}

function checkEnding(kind: ArtifactKind, source: UploadSource | undefined): void {
  const name = nameOf(source)
  const ending = /\.([0-9a-z]+)$/i.exec(name ?? '')?.[1]?.toLowerCase()
  const kinds = ending === undefined ? undefined : ENDINGS[ending]
  if (!kinds || kinds.includes(kind)) return
  throw new ConfigurationError(`A .${ending} file is ${kinds.join(' or ')}, not ${kind}.`)
}

function nameOf(source: UploadSource | undefined): string | undefined {
  if (typeof source === 'string') return source
  if (source instanceof URL) return source.pathname
  return source instanceof Blob && 'name' in source && typeof source.name === 'string'
    ? source.name
    : undefined
}
