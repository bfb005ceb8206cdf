import { A } from '@solidjs/router'
import { type JSX, Show } from 'solid-js'
import type { EpisodeSummary } from '../api.ts'
import { duration, shorten, size } from '../ui/format.ts'
import { Time } from '../ui/time.tsx'
import { Elapsed } from './elapsed.tsx'
import css from './episode-list.module.css'
import { StatusBadge } from './status-badge.tsx'

/** One episode of the list; the whole row is the link. */
export function EpisodeRow(props: {
  episode: EpisodeSummary
  href: string
  index: number
  top: number
  onFocus: () => void
  /** Undefined where nothing can be selected. */
  selected: boolean | undefined
  /** @param range everything between the row that was chosen before and this one */
  select: (on: boolean, range: boolean) => void
}): JSX.Element {
  return (
    <div
      role="row"
      class={css.row}
      data-row
      data-selected={props.selected || undefined}
      aria-rowindex={props.index + 2}
      style={{ transform: `translateY(${props.top}px)` }}
    >
      <Show when={props.selected !== undefined}>
        <Cell class={css.select}>
          <input
            type="checkbox"
            aria-label={`Select ${props.episode.name || props.episode.id}`}
            checked={props.selected}
            onClick={(event) => props.select(event.currentTarget.checked, event.shiftKey)}
          />
        </Cell>
      </Show>
      <Cell class={css.status}>
        <StatusBadge status={props.episode.status} plain />
        <Show when={props.episode.failure_time_s !== null && props.episode.failure_time_s}>
          {(at) => <span class={css.failedAt}>at {duration(Number(at()))}</span>}
        </Show>
      </Cell>
      <Cell class={css.name}>
        <A class={css.link} href={props.href} id={`row-${props.episode.id}`} onFocus={() => props.onFocus()}>
          <bdi>{props.episode.name || 'Untitled'}</bdi>
        </A>
        <code class={css.id}>{shorten(props.episode.id, 9, 4)}</code>
      </Cell>
      <Cell class={css.robot}>
        <Known text={props.episode.robot} />
      </Cell>
      <Cell class={css.policy}>
        <Known text={props.episode.policy_version} mono />
      </Cell>
      <Cell class={css.source}>{props.episode.source}</Cell>
      <Cell class={css.duration}>
        <Elapsed episode={props.episode} />
      </Cell>
      <Cell class={css.size}>{props.episode.bytes_total > 0 ? size(props.episode.bytes_total) : '–'}</Cell>
      <Cell class={css.when}>
        <Time at={props.episode.created_at} />
      </Cell>
    </div>
  )
}

function Cell(props: { class?: string; children: JSX.Element }): JSX.Element {
  return (
    <div role="cell" class={props.class}>
      {props.children}
    </div>
  )
}

function Known(props: { text: string | null; mono?: boolean }): JSX.Element {
  return (
    <Show when={props.text} fallback={<span class={css.none}>–</span>}>
      {(text) => <bdi class={props.mono ? 'mono' : undefined}>{text()}</bdi>}
    </Show>
  )
}
