import { A } from '@solidjs/router'
import { useQuery } from '@tanstack/solid-query'
import ListVideo from 'lucide-solid/icons/list-video'
import { For, type JSX, Match, Show, Switch } from 'solid-js'
import { useSession } from '../accounts/session.tsx'
import type { Device, EpisodeSummary } from '../api.ts'
import { Elapsed } from '../episodes/elapsed.tsx'
import { episodeQuery } from '../episodes/episode-queries.ts'
import { StatusBadge } from '../episodes/status-badge.tsx'
import { EmptyState } from '../ui/empty-state.tsx'
import { count, size } from '../ui/format.ts'
import { Section } from '../ui/page.tsx'
import { FormProblem } from '../ui/problem.tsx'
import { SkeletonRows } from '../ui/skeleton.tsx'
import table from '../ui/table.module.css'
import { TableFrame } from '../ui/table.tsx'
import { Time } from '../ui/time.tsx'
import css from './fleet.module.css'
import { episodesOfQuery } from './fleet-queries.ts'

const SHOWN = 20

/** The episode that the device is recording at this moment. */
export function RecordingNow(props: { id: string }): JSX.Element {
  const session = useSession()
  const episode = useQuery(() => episodeQuery(props.id))
  return (
    <Show when={episode.isSuccess && episode.data.status === 'recording' && episode.data}>
      {(one) => (
        <p class={css.recording} role="status">
          <StatusBadge status="recording" plain />
          <A class={css.link} href={session.href(`/portal/episodes/${one().id}`)}>
            <bdi>{one().name || 'Untitled'}</bdi>
          </A>
          <span class="mono">
            <Elapsed episode={one()} />
          </span>
        </p>
      )}
    </Show>
  )
}

/** What the device did last, newest first. */
export function DeviceEpisodes(props: { device: Device }): JSX.Element {
  const session = useSession()
  const episodes = useQuery(() => episodesOfQuery(session.organization()?.id ?? '', props.device, SHOWN))
  return (
    <Section title="Last episodes">
      <Switch>
        <Match when={episodes.isError && !episodes.isSuccess}>
          <FormProblem error={episodes.error} />
        </Match>
        <Match when={episodes.isSuccess && episodes.data.items.length === 0}>
          <EmptyState icon={<ListVideo size={22} aria-hidden="true" />} title="No episodes yet">
            <p>
              Episodes come here that its own API key logs, or that name <code>{props.device.name}</code> as
              their robot.
            </p>
          </EmptyState>
        </Match>
        <Match when={true}>
          <TableFrame label="Last episodes, table">
            <table class={`${table.table} ${table.cards} ${css.episodes}`} role="table">
              <thead>
                <tr>
                  <th>Status</th>
                  <th>Episode</th>
                  <th>Policy</th>
                  <th class={table.number}>Duration</th>
                  <th class={table.number}>Size</th>
                  <th class={css.started}>Started</th>
                </tr>
              </thead>
              <tbody>
                <Show
                  when={episodes.isSuccess && episodes.data.items}
                  fallback={<SkeletonRows columns={6} />}
                >
                  {(rows) => <For each={rows()}>{(episode) => <EpisodeLine episode={episode} />}</For>}
                </Show>
              </tbody>
            </table>
            <Show when={episodes.isSuccess && episodes.data}>
              {(list) => <p class={table.note}>{howMany(list().items.length, list().total)}</p>}
            </Show>
          </TableFrame>
        </Match>
      </Switch>
    </Section>
  )
}

function howMany(shown: number, total: number | null): string {
  if (total === null || total <= shown) return count(shown, 'episode')
  return `The last ${shown} of ${count(total, 'episode')}`
}

function EpisodeLine(props: { episode: EpisodeSummary }): JSX.Element {
  const session = useSession()
  return (
    <tr role="row" class={css.row} data-row>
      <td role="cell" class={css.status}>
        <StatusBadge status={props.episode.status} plain />
      </td>
      <td role="cell" class={`${table.wrapText} ${css.name}`}>
        <A class={css.link} href={session.href(`/portal/episodes/${props.episode.id}`)}>
          <bdi>{props.episode.name || 'Untitled'}</bdi>
        </A>
      </td>
      <td role="cell" class={`mono ${css.policy}`}>
        {props.episode.policy_version || <span class={table.dim}>–</span>}
      </td>
      <td role="cell" class={`${table.number} ${css.duration}`}>
        <Elapsed episode={props.episode} />
      </td>
      <td role="cell" class={`${table.number} ${css.size}`}>
        {props.episode.bytes_total > 0 ? size(props.episode.bytes_total) : '–'}
      </td>
      <td role="cell" class={css.started}>
        <Time at={props.episode.created_at} />
      </td>
    </tr>
  )
}
