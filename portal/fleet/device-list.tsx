import { createWindowVirtualizer } from '@tanstack/solid-virtual'
import { createEffect, createMemo, createSignal, For, type JSX, on, onCleanup, onMount, Show } from 'solid-js'
import type { Device } from '../api.ts'
import { useRowWalk } from '../ui/row-walk.ts'
import { SelectAll } from '../ui/select-all.tsx'
import type { Selection } from '../ui/selection.ts'
import table from '../ui/table.module.css'
import css from './device-list.module.css'
import { DeviceRow } from './device-row.tsx'

const COLUMNS: [label: string, name: keyof typeof css][] = [
  ['', 'select'],
  ['Status', 'status'],
  ['Name', 'name'],
  ['Project', 'project'],
  ['Type', 'type'],
  ['Environment', 'environment'],
  ['Groups', 'groups'],
  ['Software', 'software'],
  ['Backlog', 'backlog'],
  ['Disk', 'disk'],
]
const BONES = 12

export interface DeviceListProps {
  /** Those that are loaded; the others of `total` show as bones until they are. */
  devices: readonly Device[]
  /** How many there are; undefined while nobody knows. */
  total: number | undefined
  /** The rows belong to what was asked before. */
  stale: boolean
  /** Says which project each is of. */
  projects: boolean
  selection: Selection<Device> | undefined
  show: (first: number, last: number) => void
  href: (device: Device) => string
  narrowToGroup: (group_id: string) => void
  foot: JSX.Element
}

/** The virtual table: as high as the whole fleet, but only the rows near the screen exist. */
export function DeviceList(props: DeviceListProps): JSX.Element {
  let body: HTMLDivElement | undefined
  const height = useRowHeight()
  const [margin, setMargin] = createSignal(0)
  const length = () => Math.max(props.total ?? BONES, props.devices.length)
  const virtual = createWindowVirtualizer({
    get count() {
      return length()
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
  onMount(() => {
    // What lies above grows and shrinks: chips wrap, a banner comes and goes.
    const above = new ResizeObserver(measure)
    above.observe(document.body)
    onCleanup(() => above.disconnect())
    measure()
  })
  const visible = createMemo(() => virtual.getVirtualItems().map((item) => item.index))
  // Rows are kept by id, so that a new device among them never changes what is under the focus.
  const shown = createMemo(() => {
    const rows = visible().flatMap((index) => {
      const device = props.devices[index]
      return device ? [{ device, index }] : []
    })
    return new Map(rows.map((row) => [row.device.id, row]))
  })
  const missing = createMemo(() => visible().filter((index) => index >= props.devices.length))
  createEffect(() => props.show(visible()[0] ?? 0, Math.max(0, (visible().at(-1) ?? 0) - 1)))
  const walk = useRowWalk(
    () => props.devices,
    (index) => virtual.scrollToIndex(index),
    (device) => props.selection?.toggle(device),
  )
  return (
    <div
      class={css.table}
      role="table"
      aria-label="Devices"
      aria-rowcount={(props.total ?? -2) + 1}
      aria-busy={props.total === undefined}
      data-stale={props.stale || undefined}
      data-projects={props.projects || undefined}
      data-selectable={props.selection ? '' : undefined}
    >
      <Header selection={props.selection} devices={props.devices} />
      <div role="rowgroup" ref={body} class={css.body} style={{ height: `${length() * height()}px` }}>
        <For each={missing()}>{(index) => <Bone top={index * height()} />}</For>
        <For each={[...shown().keys()]}>
          {(id) => (
            <Show when={shown().get(id)}>
              {(row) => (
                <DeviceRow
                  device={row().device}
                  index={row().index}
                  top={row().index * height()}
                  href={props.href(row().device)}
                  selected={props.selection?.has(id) ?? false}
                  select={(isOn, range) => props.selection?.set(row().device, isOn, range, props.devices)}
                  narrowToGroup={props.narrowToGroup}
                  onFocus={() => walk.set(row().index)}
                />
              )}
            </Show>
          )}
        </For>
      </div>
      <p class={css.foot}>{props.foot}</p>
    </div>
  )
}

function Header(props: {
  selection: Selection<Device> | undefined
  devices: readonly Device[]
}): JSX.Element {
  return (
    <div role="rowgroup" class={css.head}>
      <div role="row" class={css.header} aria-rowindex={1}>
        <For each={COLUMNS}>
          {([label, name]) => (
            <div role="columnheader" class={css[name]}>
              <Show when={name === 'select'} fallback={label}>
                <Show when={props.selection}>
                  {(selection) => <SelectAll selection={selection()} rows={props.devices} />}
                </Show>
              </Show>
            </div>
          )}
        </For>
      </div>
    </div>
  )
}

/** Rows are one line on a screen and two on a phone. */
function useRowHeight(): () => number {
  const phone = window.matchMedia('(max-width: 640px)')
  const [height, setHeight] = createSignal(phone.matches ? 62 : 36)
  const update = (): void => {
    setHeight(phone.matches ? 62 : 36)
  }
  phone.addEventListener('change', update)
  onCleanup(() => phone.removeEventListener('change', update))
  return height
}

function Bone(props: { top: number }): JSX.Element {
  return (
    <div class={css.row} aria-hidden="true" style={{ transform: `translateY(${props.top}px)` }}>
      <For each={COLUMNS}>
        {([, name]) => (
          <div class={css[name]}>
            <Show when={name !== 'select'}>
              <span class={table.bone} />
            </Show>
          </div>
        )}
      </For>
    </div>
  )
}
