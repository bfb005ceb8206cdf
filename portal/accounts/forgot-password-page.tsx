import { A } from '@solidjs/router'
import { useQuery } from '@tanstack/solid-query'
import { createSignal, type JSX, Match, Show, Switch } from 'solid-js'
import { api, fieldError } from '../api.ts'
import { Button, LinkButton } from '../ui/button.tsx'
import { Field } from '../ui/field.tsx'
import { useTitle } from '../ui/page.tsx'
import { FormProblem, PageProblem } from '../ui/problem.tsx'
import { createSubmission } from '../ui/submission.ts'
import css from './entry.module.css'
import { Entry } from './entry.tsx'

/** `/forgot-password`: asks for the mail with the link, where this server sends any. */
export function ForgotPasswordPage(): JSX.Element {
  useTitle(() => 'Forgot password')
  const ways = useQuery(() => ({
    queryKey: ['reset-ways'],
    queryFn: () => api.auth.resetWays.query(),
    staleTime: Number.POSITIVE_INFINITY,
  }))
  return (
    <Switch fallback={<main aria-busy="true" />}>
      <Match when={ways.isError}>
        <main>
          <PageProblem error={ways.error} retry={() => ways.refetch()} />
        </main>
      </Match>
      <Match when={ways.isSuccess && !ways.data.mail}>
        <Entry
          title="Forgot your password?"
          lead="This server sends no mail. Ask one of its administrators for a reset link: it works once, for 30 minutes."
        >
          <div class={css.actions}>
            <LinkButton href="/login">Back to sign in</LinkButton>
          </div>
        </Entry>
      </Match>
      <Match when={ways.isSuccess}>
        <AskForMail />
      </Match>
    </Switch>
  )
}

function AskForMail(): JSX.Element {
  const [email, setEmail] = createSignal('')
  const [sent, setSent] = createSignal<string>()
  const { error, busy, submit } = createSubmission(async () => {
    await api.auth.askReset.mutate({ email: email().trim() })
    setSent(email().trim())
  })
  return (
    <Show
      when={sent()}
      fallback={
        <Entry title="Forgot your password?" lead="A link to set a new one comes by mail.">
          <form class={css.form} onSubmit={submit}>
            <FormProblem error={error()} except={['email']} />
            <Field
              label="E-mail"
              type="email"
              name="email"
              autocomplete="username"
              required
              autofocus
              value={email()}
              onText={setEmail}
              error={fieldError(error(), 'email')}
            />
            <Button type="submit" variant="primary" busy={busy()}>
              Send reset link
            </Button>
          </form>
          <p class={css.small}>
            <A href="/login">Back to sign in</A>
          </p>
        </Entry>
      }
    >
      {(address) => (
        <Entry
          title="Look into your mailbox"
          lead={
            <>
              If <bdi>{address()}</bdi> has an account with a password here, a link is on its way. It works
              once, for 30 minutes.
            </>
          }
        >
          <p class={css.small} role="status">
            Nothing came? Look among the spam, and ask again in ten minutes. Accounts that sign in through a
            provider have no password here: use its button. Otherwise an administrator of this server can make
            a link for you.
          </p>
          <div class={css.actions}>
            <LinkButton href="/login">Back to sign in</LinkButton>
          </div>
        </Entry>
      )}
    </Show>
  )
}
