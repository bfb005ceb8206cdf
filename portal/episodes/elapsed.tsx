import type { JSX } from 'solid-js'
import type { EpisodeSummary } from '../api.ts'
import { duration } from '../ui/format.ts'
import { useNow } from '../ui/time.tsx'

/** How long an episode lasted; while it is being recorded, how long it has been by now. */
export function Elapsed(props: {
  episode: Pick<EpisodeSummary, 'status' | 'duration_s' | 'created_at'>
}): JSX.Element {
  const now = useNow()
  const text = () => {
    const { status, duration_s, created_at } = props.episode
    if (duration_s !== null) return duration(duration_s)
    if (status !== 'recording') return '–'
    return duration(Math.max(0, Math.round((now() - Date.parse(created_at)) / 1000))).replace('.0 s', ' s')
  }
  return <>{text()}</>
}
