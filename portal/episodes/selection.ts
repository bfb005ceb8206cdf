import { createSignal } from 'solid-js'
import type { EpisodeSummary } from '../api.ts'

/** So many at once, as one call takes. */
export const MOST_SELECTED = 100

/** The episodes that something is about to be done to. */
export interface Selection {
  all: () => readonly EpisodeSummary[]
  has: (id: string) => boolean
  /** @param range also everything between the one that was chosen before and this one, in the order of `rows` */
  set: (episode: EpisodeSummary, on: boolean, range: boolean, rows: readonly EpisodeSummary[]) => void
  toggle: (episode: EpisodeSummary) => void
  /** As many of them as can be. */
  addAll: (episodes: readonly EpisodeSummary[]) => void
  clear: () => void
}

export function createSelection(): Selection {
  const [chosen, setChosen] = createSignal<ReadonlyMap<string, EpisodeSummary>>(new Map())
  let last: string | undefined
  const change = (episodes: readonly EpisodeSummary[], on: boolean): void => {
    const next = new Map(chosen())
    for (const episode of episodes) {
      if (!on) next.delete(episode.id)
      else if (next.size < MOST_SELECTED) next.set(episode.id, episode)
    }
    setChosen(next)
  }
  return {
    all: () => [...chosen().values()],
    has: (id) => chosen().has(id),
    set(episode, on, range, rows) {
      const from = rows.findIndex(({ id }) => id === last)
      const to = rows.findIndex(({ id }) => id === episode.id)
      const between = range && from >= 0 && to >= 0
      change(between ? rows.slice(Math.min(from, to), Math.max(from, to) + 1) : [episode], on)
      last = episode.id
    },
    toggle(episode) {
      last = episode.id
      change([episode], !chosen().has(episode.id))
    },
    addAll: (episodes) => change(episodes, true),
    clear: () => setChosen(new Map()),
  }
}
