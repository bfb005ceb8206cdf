import { queryOptions, useQuery } from '@tanstack/solid-query'
import KeySquare from 'lucide-solid/icons/key-square'
import { createSignal, For, type JSX, Match, Show, Switch } from 'solid-js'
import { api, type SshKey } from '../api.ts'
import { Badge } from '../ui/badge.tsx'
import { Button } from '../ui/button.tsx'
import { CodeBlock } from '../ui/code-tabs.tsx'
import { EmptyState } from '../ui/empty-state.tsx'
import { count } from '../ui/format.ts'
import { PageHead, useTitle } from '../ui/page.tsx'
import { PageProblem } from '../ui/problem.tsx'
import { SkeletonRows } from '../ui/skeleton.tsx'
import table from '../ui/table.module.css'
import { TableFrame } from '../ui/table.tsx'
import { Time } from '../ui/time.tsx'
import { RemoveSshKey } from './remove-ssh-key.tsx'
import css from './ssh-keys.module.css'
import { UploadForm } from './upload-form.tsx'

/** One's own public keys, with the devices they open. */
export const sshKeysQuery = queryOptions({
  queryKey: ['ssh-keys'],
  queryFn: () => api.sshKeys.list.query(),
  reconcile: 'id',
})

/** `/portal/ssh-keys`: the keys one logs in to robots with. */
export function SshKeysPage(): JSX.Element {
  useTitle(() => 'SSH keys')
  const keys = useQuery(() => sshKeysQuery)
  const [removing, setRemoving] = createSignal<SshKey>()
  return (
    <>
      <PageHead
        title="SSH keys"
        note="Public keys of yours. A key opens nothing by itself: the page of a device says which keys may log in to it."
      />
      <Switch>
        <Match when={keys.isError && !keys.isSuccess}>
          <PageProblem error={keys.error} retry={() => keys.refetch()} />
        </Match>
        <Match when={keys.isSuccess && keys.data.length === 0}>
          <EmptyState icon={<KeySquare size={22} aria-hidden="true" />} title="No SSH keys yet">
            <p>
              Make a pair in a terminal. The file that ends in .pub goes into the form below; the other one
              stays with you.
            </p>
            <div class={css.example}>
              <CodeBlock
                code={'ssh-keygen -t ed25519 -f demokey\ncat demokey.pub'}
                what="ssh-keygen example"
              />
            </div>
          </EmptyState>
        </Match>
        <Match when={true}>
          <TableFrame label="SSH keys">
            <table class={`${table.table} ${css.keys}`} role="table">
              <thead>
                <tr>
                  <th>Name</th>
                  <th>Type</th>
                  <th>Fingerprint</th>
                  <th>Comment</th>
                  <th>Added</th>
                  <th>Last used</th>
                  <th class={table.end}>
                    <span class="visually-hidden">Actions</span>
                  </th>
                </tr>
              </thead>
              <tbody>
                <Show when={keys.isSuccess && keys.data} fallback={<SkeletonRows columns={7} rows={2} />}>
                  {(rows) => (
                    <For each={rows()}>
                      {(key) => <KeyLine ssh_key={key} remove={() => setRemoving(key)} />}
                    </For>
                  )}
                </Show>
              </tbody>
            </table>
            <Show when={keys.isSuccess && keys.data}>
              {(rows) => <p class={table.note}>{count(rows().length, 'key')}</p>}
            </Show>
          </TableFrame>
        </Match>
      </Switch>
      <UploadForm />
      <RemoveSshKey ssh_key={removing()} close={() => setRemoving(undefined)} />
    </>
  )
}

function KeyLine(props: { ssh_key: SshKey; remove: () => void }): JSX.Element {
  return (
    <tr role="row">
      <td role="cell" class={`${table.wrapText} ${css.name}`}>
        <bdi>{props.ssh_key.name}</bdi>
        <Show when={props.ssh_key.devices.length > 0}>
          <p class={css.devices}>Opens {props.ssh_key.devices.map((one) => one.name).join(', ')}</p>
        </Show>
      </td>
      <td role="cell" class={css.type}>
        <code>{props.ssh_key.type.replace('@openssh.com', '')}</code>{' '}
        <Show when={props.ssh_key.warning}>
          {(warning) => (
            <span title={warning()}>
              <Badge tone="attention">{props.ssh_key.bits} bits</Badge>
              <span class="visually-hidden">{warning()}</span>
            </span>
          )}
        </Show>
      </td>
      <td role="cell" class={css.fingerprint}>
        <code>{props.ssh_key.fingerprint}</code>
      </td>
      <td role="cell" class={css.comment}>
        <bdi>{props.ssh_key.comment || '–'}</bdi>
      </td>
      <td role="cell" class={css.added}>
        <Time at={props.ssh_key.created_at} />
      </td>
      <td role="cell" class={css.used}>
        <Show when={props.ssh_key.last_used_at} fallback={<span class={table.dim}>Never</span>}>
          {(at) => <Time at={at()} />}
        </Show>
      </td>
      <td role="cell" class={`${table.end} ${css.end}`}>
        <Button size="sm" variant="ghost" aria-label={`Remove ${props.ssh_key.name}`} onClick={props.remove}>
          Remove
        </Button>
      </td>
    </tr>
  )
}
