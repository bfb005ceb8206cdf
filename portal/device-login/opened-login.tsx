import { createEffect, createSignal, type JSX, Match, Switch } from 'solid-js'
import type { LoginView, Me } from '../api.ts'
import { Decision } from './decision.tsx'
import { Authorized, Expired, Refused, Stopped, Used } from './outcome.tsx'
import { isOwn, watchLogin } from './watch.ts'

/** A login that has been opened, from the question to what became of it. */
export function OpenedLogin(props: {
  me: Me
  login: LoginView
  typed: boolean
  again: () => void
}): JSX.Element {
  const watch = watchLogin(props.login)
  const state = () => watch.login().state
  const own = () => isOwn(watch.login())
  // A code that was used while this page watched is this person's success; one found used is something else.
  const [approved, setApproved] = createSignal(false)
  createEffect(() => own() && state() === 'approved' && setApproved(true))
  const email = () => props.me.account.email
  return (
    <Switch fallback={<Used email={email()} again={props.again} />}>
      <Match when={state() === 'pending'}>
        <Decision
          me={props.me}
          login={watch.login()}
          typed={props.typed}
          decided={watch.take}
          look={() => void watch.look()}
        />
      </Match>
      <Match when={own() && (state() === 'approved' || (state() === 'consumed' && approved()))}>
        <Authorized email={email()} login={watch.login()} />
      </Match>
      <Match when={state() === 'denied'}>
        <Refused email={email()} approved={approved()} again={props.again} />
      </Match>
      <Match when={state() === 'poisoned'}>
        <Stopped email={email()} again={props.again} />
      </Match>
      <Match when={state() === 'expired'}>
        <Expired email={email()} approved={approved()} again={props.again} />
      </Match>
    </Switch>
  )
}
