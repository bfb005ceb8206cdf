import { createSignal, type JSX, Match, onMount, Switch } from 'solid-js'
import { api, type LoginView, type Me, problemOf } from '../api.ts'
import { queryClient } from '../query-client.ts'
import { Button } from '../ui/button.tsx'
import { PageProblem } from '../ui/problem.tsx'
import css from './device-login.module.css'
import { Frame } from './frame.tsx'
import { OpenedLogin } from './opened-login.tsx'
import { Stopped, TooManyGuesses } from './outcome.tsx'
import { CODE_LENGTH, foldUserCode } from './user-code.ts'
import { UserCodeField } from './user-code-field.tsx'

/** A code that the server knows, and whether it was typed here rather than brought by a link. */
interface Opened {
  login: LoginView
  typed: boolean
}

/**
 * Finds the login of a code. Opening it claims it, by a POST that only this page sends; a linked code is opened
 * at once, because a second account that opens the same one is how a stolen code shows itself.
 */
export function OpenCode(props: { me: Me; linked: string | undefined }): JSX.Element {
  const [opened, setOpened] = createSignal<Opened>()
  const [error, setError] = createSignal<unknown>()
  const [busy, setBusy] = createSignal(false)
  const open = async (user_code: string, typed: boolean): Promise<void> => {
    if (busy()) return
    setBusy(true)
    setError(undefined)
    try {
      setOpened({ login: await api.deviceLogin.claim.mutate({ user_code }), typed })
    } catch (problem) {
      if (problemOf(problem).code === 'unauthenticated') queryClient.setQueryData(['me'], null)
      setError(problem)
    } finally {
      setBusy(false)
    }
  }
  const linked = foldUserCode(props.linked ?? '')
  const [asked, setAsked] = createSignal(linked.length !== CODE_LENGTH)
  onMount(() => !asked() && void open(linked, false))
  const again = (): void => {
    setAsked(true)
    setOpened(undefined)
    setError(undefined)
  }
  const code = () => (error() ? problemOf(error()).code : undefined)
  const email = () => props.me.account.email
  return (
    <Switch fallback={<EnterCode email={email()} busy={busy()} error={error()} open={open} />}>
      <Match when={opened()} keyed>
        {(one) => <OpenedLogin me={props.me} login={one.login} typed={one.typed} again={again} />}
      </Match>
      <Match when={code() === 'forbidden'}>
        <Stopped email={email()} again={again} />
      </Match>
      <Match when={code() === 'rate_limited'}>
        <TooManyGuesses email={email()} retry_after={problemOf(error()).retry_after ?? 60} again={again} />
      </Match>
      <Match when={error() && code() !== 'not_found' && !asked()}>
        <main>
          <PageProblem error={error()} retry={() => void open(linked, false)} />
        </main>
      </Match>
      <Match when={!asked() && !error()}>
        <main aria-busy="true" />
      </Match>
    </Switch>
  )
}

function EnterCode(props: {
  email: string
  busy: boolean
  error: unknown
  open: (code: string, typed: boolean) => Promise<void>
}): JSX.Element {
  const [code, setCode] = createSignal('')
  const [missing, setMissing] = createSignal(false)
  const submit = (event: SubmitEvent): void => {
    event.preventDefault()
    setMissing(code().length < CODE_LENGTH)
    if (!missing()) void props.open(code(), true)
  }
  const sentence = (): string | undefined => {
    if (missing()) return 'A code has eight letters and digits.'
    return props.error ? problemOf(props.error).detail : undefined
  }
  return (
    <Frame
      title="Enter the code from your terminal"
      lead={
        <>
          <code>robotrace login</code> shows it. It works once, for ten minutes.
        </>
      }
      email={props.email}
    >
      <form class={css.form} onSubmit={submit}>
        <UserCodeField
          label="Code"
          autofocus
          code={code()}
          onCode={(typed) => {
            setMissing(false)
            setCode(typed)
          }}
          error={sentence()}
        />
        <Button type="submit" variant="primary" class={css.tall} busy={props.busy}>
          Continue
        </Button>
      </form>
    </Frame>
  )
}
