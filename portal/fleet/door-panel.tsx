import { A } from '@solidjs/router'
import { useQuery } from '@tanstack/solid-query'
import KeySquare from 'lucide-solid/icons/key-square'
import { createSignal, For, type JSX, Match, Show, Switch } from 'solid-js'
import { useSession } from '../accounts/session.tsx'
import { api, type Device, type DoorKey } from '../api.ts'
import { queryClient } from '../query-client.ts'
import { Badge } from '../ui/badge.tsx'
import { Button } from '../ui/button.tsx'
import { EmptyState } from '../ui/empty-state.tsx'
import { ChoiceField } from '../ui/field.tsx'
import { Section } from '../ui/page.tsx'
import { FormProblem, PageProblem, toastProblem } from '../ui/problem.tsx'
import { SkeletonRows } from '../ui/skeleton.tsx'
import { createSubmission } from '../ui/submission.ts'
import table from '../ui/table.module.css'
import { TableFrame } from '../ui/table.tsx'
import { Time } from '../ui/time.tsx'
import { toast } from '../ui/toast.tsx'
import css from './fleet.module.css'
import { addressOf, doorKeysQuery } from './fleet-queries.ts'

interface Door {
  device: Device
  mayWork: boolean
}

const REFUSED = {
  not_a_member: 'Not a member any more',
  viewer: 'Only a viewer now',
  disabled: 'Account disabled',
} as const

async function refresh(): Promise<void> {
  await Promise.all([
    queryClient.invalidateQueries({ queryKey: ['door-keys'] }),
    queryClient.invalidateQueries({ queryKey: ['ssh-keys'] }),
  ])
}

/** "Who may log in": the selected keys, and the choice of those that could be added. */
export function DoorPanel(props: Door): JSX.Element {
  const session = useSession()
  const keys = useQuery(() => doorKeysQuery(props.device))
  return (
    <Section
      title="Who may log in"
      note="By SSH, with these keys, as long as their owners are members of the organization."
    >
      <Switch>
        <Match when={keys.isError && !keys.isSuccess}>
          <PageProblem error={keys.error} retry={() => keys.refetch()} />
        </Match>
        <Match when={keys.isSuccess && keys.data.selected.length === 0}>
          <EmptyState icon={<KeySquare size={22} aria-hidden="true" />} title="Nobody may log in yet">
            <p>
              Upload a public key on the page <A href={session.href('/portal/ssh-keys')}>SSH keys</A>, then
              select it here. Everybody uploads their own.
            </p>
          </EmptyState>
        </Match>
        <Match when={true}>
          <TableFrame label="Who may log in, table">
            <table class={`${table.table} ${table.cards}`} role="table">
              <thead>
                <tr>
                  <th>Owner</th>
                  <th>Key</th>
                  <th>Fingerprint</th>
                  <th>Added</th>
                  <th>Last used</th>
                  <th class={table.end}>
                    <span class="visually-hidden">Actions</span>
                  </th>
                </tr>
              </thead>
              <tbody>
                <Show
                  when={keys.isSuccess && keys.data.selected}
                  fallback={<SkeletonRows columns={6} rows={2} />}
                >
                  {(rows) => <For each={rows()}>{(key) => <DoorLine {...props} door_key={key} />}</For>}
                </Show>
              </tbody>
            </table>
          </TableFrame>
        </Match>
      </Switch>
      <Show when={props.mayWork && keys.isSuccess && keys.data.candidates.length > 0 && keys.data.candidates}>
        {(candidates) => <AddKey {...props} candidates={candidates()} />}
      </Show>
    </Section>
  )
}

function DoorLine(props: Door & { door_key: DoorKey }): JSX.Element {
  const session = useSession()
  const mayRemove = (): boolean => {
    if (props.door_key.own) return props.mayWork
    const role = session.organization()?.role
    return session.me().account.staff || role === 'owner' || role === 'admin'
  }
  const remove = async (): Promise<void> => {
    const { ssh_key_id, owner } = props.door_key
    const where = { ...addressOf(props.device), ssh_key_id }
    try {
      await api.fleet.removeDoorKey.mutate(where)
      await refresh()
      toast({
        title: 'Key removed from this device',
        detail: `${owner.name} is refused from the next contact of ${props.device.name} on.`,
        action: {
          label: 'Undo',
          run: () =>
            void api.fleet.selectDoorKey
              .mutate(where)
              .then(() => refresh())
              .catch((error) => toastProblem('Could not undo it', error)),
        },
      })
    } catch (error) {
      toastProblem('Could not remove the key', error)
    }
  }
  return (
    <tr role="row">
      <td role="cell" title={props.door_key.owner.email}>
        <bdi>{props.door_key.owner.name}</bdi>
        <Show when={props.door_key.refused}>
          {(why) => (
            <p>
              <Badge tone="attention" plain>
                {REFUSED[why()]}: refused
              </Badge>
            </p>
          )}
        </Show>
      </td>
      <td role="cell">
        <bdi>{props.door_key.name}</bdi>
      </td>
      <td role="cell" class={css.fingerprint}>
        <code>{props.door_key.fingerprint}</code>
      </td>
      <td role="cell" data-label="Added">
        <Show when={props.door_key.added_at}>{(at) => <Time at={at()} />}</Show>
        <Show when={props.door_key.added_by}>
          {(who) => (
            <p class={css.by}>
              by <bdi>{who()}</bdi>
            </p>
          )}
        </Show>
      </td>
      <td role="cell" data-label="Last used">
        <Show when={props.door_key.last_used_at} fallback={<span class={table.dim}>Never</span>}>
          {(at) => <Time at={at()} />}
        </Show>
      </td>
      <td role="cell" class={table.end}>
        <Show when={mayRemove()}>
          <Button
            size="sm"
            variant="ghost"
            aria-label={`Remove ${props.door_key.name} of ${props.door_key.owner.name}`}
            onClick={remove}
          >
            Remove
          </Button>
        </Show>
      </td>
    </tr>
  )
}

function AddKey(props: Door & { candidates: DoorKey[] }): JSX.Element {
  const [chosen, choose] = createSignal<string>()
  const id = () =>
    props.candidates.find((key) => key.ssh_key_id === chosen())?.ssh_key_id ?? props.candidates[0]?.ssh_key_id
  const { error, busy, submit } = createSubmission(async () => {
    const ssh_key_id = id()
    if (!ssh_key_id) return
    await api.fleet.selectDoorKey.mutate({ ...addressOf(props.device), ssh_key_id })
    await refresh()
  })
  return (
    <form class={css.add} aria-label="Let a key in" onSubmit={submit}>
      <ChoiceField
        label="Another key"
        choices={props.candidates.map((key) => ({
          value: key.ssh_key_id,
          words: `${key.owner.name}: ${key.name}`,
        }))}
        value={id() ?? ''}
        onChoice={choose}
      />
      <Button type="submit" busy={busy()}>
        Let in
      </Button>
      <FormProblem error={error()} />
    </form>
  )
}
