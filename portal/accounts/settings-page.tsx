import { useQuery } from '@tanstack/solid-query'
import LogOut from 'lucide-solid/icons/log-out'
import { createSignal, For, type JSX, Show } from 'solid-js'
import { api, fieldError, type SessionRow } from '../api.ts'
import { queryClient } from '../query-client.ts'
import { Badge } from '../ui/badge.tsx'
import { Button } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { Field } from '../ui/field.tsx'
import { count } from '../ui/format.ts'
import { PageHead, Section, useTitle } from '../ui/page.tsx'
import { FormProblem, PageProblem } from '../ui/problem.tsx'
import { SkeletonRows } from '../ui/skeleton.tsx'
import { createSubmission } from '../ui/submission.ts'
import table from '../ui/table.module.css'
import { TableFrame } from '../ui/table.tsx'
import { Time } from '../ui/time.tsx'
import { toast } from '../ui/toast.tsx'
import { browserName } from './browser-name.ts'
import { useSession } from './session.tsx'
import css from './settings-page.module.css'
import { forgetSession } from './sign-out.ts'

/** `/portal/settings`: who one is, the password, and where one is signed in. */
export function SettingsPage(): JSX.Element {
  const session = useSession()
  useTitle(() => 'Settings')
  const account = () => session.me().account
  return (
    <>
      <PageHead title="Settings" />
      <Section title="Profile">
        <dl class={css.profile}>
          <dt>Name</dt>
          <dd>
            <bdi>{account().name}</bdi>
          </dd>
          <dt>E-mail</dt>
          <dd>{account().email}</dd>
          <dt>Organizations</dt>
          <dd>
            <For each={session.me().organizations} fallback="None">
              {(one) => (
                <p>
                  <bdi>{one.name}</bdi> <span class={css.dim}>· {one.role}</span>
                </p>
              )}
            </For>
          </dd>
          <Show when={account().staff}>
            <dt>Rights</dt>
            <dd>Administrator of this server</dd>
          </Show>
        </dl>
      </Section>
      <Section title="Password">
        <PasswordForm email={account().email} />
      </Section>
      <Sessions />
    </>
  )
}

function PasswordForm(props: { email: string }): JSX.Element {
  const [current, setCurrent] = createSignal('')
  const [next, setNext] = createSignal('')
  const { error, busy, submit } = createSubmission(async () => {
    const { sessions_ended } = await api.auth.changePassword.mutate({
      current_password: current(),
      new_password: next(),
    })
    const detail = sessions_ended > 0 ? `${count(sessions_ended, 'other session')} signed out.` : undefined
    toast({ title: 'Password changed', detail })
    setCurrent('')
    setNext('')
    await queryClient.invalidateQueries({ queryKey: ['sessions'] })
  })
  return (
    <form class={css.form} onSubmit={submit}>
      <FormProblem error={error()} />
      {/* Password managers pair the new password with this name. */}
      <input type="hidden" name="username" autocomplete="username" value={props.email} />
      <Field
        label="Current password"
        type="password"
        autocomplete="current-password"
        required
        value={current()}
        onText={setCurrent}
      />
      <Field
        label="New password"
        type="password"
        autocomplete="new-password"
        minLength={8}
        required
        hint="8 characters or more. Every other session is signed out."
        value={next()}
        onText={setNext}
        error={fieldError(error(), 'new_password')}
      />
      <div>
        <Button type="submit" busy={busy()}>
          Change password
        </Button>
      </div>
    </form>
  )
}

function Sessions(): JSX.Element {
  const [asking, setAsking] = createSignal(false)
  const sessions = useQuery(() => ({ queryKey: ['sessions'], queryFn: () => api.auth.sessions.query() }))
  return (
    <Section
      title="Sessions"
      note="Browsers that are signed in to this account."
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
          <table class={table.table}>
            <thead>
              <tr>
                <th>Browser</th>
                <th>Address</th>
                <th>Signed in</th>
                <th>Last seen</th>
              </tr>
            </thead>
            <tbody>
              <Show
                when={sessions.isSuccess && sessions.data}
                fallback={<SkeletonRows columns={4} rows={2} />}
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
  return (
    <tr>
      <td title={props.row.user_agent}>
        <span class={css.browser}>
          <bdi>{browserName(props.row.user_agent)}</bdi>
          <Show when={props.row.current}>
            <Badge tone="ready">This browser</Badge>
          </Show>
        </span>
      </td>
      <td class="mono">{props.row.ip}</td>
      <td>
        <Time at={props.row.created_at} />
      </td>
      <td>
        <Time at={props.row.last_seen_at} />
      </td>
    </tr>
  )
}

function SignOutEverywhere(props: { open: boolean; close: () => void }): JSX.Element {
  const { error, busy, submit } = createSubmission(async () => {
    await api.auth.signOutEverywhere.mutate()
    props.close()
    forgetSession()
  })
  return (
    <Dialog
      open={props.open}
      onClose={props.close}
      title="Sign out everywhere?"
      description="Every browser that is signed in to this account is signed out, this one too. API keys keep working."
      footer={
        <>
          <Button onClick={props.close}>Cancel</Button>
          <Button variant="danger" busy={busy()} onClick={submit}>
            Sign out everywhere
          </Button>
        </>
      }
    >
      <FormProblem error={error()} />
    </Dialog>
  )
}
