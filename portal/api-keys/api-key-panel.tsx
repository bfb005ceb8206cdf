import { A } from '@solidjs/router'
import { useQuery } from '@tanstack/solid-query'
import KeyRound from 'lucide-solid/icons/key-round'
import Plus from 'lucide-solid/icons/plus'
import { createMemo, createSignal, For, type JSX, Match, Show, Switch } from 'solid-js'
import { useSession } from '../accounts/session.tsx'
import type { ApiKey, Organization } from '../api.ts'
import { Button } from '../ui/button.tsx'
import { EmptyState } from '../ui/empty-state.tsx'
import { count as counted } from '../ui/format.ts'
import { PageProblem } from '../ui/problem.tsx'
import { SkeletonRows } from '../ui/skeleton.tsx'
import table from '../ui/table.module.css'
import { TableFrame } from '../ui/table.tsx'
import { useNow } from '../ui/time.tsx'
import css from './api-key-panel.module.css'
import { KeyDetail } from './key-detail.tsx'
import {
  apiKeysQuery,
  deviceKeyCountQuery,
  isLive,
  keyDaysQuery,
  type Looker,
  mayRevoke,
  mayRotate,
  tally,
} from './key-facts.ts'
import { KeyRow } from './key-row.tsx'
import { MintDialog } from './mint-dialog.tsx'
import { RevokeDialog } from './revoke-dialog.tsx'
import { RotateDialog } from './rotate-dialog.tsx'

/** The button that mints, with the dialogs behind it. */
export function NewApiKey(props: { organization_id: string; ownRole: Organization['role'] }): JSX.Element {
  const [open, setOpen] = createSignal(false)
  return (
    <>
      <Button variant="primary" onClick={() => setOpen(true)}>
        <Plus size={15} aria-hidden="true" /> New API key
      </Button>
      <Show when={open()}>
        <MintDialog
          organization_id={props.organization_id}
          ownRole={props.ownRole}
          close={() => setOpen(false)}
        />
      </Show>
    </>
  )
}

const COLUMNS = ['Key', 'May', 'Created', 'Last used', '30 days', 'Status']

/** The table of keys, the same for members and for staff. */
export function ApiKeyPanel(props: { organization_id: string; ownRole: Organization['role'] }): JSX.Element {
  const session = useSession()
  const [devices, setDevices] = createSignal(false)
  const keys = useQuery(() => apiKeysQuery(props.organization_id, devices()))
  const count = useQuery(() => deviceKeyCountQuery(props.organization_id))
  const ofDevices = () => (count.isSuccess ? count.data : 0)
  return (
    <Switch>
      <Match when={keys.isError && !keys.isSuccess}>
        <PageProblem error={keys.error} retry={() => keys.refetch()} />
      </Match>
      <Match when={keys.isSuccess && keys.data.length === 0 && ofDevices() === 0}>
        <EmptyState icon={<KeyRound size={22} aria-hidden="true" />} title="No API keys yet">
          <p>
            A key lets a robot, a laptop or a CI job log episodes here. It is shown once, when it is made.
          </p>
          <Show when={props.ownRole === 'viewer'}>
            <p>You can look, but only members make keys.</p>
          </Show>
        </EmptyState>
      </Match>
      <Match when={true}>
        <KeyTable
          keys={keys.isSuccess ? keys.data : undefined}
          organization_id={props.organization_id}
          ownRole={props.ownRole}
          devices={devices()}
        />
        <Show when={ofDevices() > 0}>
          <p class={css.devices}>
            {counted(ofDevices(), 'key belongs', 'keys belong')} to{' '}
            <A href={session.href('/portal/devices')}>devices</A>
            {devices() ? ', shown among the others.' : ', and can be found on their pages.'}{' '}
            <Button variant="ghost" size="sm" onClick={() => setDevices((shown) => !shown)}>
              {devices() ? 'Leave them out' : 'Show them here'}
            </Button>
          </p>
        </Show>
      </Match>
    </Switch>
  )
}

type Acting = { key: ApiKey; act: 'open' | 'rotate' | 'revoke' }

/** Keys with what can be done to each, and the dialogs behind it. */
export function KeyTable(props: {
  keys: ApiKey[] | undefined
  organization_id: string
  ownRole: Organization['role']
  devices: boolean
}): JSX.Element {
  const session = useSession()
  const days = useQuery(() => keyDaysQuery(props.organization_id, props.devices))
  const [acting, setActing] = createSignal<Acting>()
  const now = useNow()
  const who = (): Looker => ({ account_id: session.me().account.id, role: props.ownRole })
  const all = () => props.keys ?? []
  const sorted = createMemo(() => {
    const live = (key: ApiKey): boolean => isLive(key, now())
    return [...all().filter(live), ...all().filter((key) => !live(key))]
  })
  const daysOf = (id: string) => (days.isSuccess ? days.data[id] : undefined)
  const close = (): void => {
    setActing(undefined)
  }
  return (
    <>
      <TableFrame label="API keys">
        <table class={`${table.table} ${css.keys}`} role="table">
          <thead>
            <tr>
              <For each={COLUMNS}>{(name) => <th>{name}</th>}</For>
              <th class={table.end}>
                <span class="visually-hidden">Actions</span>
              </th>
            </tr>
          </thead>
          <tbody>
            <Show when={props.keys} fallback={<SkeletonRows columns={7} />}>
              <For each={sorted()}>
                {(key) => (
                  <KeyRow
                    api_key={key}
                    keys={all()}
                    days={daysOf(key.id)}
                    live={isLive(key, now())}
                    mayRotate={mayRotate(key, who())}
                    mayRevoke={mayRevoke(key, who())}
                    open={() => setActing({ key, act: 'open' })}
                    rotate={() => setActing({ key, act: 'rotate' })}
                    revoke={() => setActing({ key, act: 'revoke' })}
                  />
                )}
              </For>
            </Show>
          </tbody>
        </table>
        <Show when={props.keys}>
          <p class={table.note}>{tally(sorted(), now())}</p>
        </Show>
      </TableFrame>
      <Show when={acting()} keyed>
        {({ key, act }) => (
          <Switch>
            <Match when={act === 'open'}>
              <KeyDetail api_key={key} keys={all()} mayEdit={mayRevoke(key, who())} close={close} />
            </Match>
            <Match when={act === 'rotate'}>
              <RotateDialog api_key={key} close={close} />
            </Match>
            <Match when={act === 'revoke'}>
              <RevokeDialog api_key={key} close={close} />
            </Match>
          </Switch>
        )}
      </Show>
    </>
  )
}
