import type { ArtifactKind } from '../../sdk/wire.ts'

/** What an artifact's kind pins: clients send exactly this content type, whatever the bytes really are. */
interface KindFacts {
  content_type: 'video/mp4' | 'application/octet-stream'
  /** The last part of its signed address and of its blob key. */
  file: string
  extension: string
}

export const ARTIFACT_KINDS: Record<ArtifactKind, KindFacts> = {
  video: { content_type: 'video/mp4', file: 'video.mp4', extension: 'mp4' },
  sensors: { content_type: 'application/octet-stream', file: 'sensors.npz', extension: 'npz' },
  actions: { content_type: 'application/octet-stream', file: 'actions.npz', extension: 'npz' },
}

export const KIND_NAMES = ['video', 'sensors', 'actions'] as const satisfies readonly ArtifactKind[]

/** @example kindOfFile('video.mp4') // 'video' */
export function kindOfFile(file: string): ArtifactKind | undefined {
  return KIND_NAMES.find((kind) => ARTIFACT_KINDS[kind].file === file)
}
