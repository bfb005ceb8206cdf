import { createWindowVirtualizer } from '@tanstack/solid-virtual'
import { createEffect, createMemo, createSignal, For, type JSX, on, onCleanup, onMount, Show } from 'solid-js'
import type { EpisodeSummary } from '../api.ts'
import { count, exact } from '../ui/format.ts'
import { useRowWalk } from '../ui/row-walk.ts'
import { SelectAll } from '../ui/select-all.tsx'
import type { Selection } from '../ui/selection.ts'
import table from '../ui/table.module.css'
import css from './episode-list.module.css'
import { EpisodeRow } from './episode-row.tsx'

const COLUMNS: [label: string, name: keyof typeof css][] = [
  ['Status', 'status'],
  ['Episode', 'name'],
  ['Robot', 'robot'],
  ['Policy', 'policy'],
  ['Source', 'source'],
  ['Duration', 'duration'],
  ['Size', 'size'],
  ['Started', 'when'],
]

/** So many episodes may come in at once without any row's being made anew. */
const ROWS_AHEAD = 12

export interface EpisodeListProps {
  episodes: EpisodeSummary[]
  loading: boolean
  /** More pages exist. */
  more: boolean
  /** Nothing is being asked: the next page may be. */
  ready: boolean
  /** How many there are, where somebody counts them. */
  total: number | null
  /** ISO 8601: how far back a search that goes on has looked. */
  lookedTo: string | null
  loadMore: () => void
  href: (id: string) => string
  /** For whoever may delete. */
  selection: Selection<EpisodeSummary> | undefined
}

/** The virtual table: only the rows near the screen exist, each a link, `j` and `k` walk over them. */
export function EpisodeList(props: EpisodeListProps): JSX.Element {
  let body: HTMLDivElement | undefined
  const height = useRowHeight()
  const [margin, setMargin] = createSignal(0)
  const virtual = createWindowVirtualizer({
    get count() {
      return props.episodes.length
    },
    estimateSize: () => height(),
    overscan: 12,
    get scrollMargin() {
      return margin()
    },
  })
  createEffect(on(height, () => virtual.measure(), { defer: true }))
  const measure = (): void => {
    if (body) setMargin(body.getBoundingClientRect().top + window.scrollY)
  }
  onMount(measure)
  createEffect(on(() => props.episodes.length, measure))
  const visible = createMemo(() => virtual.getVirtualItems().map((item) => item.index))
  // Rows are kept by id, so that a new episode at the top never changes what is under the focus. Some more than are in
  // sight: what is in sight is known a moment after the episodes, and a last row that was taken away for that moment
  // would have lost the focus.
  const ids = createMemo(() => {
    const [first = 0, last = -1] = [visible()[0], visible().at(-1)]
    return props.episodes.slice(first, last + 1 + ROWS_AHEAD).map(({ id }) => id)
  })
  const byId = createMemo(
    () => new Map(props.episodes.map((episode, index) => [episode.id, { episode, index }])),
  )
  createEffect(() => {
    if (props.more && props.ready && (visible().at(-1) ?? 0) >= props.episodes.length - 15) props.loadMore()
  })
  const walk = useRowWalk(
    () => props.episodes,
    (index) => virtual.scrollToIndex(index),
    (episode) => props.selection?.toggle(episode),
  )
  return (
    <div
      class={`${css.table} ${props.selection ? css.selectable : ''}`}
      role="table"
      aria-label="Episodes"
      aria-rowcount={props.more ? -1 : props.episodes.length + 1}
      aria-busy={props.loading}
    >
      <div role="rowgroup" class={css.head}>
        <div role="row" class={css.header} aria-rowindex={1}>
          <Show when={props.selection}>
            {(selection) => (
              <div role="columnheader" class={css.select}>
                <SelectAll selection={selection()} rows={props.episodes} />
              </div>
            )}
          </Show>
          <For each={COLUMNS}>
            {([label, name]) => (
              <div role="columnheader" class={css[name]}>
                {label}
              </div>
            )}
          </For>
        </div>
      </div>
      <div
        role="rowgroup"
        ref={body}
        class={css.body}
        style={{ height: `${(props.loading ? 12 : props.episodes.length) * height()}px` }}
      >
        <Show when={props.loading}>
          <Bones height={height()} />
        </Show>
        <For each={props.loading ? [] : ids()}>
          {(id) => (
            <Show when={byId().get(id)}>
              {(row) => (
                <EpisodeRow
                  episode={row().episode}
                  index={row().index}
                  top={row().index * height()}
                  href={props.href(id)}
                  onFocus={() => walk.set(row().index)}
                  selected={props.selection?.has(id)}
                  select={(on, range) => props.selection?.set(row().episode, on, range, props.episodes)}
                />
              )}
            </Show>
          )}
        </For>
      </div>
      <Show when={!props.loading}>
        <p class={css.foot} role={props.lookedTo ? 'status' : undefined}>
          {footOf(props)}
        </p>
      </Show>
    </div>
  )
}

function footOf({ episodes, more, total, lookedTo }: EpisodeListProps): string {
  const loaded = count(episodes.length, 'episode')
  if (!more) return loaded
  if (lookedTo) return `${loaded} found so far. Looking further back than ${exact(lookedTo)}…`
  if (total !== null)
    return `${episodes.length.toLocaleString('en')} of ${count(total, 'episode')}, more as you scroll`
  return `${loaded} loaded, more as you scroll`
}

/** Rows are one line on a screen and two on a phone. */
function useRowHeight(): () => number {
  const phone = window.matchMedia('(max-width: 640px)')
  const [height, setHeight] = createSignal(phone.matches ? 58 : 36)
  const update = (): void => {
    setHeight(phone.matches ? 58 : 36)
  }
  phone.addEventListener('change', update)
  onCleanup(() => phone.removeEventListener('change', update))
  return height
}

function Bones(props: { height: number }): JSX.Element {
  return (
    <For each={Array.from({ length: 12 })}>
      {(_, at) => (
        <div class={css.row} aria-hidden="true" style={{ transform: `translateY(${at() * props.height}px)` }}>
          <For each={COLUMNS}>
            {([, name]) => (
              <div class={css[name]}>
                <span class={table.bone} />
              </div>
            )}
          </For>
        </div>
      )}
    </For>
  )
}
