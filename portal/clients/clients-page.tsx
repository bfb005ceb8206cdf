import { A } from '@solidjs/router'
import { useQuery } from '@tanstack/solid-query'
import Building from 'lucide-solid/icons/building'
import Plus from 'lucide-solid/icons/plus'
import { createSignal, For, type JSX, Match, Show, Switch } from 'solid-js'
import type { ClientRow } from '../api.ts'
import { Button } from '../ui/button.tsx'
import { EmptyState } from '../ui/empty-state.tsx'
import { count } from '../ui/format.ts'
import { PageHead, useTitle } from '../ui/page.tsx'
import { PageProblem } from '../ui/problem.tsx'
import { SkeletonRows } from '../ui/skeleton.tsx'
import table from '../ui/table.module.css'
import { TableFrame } from '../ui/table.tsx'
import { Time } from '../ui/time.tsx'
import { clientsQuery } from './client-queries.ts'
import css from './clients.module.css'
import { NewClientDialog } from './new-client-dialog.tsx'
import { StaffOnly } from './staff-only.tsx'

/** `/admin/clients`: every organization of this server. */
export function ClientsPage(): JSX.Element {
  useTitle(() => 'Clients')
  return (
    <StaffOnly>
      <Clients />
    </StaffOnly>
  )
}

function Clients(): JSX.Element {
  const clients = useQuery(clientsQuery)
  const [making, setMaking] = createSignal(false)
  return (
    <>
      <PageHead
        title="Clients"
        note="Every organization on this server. Each one sees only its own episodes and keys."
      >
        <Button variant="primary" onClick={() => setMaking(true)}>
          <Plus size={15} aria-hidden="true" /> New client
        </Button>
      </PageHead>
      <Switch>
        <Match when={clients.isError && !clients.isSuccess}>
          <PageProblem error={clients.error} retry={() => clients.refetch()} />
        </Match>
        <Match when={clients.isSuccess && clients.data.length === 0}>
          <EmptyState icon={<Building size={22} aria-hidden="true" />} title="No clients yet">
            <p>A client is a team with its own episodes, members and keys.</p>
          </EmptyState>
        </Match>
        <Match when={true}>
          <TableFrame label="Clients">
            <table class={`${table.table} ${table.cards}`} role="table">
              <thead>
                <tr>
                  <th>Name</th>
                  <th>Slug</th>
                  <th class={table.number}>Members</th>
                  <th class={table.number}>Live keys</th>
                  <th>Key last used</th>
                  <th>Created</th>
                </tr>
              </thead>
              <tbody>
                <Show when={clients.isSuccess && clients.data} fallback={<SkeletonRows columns={6} />}>
                  {(rows) => <For each={rows()}>{(client) => <ClientLine client={client} />}</For>}
                </Show>
              </tbody>
            </table>
            <Show when={clients.isSuccess && clients.data}>
              {(rows) => <p class={table.note}>{count(rows().length, 'client')}</p>}
            </Show>
          </TableFrame>
        </Match>
      </Switch>
      <NewClientDialog open={making()} close={() => setMaking(false)} />
    </>
  )
}

function ClientLine(props: { client: ClientRow }): JSX.Element {
  return (
    <tr role="row" class={css.row} data-row>
      <td role="cell" class={table.wrapText}>
        <A class={css.link} href={`/admin/clients/${props.client.id}`}>
          <bdi>{props.client.name}</bdi>
        </A>
      </td>
      <td role="cell" data-label="Slug">
        <code class={table.dim}>{props.client.slug}</code>
      </td>
      <td role="cell" class={table.number} data-label="Members">
        {props.client.member_count}
      </td>
      <td role="cell" class={table.number} data-label="Live keys">
        {props.client.live_key_count}
      </td>
      <td role="cell" data-label="Key last used">
        <Show when={props.client.last_used_at} fallback={<span class={table.dim}>Never</span>}>
          {(at) => <Time at={at()} />}
        </Show>
      </td>
      <td role="cell" data-label="Created">
        <Time at={props.client.created_at} />
      </td>
    </tr>
  )
}
