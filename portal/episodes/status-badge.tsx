import type { JSX } from 'solid-js'
import type { EpisodeStatus } from '../api.ts'
import { Badge, type Tone } from '../ui/badge.tsx'

const LOOKS: Record<EpisodeStatus, { tone: Tone; word: string }> = {
  recording: { tone: 'recording', word: 'Recording' },
  interrupted: { tone: 'attention', word: 'Interrupted' },
  ready: { tone: 'ready', word: 'Ready' },
  failed: { tone: 'failed', word: 'Failed' },
}

/** The state of an episode in its colour, with its icon and its word. */
export function StatusBadge(props: { status: EpisodeStatus; plain?: boolean }): JSX.Element {
  return (
    <Badge tone={LOOKS[props.status].tone} plain={props.plain}>
      {LOOKS[props.status].word}
    </Badge>
  )
}
