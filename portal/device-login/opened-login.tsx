import { useQuery } from '@tanstack/solid-query'
import { createEffect, createSignal, type JSX, Match, Switch } from 'solid-js'
import { api, type LoginView, type Me } from '../api.ts'
import { queryClient } from '../query-client.ts'
import { Decision } from './decision.tsx'
import { Authorized, Expired, Refused, Stopped, Used } from './outcome.tsx'

/** How often the page looks whether the terminal has picked its key up, or the code has died. */
const LOOK_MS = 1_500

/** A login that has been opened, from the question to what became of it. */
export function OpenedLogin(props: {
  me: Me
  login: LoginView
  typed: boolean
  again: () => void
}): JSX.Element {
  const key = ['device-login', props.login.user_code]
  // The server tells a stranger nothing about where a code was used, and has nothing to watch for them.
  const ours = props.login.ip !== ''
  // What was read of this code before, if it was opened before, is older than this.
  queryClient.setQueryData(key, props.login)
  const watched = useQuery(() => ({
    queryKey: key,
    queryFn: () => api.deviceLogin.view.query({ user_code: props.login.user_code }),
    initialData: props.login,
    enabled: ours,
    refetchInterval: ({ state }) => (isUnderWay(state.data) ? LOOK_MS : false),
  }))
  const login = () => watched.data
  // A code that was used while this page watched is this person's success; one found used is something else.
  const [approved, setApproved] = createSignal(false)
  createEffect(() => ours && login().state === 'approved' && setApproved(true))
  const decided = (view: LoginView): void => {
    queryClient.setQueryData(key, view)
  }
  const email = () => props.me.account.email
  const state = () => login().state
  return (
    <Switch fallback={<Used email={email()} again={props.again} />}>
      <Match when={state() === 'pending'}>
        <Decision
          me={props.me}
          login={login()}
          typed={props.typed}
          decided={decided}
          look={() => watched.refetch()}
        />
      </Match>
      <Match when={ours && (state() === 'approved' || (state() === 'consumed' && approved()))}>
        <Authorized email={email()} login={login()} />
      </Match>
      <Match when={state() === 'denied'}>
        <Refused email={email()} login={login()} approved={approved()} again={props.again} />
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

function isUnderWay(login: LoginView | undefined): boolean {
  return login?.state === 'pending' || login?.state === 'approved'
}
