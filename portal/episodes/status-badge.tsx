import type { JSX } from 'solid-js'
import type { EpisodeStatus } from '../api.ts'
import { Badge } from '../ui/badge.tsx'

const WORDS: Record<EpisodeStatus, string> = { recording: 'Recording', ready: 'Ready', failed: 'Failed' }

/** The state of an episode in its colour, with its icon and its word. */
export function StatusBadge(props: { status: EpisodeStatus; plain?: boolean }): JSX.Element {
  return (
    <Badge tone={props.status} plain={props.plain}>
      {WORDS[props.status]}
    </Badge>
  )
}
