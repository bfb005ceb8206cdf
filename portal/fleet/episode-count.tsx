import { useQuery } from '@tanstack/solid-query'
import { type JSX, Show } from 'solid-js'
import { useSession } from '../accounts/session.tsx'
import type { Device } from '../api.ts'
import { episodesOfQuery } from './fleet-queries.ts'

/** How many episodes a device has; a dash until that is known. */
export function EpisodeCount(props: { device: Device }): JSX.Element {
  const total = useEpisodeCount(() => props.device)
  return (
    <Show when={total() !== undefined} fallback={<span aria-hidden="true">–</span>}>
      {total()?.toLocaleString('en')}
    </Show>
  )
}

/** How many episodes a device has; undefined until that is known. */
export function useEpisodeCount(device: () => Device): () => number | undefined {
  const session = useSession()
  const episodes = useQuery(() => episodesOfQuery(session.organization()?.id ?? '', device(), 1))
  return () => (episodes.isSuccess ? episodes.data.total : undefined)
}
