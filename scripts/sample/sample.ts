import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import type { ArtifactKind, FinalizeEpisode, StartEpisode } from '../../sdk/wire.ts'

/** What `episode.json` in a folder of recordings says about the files beside it. */
export const episodeFile = z.object({
  name: z.string(),
  source: z.enum(['real', 'sim', 'replay']),
  status: z.enum(['ready', 'failed']),
  robot: z.string(),
  policy_version: z.string(),
  env_version: z.string(),
  git_sha: z.string(),
  seed: z.number().int(),
  fps: z.number().positive().nullable(),
  duration_s: z.number().nonnegative().nullable(),
  failure_time_s: z.number().nonnegative().nullable(),
  metadata: z.record(z.string(), z.json()),
})

/** The contents of one `episode.json`. */
export type EpisodeFile = z.output<typeof episodeFile>

/** One episode ready to be logged: what to start it with, which files to upload, how to finalize it. */
export interface SampleEpisode {
  start: StartEpisode
  /** Absolute paths of what `start.request_uploads` announces. */
  files: Partial<Record<ArtifactKind, string>>
  finalize: FinalizeEpisode
}

/** The folder of committed recordings. */
export const RECORDINGS = fileURLToPath(new URL('./recordings', import.meta.url))

/** The names of the recordings, each a folder of {@link RECORDINGS}. */
export const RECORDING_NAMES = ['pick-and-place', 'dropped-cube', 'policy-note'] as const

/** The names of the files a recording may have. */
export const FILE_NAMES: Record<ArtifactKind, string> = {
  video: 'video.mp4',
  sensors: 'sensors.npz',
  actions: 'actions.npz',
}

/**
 * The three episodes of the demo, in the order in which they should be logged: one ready with video, sensors
 * and actions; one failed with its failure time, video and sensors; one of metadata alone.
 *
 * @example
 * for (const { start, files, finalize } of sampleEpisodes()) {
 *   const episode = await client.startEpisode(start)
 *   for (const [kind, path] of Object.entries(files)) await episode.upload(kind, path)
 *   await episode.finalize(finalize)
 * }
 */
export function sampleEpisodes(): SampleEpisode[] {
  return [
    readSample('pick-and-place', ['video', 'sensors', 'actions']),
    // The failed one leaves its actions out, so that the demo also shows a slot that was never asked for.
    readSample('dropped-cube', ['video', 'sensors']),
    readSample('policy-note', []),
  ]
}

/**
 * Reads and checks one `episode.json`.
 *
 * @throws ZodError when a member is missing or of another type
 */
export function readEpisodeFile(name: (typeof RECORDING_NAMES)[number]): EpisodeFile {
  return episodeFile.parse(JSON.parse(readFileSync(join(RECORDINGS, name, 'episode.json'), 'utf8')))
}

function readSample(name: (typeof RECORDING_NAMES)[number], kinds: ArtifactKind[]): SampleEpisode {
  const { status, duration_s, failure_time_s, ...start } = readEpisodeFile(name)
  const files: SampleEpisode['files'] = {}
  for (const kind of kinds) {
    const path = join(RECORDINGS, name, FILE_NAMES[kind])
    if (!existsSync(path))
      throw new Error(`${name}/${FILE_NAMES[kind]} is missing: npx tsx scripts/sample/generate.ts`)
    files[kind] = path
  }
  const finalize: FinalizeEpisode = { status, duration_s, fps: start.fps }
  if (status === 'failed') finalize.failure_time_s = failure_time_s
  return { start: { ...start, request_uploads: kinds }, files, finalize }
}
