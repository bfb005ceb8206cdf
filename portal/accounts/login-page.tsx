import { A, Navigate, useSearchParams } from '@solidjs/router'
import { useQuery } from '@tanstack/solid-query'
import Fingerprint from 'lucide-solid/icons/fingerprint-pattern'
import { createSignal, type JSX, Match, Show, Switch } from 'solid-js'
import { api, type SecondStep as Step } from '../api.ts'
import { queryClient } from '../query-client.ts'
import { Button } from '../ui/button.tsx'
import { Field } from '../ui/field.tsx'
import { useTitle } from '../ui/page.tsx'
import { FormProblem } from '../ui/problem.tsx'
import { createSubmission } from '../ui/submission.ts'
import css from './entry.module.css'
import { Entry } from './entry.tsx'
import { nextPath } from './next-path.ts'
import { canUsePasskeys, usePasskey } from './passkey.ts'
import { ProviderProblem, ProviderSignIn } from './provider-sign-in.tsx'
import { SecondStep } from './second-step.tsx'
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

/** Signing in as a page of its own, or in place of a page that wants somebody signed in. */
export function SignIn(props: { lead?: string }): JSX.Element {
  const [step, setStep] = createSignal<Step>()
  const [why, setWhy] = createSignal<unknown>()
  const over = (reason?: unknown): void => {
    setWhy(() => reason)
    setStep(undefined)
  }
  return (
    <Show when={step()} keyed fallback={<FirstStep lead={props.lead} why={why()} next={setStep} />}>
      {(one) => <SecondStep step={one} over={over} />}
    </Show>
  )
}

function FirstStep(props: { lead?: string; why: unknown; next: (step: Step) => void }): JSX.Element {
  const [email, setEmail] = createSignal('')
  const [password, setPassword] = createSignal('')
  const setup = useQuery(() => ({ queryKey: ['setup'], queryFn: () => api.setup.status.query() }))
  const { error, busy, submit } = createSubmission(async () => {
    try {
      const answer = await api.auth.signIn.mutate({ email: email().trim(), password: password() })
      if ('second_factor' in answer) return props.next(answer.second_factor)
      // The page then sees who is signed in and leaves by itself.
      await queryClient.invalidateQueries({ queryKey: ['me'] })
    } finally {
      setPassword('')
    }
  })
  const passkeys = useQuery(() => ({
    queryKey: ['passkey-host'],
    queryFn: () => api.auth.passkeyHost.query(),
    staleTime: Number.POSITIVE_INFINITY,
  }))
  const usable = () => passkeys.isSuccess && canUsePasskeys(passkeys.data.host)
  return (
    <Entry title="Sign in" lead={props.lead}>
      <form class={css.form} onSubmit={submit}>
        <FormProblem error={error() ?? props.why} />
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
        <A class={css.forgot} href="/forgot-password">
          Forgot password?
        </A>
      </form>
      <Show when={usable()}>
        <PasskeySignIn />
      </Show>
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

/** Without a password: the browser asks which passkey, and for a finger or a PIN. */
function PasskeySignIn(): JSX.Element {
  const { error, busy, submit } = createSubmission(async () => {
    const question = await api.auth.askPasskey.mutate()
    if (!question) return
    const passkey = await usePasskey(question)
    await api.auth.signInWithPasskey.mutate({ challenge: question.challenge, passkey })
    await queryClient.invalidateQueries({ queryKey: ['me'] })
  })
  return (
    <div class={css.other}>
      <FormProblem error={error()} />
      <Button class={css.tall} busy={busy()} onClick={submit}>
        <Fingerprint size={15} aria-hidden="true" /> Sign in with a passkey
      </Button>
    </div>
  )
}
