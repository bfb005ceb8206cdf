import { useNavigate, useSearchParams } from '@solidjs/router'
import { useQuery } from '@tanstack/solid-query'
import { createSignal, type JSX, Match, Switch } from 'solid-js'
import { api, fieldError } from '../api.ts'
import { queryClient } from '../query-client.ts'
import { Button, LinkButton } from '../ui/button.tsx'
import { EmptyState } from '../ui/empty-state.tsx'
import { Field } from '../ui/field.tsx'
import { useTitle } from '../ui/page.tsx'
import { FormProblem, PageProblem } from '../ui/problem.tsx'
import { createSubmission } from '../ui/submission.ts'
import css from './entry.module.css'
import { Entry } from './entry.tsx'
import { PasswordStrength } from './password-strength.tsx'

/** `/setup?token=…`: makes the first administrator and the first organization, once. */
export function SetupPage(): JSX.Element {
  const [search] = useSearchParams<{ token?: string }>()
  // Taken out of the address bar at once: neither the history nor a referrer shall keep the token.
  const token = typeof search.token === 'string' ? search.token : ''
  history.replaceState(history.state, '', '/setup')
  useTitle(() => 'Set up')
  const status = useQuery(() => ({
    queryKey: ['setup'],
    queryFn: () => api.setup.status.query(),
    staleTime: Number.POSITIVE_INFINITY,
  }))
  return (
    <Switch fallback={<main aria-busy="true" />}>
      <Match when={status.isError}>
        <main>
          <PageProblem error={status.error} retry={() => status.refetch()} />
        </main>
      </Match>
      <Match when={status.isSuccess && !status.data.needed}>
        <main>
          <EmptyState page title="This server is set up already">
            <p>The set-up link works once. Sign in with the account that was made with it.</p>
            <LinkButton href="/login">Sign in</LinkButton>
          </EmptyState>
        </main>
      </Match>
      <Match when={status.isSuccess && token === ''}>
        <main>
          <EmptyState page title="The set-up link is not complete">
            <p>
              Copy the whole link that the server printed when it started, with everything after the question
              mark.
            </p>
          </EmptyState>
        </main>
      </Match>
      <Match when={status.isSuccess}>
        <SetupForm token={token} />
      </Match>
    </Switch>
  )
}

function SetupForm(props: { token: string }): JSX.Element {
  const [form, setForm] = createSignal({ email: '', name: '', password: '', organization_name: '' })
  const navigate = useNavigate()
  const set = (name: keyof ReturnType<typeof form>) => (text: string) =>
    setForm((before) => ({ ...before, [name]: text }))
  const { error, busy, submit } = createSubmission(async () => {
    await api.setup.complete.mutate({ token: props.token, ...form() })
    await queryClient.invalidateQueries({ queryKey: ['me'] })
    navigate('/portal/episodes', { replace: true })
  })
  return (
    <Entry title="Set up this server" lead="Three things happen, once:">
      <ul class={css.steps}>
        <li>you become its first administrator,</li>
        <li>your organization gets a home for its episodes and keys,</li>
        <li>this link stops working.</li>
      </ul>
      <form class={css.form} onSubmit={submit}>
        <FormProblem error={error()} />
        <Field
          label="Your name"
          autocomplete="name"
          required
          autofocus
          value={form().name}
          onText={set('name')}
          error={fieldError(error(), 'name')}
        />
        <Field
          label="E-mail"
          type="email"
          autocomplete="username"
          required
          value={form().email}
          onText={set('email')}
          error={fieldError(error(), 'email')}
        />
        <Field
          label="Password"
          type="password"
          autocomplete="new-password"
          minLength={8}
          required
          hint="8 characters or more. A sentence is easier to keep than a puzzle."
          value={form().password}
          onText={set('password')}
          error={fieldError(error(), 'password')}
        />
        <PasswordStrength
          password={form().password}
          words={[form().email, form().name, form().organization_name]}
        />
        <Field
          label="Organization"
          autocomplete="organization"
          required
          hint="Your team or lab, such as Halcyon Robotics."
          value={form().organization_name}
          onText={set('organization_name')}
          error={fieldError(error(), 'organization_name')}
        />
        <Button type="submit" variant="primary" busy={busy()}>
          Create account and organization
        </Button>
      </form>
    </Entry>
  )
}
