import { DropdownMenu } from '@kobalte/core/dropdown-menu'
import { useQuery } from '@tanstack/solid-query'
import ChevronUp from 'lucide-solid/icons/chevron-up'
import { createSignal, For, type JSX, Show } from 'solid-js'
import type { Device } from '../api.ts'
import { Button, buttonClass } from '../ui/button.tsx'
import menu from '../ui/menu.module.css'
import type { Selection } from '../ui/selection.ts'
import css from '../ui/selection-bar.module.css'
import { addToGroup, setMaintenance } from './change-devices.ts'
import { groupsQuery, type Place } from './fleet-queries.ts'
import { RemoveDevices } from './remove-devices.tsx'
import { MOST_SELECTED } from './selection.ts'
import { devices as devicesOf } from './words.ts'

/** What can be done to the selected devices, at the bottom of the screen while there are any. */
export function SelectionBar(props: { place: Place; selection: Selection<Device> }): JSX.Element {
  const [removing, setRemoving] = createSignal(false)
  const [busy, setBusy] = createSignal(false)
  const chosen = () => props.selection.all()
  const act = async (change: () => Promise<void>): Promise<void> => {
    if (busy()) return
    setBusy(true)
    await change()
    setBusy(false)
    props.selection.clear()
  }
  return (
    <div class={css.bar} role="region" aria-label="Selected devices" aria-busy={busy() || undefined}>
      <p class={css.count} role="status">
        {devicesOf(chosen().length)} selected
        <Show when={chosen().length >= MOST_SELECTED}>
          <span class={css.most}> (at most {MOST_SELECTED} at a time)</span>
        </Show>
      </p>
      <GroupMenu {...props} add={(group) => void act(() => addToGroup(chosen(), group))} />
      <Button size="sm" busy={busy()} onClick={() => act(() => setMaintenance(chosen(), true))}>
        Start maintenance
      </Button>
      <Button size="sm" busy={busy()} onClick={() => act(() => setMaintenance(chosen(), false))}>
        End maintenance
      </Button>
      <Button size="sm" variant="danger" onClick={() => setRemoving(true)}>
        Remove
      </Button>
      <Button size="sm" variant="ghost" onClick={() => props.selection.clear()}>
        Clear
      </Button>
      <Show when={removing()}>
        <RemoveDevices
          devices={chosen()}
          close={() => setRemoving(false)}
          removed={() => props.selection.clear()}
        />
      </Show>
    </div>
  )
}

/** The groups of the project that all of the selected devices are in. */
function GroupMenu(props: {
  place: Place
  selection: Selection<Device>
  add: (group: { id: string; name: string }) => void
}): JSX.Element {
  const project = (): string | undefined => {
    const projects = new Set(props.selection.all().map((device) => device.project))
    return projects.size === 1 ? [...projects][0] : undefined
  }
  return (
    <Show when={project()}>
      {(one) => {
        const groups = useQuery(() => groupsQuery(props.place.org, one()))
        return (
          <DropdownMenu placement="top-start" modal={false}>
            <DropdownMenu.Trigger class={buttonClass({ size: 'sm' })}>
              Add to group <ChevronUp size={13} aria-hidden="true" />
            </DropdownMenu.Trigger>
            <DropdownMenu.Content class={`${menu.menu} ${css.groups}`}>
              <For
                each={groups.isSuccess ? groups.data : []}
                fallback={<p class={menu.label}>No groups yet. Make one with “Groups” above.</p>}
              >
                {(group) => (
                  <DropdownMenu.Item class={menu.item} onSelect={() => props.add(group)}>
                    <bdi>{group.name}</bdi>
                    <span class={css.size}>{group.device_count.toLocaleString('en')}</span>
                  </DropdownMenu.Item>
                )}
              </For>
            </DropdownMenu.Content>
          </DropdownMenu>
        )
      }}
    </Show>
  )
}
