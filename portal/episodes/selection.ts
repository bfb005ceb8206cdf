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
  clear: () => void
}

export function createSelection(): Selection {
  const [chosen, setChosen] = createSignal<ReadonlyMap<string, EpisodeSummary>>(new Map())
  let last: string | undefined
  return {
    all: () => [...chosen().values()],
    has: (id) => chosen().has(id),
    set(episode, on, range, rows) {
      const from = rows.findIndex(({ id }) => id === last)
      const to = rows.findIndex(({ id }) => id === episode.id)
      const some =
        range && from >= 0 && to >= 0 ? rows.slice(Math.min(from, to), Math.max(from, to) + 1) : [episode]
      const next = new Map(chosen())
      for (const one of some) {
        if (!on) next.delete(one.id)
        else if (next.size < MOST_SELECTED) next.set(one.id, one)
      }
      setChosen(next)
      last = episode.id
    },
    clear: () => setChosen(new Map()),
  }
}
