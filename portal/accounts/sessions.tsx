import { useQuery } from '@tanstack/solid-query'
import LogOut from 'lucide-solid/icons/log-out'
import { createSignal, For, type JSX, Show } from 'solid-js'
import { api, type SessionRow } from '../api.ts'
import { queryClient } from '../query-client.ts'
import { AskDialog } from '../ui/ask-dialog.tsx'
import { Badge } from '../ui/badge.tsx'
import { Button } from '../ui/button.tsx'
import { Section } from '../ui/page.tsx'
import { PageProblem, toastProblem } from '../ui/problem.tsx'
import { SkeletonRows } from '../ui/skeleton.tsx'
import { createSubmission } from '../ui/submission.ts'
import table from '../ui/table.module.css'
import { TableFrame } from '../ui/table.tsx'
import { Time } from '../ui/time.tsx'
import { toast } from '../ui/toast.tsx'
import { browserName } from './browser-name.ts'
import css from './settings-page.module.css'
import { forgetSession, signOut } from './sign-out.ts'

/** Where one is signed in, and out of each at a press. */
export function Sessions(): JSX.Element {
  const [asking, setAsking] = createSignal(false)
  const sessions = useQuery(() => ({ queryKey: ['sessions'], queryFn: () => api.auth.sessions.query() }))
  return (
    <Section
      title="Sessions"
      id="sessions"
      note="Browsers and programs that are signed in to this account. Each ends thirty days after its sign-in."
      actions={
        <Button variant="danger" onClick={() => setAsking(true)}>
          <LogOut size={14} aria-hidden="true" /> Sign out everywhere
        </Button>
      }
    >
      <Show
        when={!sessions.isError}
        fallback={<PageProblem error={sessions.error} retry={() => sessions.refetch()} />}
      >
        <TableFrame label="Sessions table">
          <table class={`${table.table} ${table.cards}`} role="table">
            <thead>
              <tr>
                <th>Device</th>
                <th>Network</th>
                <th>Signed in</th>
                <th>Last seen</th>
                <th class={table.end}>
                  <span class="visually-hidden">Actions</span>
                </th>
              </tr>
            </thead>
            <tbody>
              <Show
                when={sessions.isSuccess && sessions.data}
                fallback={<SkeletonRows columns={5} rows={2} />}
              >
                {(rows) => <For each={rows()}>{(row) => <SessionLine row={row} />}</For>}
              </Show>
            </tbody>
          </table>
        </TableFrame>
      </Show>
      <SignOutEverywhere open={asking()} close={() => setAsking(false)} />
    </Section>
  )
}

function SessionLine(props: { row: SessionRow }): JSX.Element {
  const name = () => browserName(props.row.user_agent)
  const { busy, submit } = createSubmission(async () => {
    if (props.row.current) return signOut()
    try {
      await api.auth.endSession.mutate({ id: props.row.id })
      toast({ title: 'Signed out', detail: `${name()} has to sign in again.` })
    } catch (error) {
      toastProblem('Could not sign it out', error)
    }
    await queryClient.invalidateQueries({ queryKey: ['sessions'] })
  })
  return (
    <tr role="row">
      <td role="cell" title={props.row.user_agent}>
        <span class={css.browser}>
          <bdi>{name()}</bdi>
          <Show when={props.row.current}>
            <Badge tone="ready">This browser</Badge>
          </Show>
          <Show when={props.row.kind === 'token'}>
            <span class={css.dim}>Program</span>
          </Show>
        </span>
      </td>
      <td role="cell" class="mono">
        {props.row.ip}
      </td>
      <td role="cell" data-label="Signed in">
        <Time at={props.row.created_at} />
      </td>
      <td role="cell" data-label="Last seen">
        <Time at={props.row.last_seen_at} />
      </td>
      <td role="cell" class={table.end}>
        <Button size="sm" variant="ghost" busy={busy()} aria-label={`Sign out ${name()}`} onClick={submit}>
          Sign out
        </Button>
      </td>
    </tr>
  )
}

function SignOutEverywhere(props: { open: boolean; close: () => void }): JSX.Element {
  const act = async (): Promise<void> => {
    await api.auth.signOutEverywhere.mutate()
    forgetSession()
  }
  return (
    <AskDialog
      open={props.open}
      close={props.close}
      title="Sign out everywhere?"
      description="Every browser and program that is signed in to this account is signed out, this one too. API keys keep working."
      verb="Sign out everywhere"
      act={act}
    />
  )
}
