import { A } from '@solidjs/router'
import { useQuery } from '@tanstack/solid-query'
import Bot from 'lucide-solid/icons/bot'
import Plus from 'lucide-solid/icons/plus'
import { createSignal, For, type JSX, Match, Show, Switch } from 'solid-js'
import { useSession } from '../accounts/session.tsx'
import type { Organization } from '../api.ts'
import { NoOrganization } from '../shell/no-organization.tsx'
import { Button } from '../ui/button.tsx'
import { EmptyState } from '../ui/empty-state.tsx'
import { count } from '../ui/format.ts'
import { PageHead, useTitle } from '../ui/page.tsx'
import { PageProblem } from '../ui/problem.tsx'
import { SkeletonRows } from '../ui/skeleton.tsx'
import table from '../ui/table.module.css'
import { TableFrame } from '../ui/table.tsx'
import { Time } from '../ui/time.tsx'
import css from './fleet.module.css'
import { devicesQuery } from './fleet-queries.ts'
import { NewDeviceDialog } from './new-device-dialog.tsx'

/** `/portal/devices`: the robots of an organization. */
export function DevicesPage(): JSX.Element {
  const session = useSession()
  useTitle(() => 'Devices')
  return (
    <Show when={session.organization()} fallback={<NoOrganization />} keyed>
      {(organization) => <Devices organization={organization} />}
    </Show>
  )
}

function Devices(props: { organization: Organization }): JSX.Element {
  const session = useSession()
  const devices = useQuery(() => devicesQuery(props.organization.slug))
  const [adding, setAdding] = createSignal(false)
  const mayAdd = () => session.me().account.staff || props.organization.role !== 'viewer'
  return (
    <>
      <PageHead title="Devices" note="Robots, and who may log in to each of them by SSH.">
        <Show when={mayAdd()}>
          <Button variant="primary" onClick={() => setAdding(true)}>
            <Plus size={15} aria-hidden="true" /> New device
          </Button>
        </Show>
      </PageHead>
      <Switch>
        <Match when={devices.isError && !devices.isSuccess}>
          <PageProblem error={devices.error} retry={() => devices.refetch()} />
        </Match>
        <Match when={devices.isSuccess && devices.data.length === 0}>
          <EmptyState icon={<Bot size={22} aria-hidden="true" />} title="No devices yet">
            <p>
              Add a robot by the name you call it. Its page then says who may log in, and how to set up its
              sshd.
            </p>
            <Show when={!mayAdd()}>
              <p>You can look, but only members add devices.</p>
            </Show>
          </EmptyState>
        </Match>
        <Match when={true}>
          <TableFrame label="Devices">
            <table class={`${table.table} ${table.cards}`} role="table">
              <thead>
                <tr>
                  <th>Name</th>
                  <th>Project</th>
                  <th class={table.number}>SSH keys</th>
                  <th>Added</th>
                </tr>
              </thead>
              <tbody>
                <Show when={devices.isSuccess && devices.data} fallback={<SkeletonRows columns={4} />}>
                  {(rows) => (
                    <For each={rows()}>
                      {(device) => (
                        <tr class={css.row} role="row" data-row>
                          <td role="cell">
                            <A class={css.link} href={session.href(`/portal/devices/${device.id}`)}>
                              {device.name}
                            </A>
                          </td>
                          <td role="cell" data-label="Project">
                            <code class={table.dim}>{device.project}</code>
                          </td>
                          <td role="cell" data-label="SSH keys" class={table.number}>
                            {device.ssh_key_count}
                          </td>
                          <td role="cell" data-label="Added">
                            <Time at={device.created_at} />
                          </td>
                        </tr>
                      )}
                    </For>
                  )}
                </Show>
              </tbody>
            </table>
            <Show when={devices.isSuccess && devices.data}>
              {(rows) => <p class={table.note}>{count(rows().length, 'device')}</p>}
            </Show>
          </TableFrame>
        </Match>
      </Switch>
      <NewDeviceDialog org={props.organization.slug} open={adding()} close={() => setAdding(false)} />
    </>
  )
}
