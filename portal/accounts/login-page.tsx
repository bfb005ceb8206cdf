import { Navigate, useSearchParams } from '@solidjs/router'
import { useQuery } from '@tanstack/solid-query'
import { createSignal, type JSX, Match, Show, Switch } from 'solid-js'
import { api } from '../api.ts'
import { queryClient } from '../query-client.ts'
import { Button } from '../ui/button.tsx'
import { Field } from '../ui/field.tsx'
import { useTitle } from '../ui/page.tsx'
import { FormProblem } from '../ui/problem.tsx'
import { createSubmission } from '../ui/submission.ts'
import css from './entry.module.css'
import { Entry } from './entry.tsx'
import { nextPath } from './next-path.ts'
import { ProviderProblem, ProviderSignIn } from './provider-sign-in.tsx'
import { meQuery } from './session.tsx'

/** `/login?next=…`: signs in, then goes where one wanted to go, if that is a page of ours. */
export function LoginPage(): JSX.Element {
  const [search] = useSearchParams<{ next?: string }>()
  const me = useQuery(() => meQuery)
  useTitle(() => 'Sign in')
  const next = () => nextPath(typeof search.next === 'string' ? search.next : undefined, location.origin)
  return (
    <Switch fallback={<SignIn />}>
      <Match when={me.isSuccess && me.data !== null}>
        <Navigate href={next()} />
      </Match>
      <Match when={me.isPending}>
        <main aria-busy="true" />
      </Match>
    </Switch>
  )
}

/** The sign-in form as a page of its own, or in place of a page that wants somebody signed in. */
export function SignIn(props: { lead?: string }): JSX.Element {
  const [email, setEmail] = createSignal('')
  const [password, setPassword] = createSignal('')
  const setup = useQuery(() => ({ queryKey: ['setup'], queryFn: () => api.setup.status.query() }))
  const { error, busy, submit } = createSubmission(async () => {
    try {
      await api.auth.signIn.mutate({ email: email().trim(), password: password() })
      // The page then sees who is signed in and leaves by itself.
      await queryClient.invalidateQueries({ queryKey: ['me'] })
    } finally {
      setPassword('')
    }
  })
  return (
    <Entry title="Sign in" lead={props.lead}>
      <form class={css.form} onSubmit={submit}>
        <FormProblem error={error()} />
        <ProviderProblem />
        <Field
          label="E-mail"
          type="email"
          name="email"
          autocomplete="username"
          required
          autofocus
          value={email()}
          onText={setEmail}
        />
        <Field
          label="Password"
          type="password"
          name="password"
          autocomplete="current-password"
          required
          value={password()}
          onText={setPassword}
        />
        <Button type="submit" variant="primary" busy={busy()}>
          Sign in
        </Button>
      </form>
      <ProviderSignIn />
      <Show
        when={setup.isSuccess && setup.data.needed}
        fallback={
          <p class={css.small}>Accounts are made by invitation: ask an admin of your organization.</p>
        }
      >
        <p class={css.small}>
          This server has no account yet. It printed a set-up link when it started: open that link to make the
          first one.
        </p>
      </Show>
    </Entry>
  )
}
