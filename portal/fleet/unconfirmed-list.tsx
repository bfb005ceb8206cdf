import { A } from '@solidjs/router'
import { useQuery } from '@tanstack/solid-query'
import { createSignal, For, type JSX, Match, Show, Switch } from 'solid-js'
import { useSession } from '../accounts/session.tsx'
import { api, type Device } from '../api.ts'
import { Button } from '../ui/button.tsx'
import { toastProblem } from '../ui/problem.tsx'
import { SkeletonRows } from '../ui/skeleton.tsx'
import table from '../ui/table.module.css'
import { TableFrame } from '../ui/table.tsx'
import { Time } from '../ui/time.tsx'
import { toast } from '../ui/toast.tsx'
import { forEachDevice, tellOutcome } from './change-devices.ts'
import type { DevicePages } from './device-pages.ts'
import { addressOf, episodeCountsQuery, refreshDevices } from './fleet-queries.ts'
import { MergeDialog } from './merge-dialog.tsx'
import { RenameDialog } from './rename-dialog.tsx'
import { MOST_SELECTED } from './selection.ts'
import css from './unconfirmed.module.css'
import { devices as devicesOf } from './words.ts'

type Acting = { device: Device; act: 'rename' | 'merge' }

/** Says that a robot which episodes named is one. */
export async function confirmDevice(device: Device): Promise<void> {
  try {
    await api.fleet.update.mutate({ ...addressOf(device), confirmed: true })
    await refreshDevices()
    toast({ title: `${device.name} is confirmed`, detail: 'It stays in the fleet, with its episodes.' })
  } catch (error) {
    toastProblem('Could not confirm it', error)
  }
}

/** The robots that episodes named: what each of them is remains to be said. */
export function UnconfirmedList(props: {
  org: string
  pages: DevicePages
  /** Of all projects: each row says which. */
  projects: boolean
  mayWork: boolean
}): JSX.Element {
  const [acting, setActing] = createSignal<Acting>()
  const ids = () => props.pages.rows().map(({ id }) => id)
  const counts = useQuery(() => episodeCountsQuery(props.org, ids().slice(0, MOST_SELECTED)))
  const close = (): void => {
    setActing(undefined)
  }
  return (
    <>
      <div class={css.lead}>
        <p>
          Old clients name their robot with a text. Where no device answered to it, one came to be. Confirm it
          if that is a robot of yours, or merge it into the device it really is: its episodes move there, and
          the text means that device from then on.
        </p>
        <Show when={props.mayWork && props.pages.rows().length > 1}>
          <ConfirmAll devices={props.pages.rows().slice(0, MOST_SELECTED)} />
        </Show>
      </div>
      <TableFrame label="Unconfirmed devices">
        <table class={`${table.table} ${table.cards}`} role="table">
          <thead>
            <tr>
              <th>Name</th>
              <Show when={props.projects}>
                <th>Project</th>
              </Show>
              <th class={table.number}>Episodes</th>
              <th>First seen</th>
              <th class={table.end}>
                <span class="visually-hidden">Actions</span>
              </th>
            </tr>
          </thead>
          <tbody>
            <Show when={!props.pages.pending()} fallback={<SkeletonRows columns={props.projects ? 5 : 4} />}>
              <For each={props.pages.rows()}>
                {(device) => (
                  <Row
                    device={device}
                    project={props.projects}
                    episodes={counts.isSuccess ? counts.data[device.id] : undefined}
                    mayWork={props.mayWork}
                    act={setActing}
                  />
                )}
              </For>
            </Show>
          </tbody>
        </table>
        <p class={table.note}>
          {devicesOf(props.pages.total() ?? 0)}
          <Show when={(props.pages.total() ?? 0) > props.pages.rows().length}>
            {' '}
            <Button size="sm" onClick={() => props.pages.show(0, props.pages.rows().length + MOST_SELECTED)}>
              Show more
            </Button>
          </Show>
        </p>
      </TableFrame>
      <Show when={acting()} keyed>
        {({ device, act }) => (
          <Switch>
            <Match when={act === 'rename'}>
              <RenameDialog device={device} close={close} />
            </Match>
            <Match when={act === 'merge'}>
              <MergeDialog device={device} close={close} />
            </Match>
          </Switch>
        )}
      </Show>
    </>
  )
}

function Row(props: {
  device: Device
  project: boolean
  episodes: number | undefined
  mayWork: boolean
  act: (acting: Acting) => void
}): JSX.Element {
  const session = useSession()
  return (
    <tr role="row" data-row>
      <td role="cell" class={table.wrapText}>
        <A class={css.link} href={session.href(`/portal/devices/${props.device.id}`)}>
          <bdi>{props.device.name}</bdi>
        </A>
      </td>
      <Show when={props.project}>
        <td role="cell" data-label="Project">
          {props.device.project}
        </td>
      </Show>
      <td role="cell" data-label="Episodes" class={table.number}>
        {props.episodes?.toLocaleString('en') ?? '–'}
      </td>
      <td role="cell" data-label="First seen">
        <Time at={props.device.created_at} />
      </td>
      <td role="cell" class={`${table.end} ${table.below}`}>
        <Show when={props.mayWork}>
          <Settle device={props.device} act={props.act} />
        </Show>
      </td>
    </tr>
  )
}

function Settle(props: { device: Device; act: (acting: Acting) => void }): JSX.Element {
  const name = () => props.device.name
  return (
    <div class={css.actions}>
      <Button
        size="sm"
        variant="ghost"
        aria-label={`Confirm ${name()}`}
        onClick={() => confirmDevice(props.device)}
      >
        Confirm
      </Button>
      <Button
        size="sm"
        variant="ghost"
        aria-label={`Rename ${name()}`}
        onClick={() => props.act({ device: props.device, act: 'rename' })}
      >
        Rename
      </Button>
      <Button
        size="sm"
        variant="ghost"
        aria-label={`Merge ${name()} into another device`}
        onClick={() => props.act({ device: props.device, act: 'merge' })}
      >
        Merge into…
      </Button>
    </div>
  )
}

function ConfirmAll(props: { devices: readonly Device[] }): JSX.Element {
  const [busy, setBusy] = createSignal(false)
  const confirm = async (): Promise<void> => {
    setBusy(true)
    const outcome = await forEachDevice(props.devices, (device) =>
      api.fleet.update.mutate({ ...addressOf(device), confirmed: true }),
    )
    setBusy(false)
    tellOutcome(outcome, { title: `${devicesOf(outcome.done.length)} confirmed` })
  }
  return (
    <Button busy={busy()} onClick={confirm}>
      Confirm all {props.devices.length}
    </Button>
  )
}
