import { A } from '@solidjs/router'
import TriangleAlert from 'lucide-solid/icons/triangle-alert'
import { Index, type JSX, Show } from 'solid-js'
import type { Device } from '../api.ts'
import css from './device-list.module.css'
import { FULL_PERCENT } from './health.ts'
import { LastHeard, StatusWord } from './status-word.tsx'
import { backlog, percent } from './words.ts'

const GROUPS_SHOWN = 2

export interface DeviceRowProps {
  device: Device
  href: string
  index: number
  top: number
  selected: boolean
  /** @param range everything between the row that was chosen before and this one */
  select: (on: boolean, range: boolean) => void
  narrowToGroup: (group_id: string) => void
  onFocus: () => void
}

/** One device of the list; the whole row is the link. */
export function DeviceRow(props: DeviceRowProps): JSX.Element {
  return (
    <div
      role="row"
      class={css.row}
      data-row
      data-selected={props.selected || undefined}
      aria-rowindex={props.index + 2}
      style={{ transform: `translateY(${props.top}px)` }}
    >
      <div role="cell" class={css.select}>
        <SelectBox {...props} />
      </div>
      <div role="cell" class={css.status}>
        <StatusWord status={props.device.status} />
        <LastHeard at={props.device.last_heartbeat} class={css.heard} />
      </div>
      <div role="cell" class={css.name}>
        <A class={css.link} href={props.href} id={`row-${props.device.id}`} onFocus={() => props.onFocus()}>
          <bdi>{props.device.name}</bdi>
        </A>
        <Show when={!props.device.confirmed}>
          <span class={css.unconfirmed}>unconfirmed</span>
        </Show>
      </div>
      <TextCell class={css.project} text={props.device.project} />
      <TextCell class={css.type} text={props.device.type} />
      <TextCell class={css.environment} text={props.device.environment} />
      <GroupCell device={props.device} narrowToGroup={props.narrowToGroup} />
      <TextCell class={css.software} text={props.device.sdk_version} mono />
      <Numbers device={props.device} />
    </div>
  )
}

function SelectBox(props: DeviceRowProps): JSX.Element {
  return (
    <label>
      <input
        type="checkbox"
        aria-label={`Select ${props.device.name}`}
        checked={props.selected}
        onClick={(event) => props.select(event.currentTarget.checked, event.shiftKey)}
      />
    </label>
  )
}

function Numbers(props: { device: Device }): JSX.Element {
  const metrics = () => props.device.metrics
  const waiting = () => backlog(metrics().backlog_episodes, metrics().backlog_bytes)
  return (
    <>
      <div
        role="cell"
        class={`${css.backlog} ${waiting() === '0' || waiting() === '–' ? css.none : ''}`}
        title="Episodes recorded and not uploaded yet, and their bytes"
      >
        {waiting()}
      </div>
      <Show
        when={metrics().disk_usage !== null && { used: metrics().disk_usage ?? 0 }}
        fallback={
          <div role="cell" class={`${css.disk} ${css.none}`}>
            –
          </div>
        }
      >
        {(disk) => (
          <div role="cell" class={`${css.disk} ${disk().used >= FULL_PERCENT ? css.full : ''}`}>
            <Show when={disk().used >= FULL_PERCENT}>
              <TriangleAlert size={12} role="img" aria-label="Nearly full:" />
            </Show>
            {percent(disk().used)}
          </div>
        )}
      </Show>
    </>
  )
}

function GroupCell(props: { device: Device; narrowToGroup: (group_id: string) => void }): JSX.Element {
  const hidden = () => props.device.groups.slice(GROUPS_SHOWN)
  return (
    <div role="cell" class={css.groups}>
      {/* By place, not by object: a chip must not be made anew, under the finger, with every answer. */}
      <Index each={props.device.groups.slice(0, GROUPS_SHOWN)} fallback={<span class={css.none}>–</span>}>
        {(group) => (
          <button
            type="button"
            class={css.group}
            title={`Only devices of ${group().name}`}
            tabindex="-1"
            onClick={() => props.narrowToGroup(group().id)}
          >
            <bdi>{group().name}</bdi>
          </button>
        )}
      </Index>
      <Show when={hidden().length > 0}>
        <span
          class={css.more}
          title={hidden()
            .map((group) => group.name)
            .join(', ')}
        >
          +{hidden().length}
        </span>
      </Show>
    </div>
  )
}

function TextCell(props: { class?: string; text: string | null; mono?: boolean }): JSX.Element {
  return (
    <div role="cell" class={props.class} title={props.text ?? undefined}>
      <Show when={props.text} fallback={<span class={css.none}>–</span>}>
        {(text) => <bdi class={props.mono ? 'mono' : undefined}>{text()}</bdi>}
      </Show>
    </div>
  )
}
