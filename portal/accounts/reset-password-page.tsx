import { useNavigate, useSearchParams } from '@solidjs/router'
import { useQuery } from '@tanstack/solid-query'
import { createSignal, type JSX, Match, onMount, Show, Switch } from 'solid-js'
import { api, fieldError, problemOf } from '../api.ts'
import { queryClient } from '../query-client.ts'
import { Button, LinkButton } from '../ui/button.tsx'
import { Field } from '../ui/field.tsx'
import { useTitle } from '../ui/page.tsx'
import { FormProblem, PageProblem } from '../ui/problem.tsx'
import { createSubmission } from '../ui/submission.ts'
import css from './entry.module.css'
import { Entry } from './entry.tsx'
import { PasswordStrength } from './password-strength.tsx'

/** `/reset-password?token=…`: sets a new password, once. Opening it changes nothing. */
export function ResetPasswordPage(): JSX.Element {
  const [search] = useSearchParams<{ token?: string }>()
  const navigate = useNavigate()
  useTitle(() => 'Set a new password')
  // Taken out of the address bar at once: neither the history nor a referrer shall keep the token.
  const token = typeof search.token === 'string' ? search.token : ''
  history.replaceState(history.state, '', '/reset-password')
  onMount(() => navigate('/reset-password', { replace: true, scroll: false }))
  const [done, setDone] = createSignal(false)
  const found = useQuery(() => ({
    queryKey: ['password-reset'],
    queryFn: () => api.auth.viewReset.mutate({ token }),
    enabled: !done(),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  }))
  return (
    <Switch fallback={<main aria-busy="true" />}>
      <Match when={done()}>
        <Entry
          title="Your password is set"
          lead="Every browser and program was signed out. Sign in with the new password; a second factor is asked for as before."
        >
          <p class={css.small}>
            API keys and API tokens go on. If somebody else may have known your password, look through them
            under Settings.
          </p>
          <div class={css.actions}>
            <LinkButton href="/login" variant="primary">
              Sign in
            </LinkButton>
          </div>
        </Entry>
      </Match>
      <Match when={found.isError && problemOf(found.error).code === 'not_found'}>
        <Over />
      </Match>
      <Match when={found.isError}>
        <main>
          <PageProblem error={found.error} retry={() => void found.refetch()} />
        </main>
      </Match>
      <Match when={found.isSuccess && found.data}>
        {(account) => <NewPassword token={token} account={account()} done={() => setDone(true)} />}
      </Match>
    </Switch>
  )
}

function Over(): JSX.Element {
  return (
    <Entry
      title="This link does not work any more"
      lead="A reset link works once, for 30 minutes, and ends with the next one that is used."
    >
      <div class={css.actions}>
        <LinkButton href="/forgot-password" variant="primary">
          Get a new link
        </LinkButton>
      </div>
    </Entry>
  )
}

function NewPassword(props: {
  token: string
  account: { email: string; name: string }
  done: () => void
}): JSX.Element {
  const [password, setPassword] = createSignal('')
  const [over, setOver] = createSignal(false)
  const { error, busy, submit } = createSubmission(async () => {
    try {
      await api.auth.resetPassword.mutate({ token: props.token, password: password() })
    } catch (problem) {
      if (problemOf(problem).code === 'not_found') return setOver(true)
      throw problem
    }
    // Whoever was signed in here is not any more.
    queryClient.setQueryData(['me'], null)
    props.done()
  })
  return (
    <Show when={!over()} fallback={<Over />}>
      <Entry
        title="Set a new password"
        lead={
          <>
            For <bdi>{props.account.email}</bdi>. Every browser and program that is signed in is signed out.
          </>
        }
      >
        <form class={css.form} onSubmit={submit}>
          <FormProblem error={error()} except={['password']} />
          {/* Password managers pair the new password with this name. */}
          <input type="hidden" name="username" autocomplete="username" value={props.account.email} />
          <Field
            label="New password"
            type="password"
            autocomplete="new-password"
            minLength={8}
            required
            autofocus
            hint="8 characters or more. A sentence is easier to keep than a puzzle."
            value={password()}
            onText={setPassword}
            error={sentence(fieldError(error(), 'password'))}
          />
          <PasswordStrength password={password()} words={[props.account.email, props.account.name]} />
          <Button type="submit" variant="primary" busy={busy()}>
            Set password
          </Button>
        </form>
      </Entry>
    </Show>
  )
}

function sentence(message: string | undefined): string | undefined {
  return message && `The new password ${message}.`
}
