import type { ArtifactKind, EpisodeDetail } from '../../sdk/wire.ts'

/** What bytes are known by. */
export interface Bytes {
  size_bytes: number
  sha256: string
}

/** One request that changes something. */
export type Change =
  | { does: 'start' }
  | { does: 'upload'; kind: ArtifactKind; bytes: Bytes }
  | { does: 'finalize'; status: 'ready' | 'failed' }
  | { does: 'delete' }

/** What the server has said about an episode, from the side of whoever logs it. */
export interface Known {
  name: string
  /** Undefined until an answer has named it. */
  id: string | undefined
  /** Where its bytes go, from the answer that named it. */
  links: Map<ArtifactKind, string>
  /** `unsaid`: no answer has come yet; it may or may not be there. */
  state: 'unsaid' | 'recording' | 'ready' | 'failed' | 'deleted'
  artifacts: Map<ArtifactKind, Bytes>
  /** Sent, and no answer came: either of the two is right. */
  unanswered: Change | undefined
}

/** @example const episode = unsaid('round 3, client 1, episode 7') */
export function unsaid(name: string): Known {
  const artifacts = new Map<ArtifactKind, Bytes>()
  return { name, id: undefined, links: new Map(), state: 'unsaid', artifacts, unanswered: { does: 'start' } }
}

/** From now on the change has to be there, whatever happens to the server. */
export function acknowledged(episode: Known, change: Change): void {
  episode.unanswered = undefined
  if (change.does === 'start') episode.state = 'recording'
  if (change.does === 'upload') episode.artifacts.set(change.kind, change.bytes)
  if (change.does === 'finalize') episode.state = change.status
  if (change.does === 'delete') episode.state = 'deleted'
}

/**
 * Holds what the server shows after a crash against what it had said before it, and settles what it never answered.
 *
 * @param seen undefined: it says that there is no such episode
 * @returns what is wrong, in words; undefined when nothing is
 */
export function settle(episode: Known, seen: EpisodeDetail | undefined): string | undefined {
  const { unanswered } = episode
  const before = differenceFrom(episode, seen)
  if (before === undefined) {
    episode.unanswered = undefined
    return undefined
  }
  if (!unanswered) return before
  const after = { ...episode, artifacts: new Map(episode.artifacts) }
  acknowledged(after, unanswered)
  const difference = differenceFrom(after, seen)
  if (difference !== undefined)
    return `neither before (${before}) nor after ${unanswered.does} (${difference})`
  acknowledged(episode, unanswered)
  return undefined
}

function differenceFrom(
  { state, name, artifacts }: Known,
  seen: EpisodeDetail | undefined,
): string | undefined {
  const gone = state === 'unsaid' || state === 'deleted'
  if (!seen) return gone ? undefined : `it is ${state}, and the server knows no such episode`
  if (gone) return `it is ${state}, and the server shows it as ${seen.status}`
  if (seen.status !== state) return `it is ${state}, and the server shows it as ${seen.status}`
  if (seen.name !== name) return `it is called ${name}, and the server calls it ${seen.name}`
  const there = textOf(seen.artifacts.map(({ kind, size_bytes, sha256 }) => [kind, { size_bytes, sha256 }]))
  const said = textOf([...artifacts])
  return there === said
    ? undefined
    : `it has ${said || 'nothing'}, and the server shows ${there || 'nothing'}`
}

function textOf(artifacts: [string, Bytes][]): string {
  const lines = artifacts.map(([kind, { size_bytes, sha256 }]) => `${kind} ${size_bytes} ${sha256}`)
  return lines.sort().join(', ')
}
