import { Navigate, useNavigate, useSearchParams } from '@solidjs/router'
import { useQuery } from '@tanstack/solid-query'
import { createSignal, type JSX, Match, onCleanup, onMount, Switch } from 'solid-js'
import { Entry } from '../accounts/entry.tsx'
import { SignIn } from '../accounts/login-page.tsx'
import { meQuery } from '../accounts/session.tsx'
import { signOut } from '../accounts/sign-out.ts'
import { api, type InvitationView, problemOf } from '../api.ts'
import { queryClient } from '../query-client.ts'
import { Button, LinkButton } from '../ui/button.tsx'
import { useTitle } from '../ui/page.tsx'
import { FormProblem, PageProblem } from '../ui/problem.tsx'
import { createSubmission } from '../ui/submission.ts'
import { Lead } from './invitation-lead.tsx'
import css from './invitation-page.module.css'
import { forgetToken, keepToken } from './invitation-token.ts'
import { JoinForm } from './join-form.tsx'
import { roleNoun } from './member-queries.ts'

/**
 * `/invitation?token=…`: what somebody was invited to, and the one thing they have to do to join. Opening it changes
 * nothing.
 */
export function InvitationPage(): JSX.Element {
  const [search] = useSearchParams<{ token?: string }>()
  const navigate = useNavigate()
  useTitle(() => 'Invitation')
  // Taken out of the address bar at once: neither the history nor a referrer shall keep the token.
  const token = keepToken(typeof search.token === 'string' ? search.token : undefined)
  history.replaceState(history.state, '', '/invitation')
  // The router writes the address once more when it brings somebody here from the sign-in page.
  onMount(() => navigate('/invitation', { replace: true, scroll: false }))
  onCleanup(forgetToken)
  const me = useQuery(() => meQuery)
  // Once it is accepted, the link is spent: nobody asks about it again on the way out of this page.
  const [joined, setJoined] = createSignal(false)
  const who = () => (me.isSuccess ? (me.data?.account.id ?? null) : undefined)
  const found = useQuery(() => ({
    // Asked again by whoever signs in on this page. The token itself stays out of the cache's names.
    queryKey: ['invitation', who()],
    queryFn: () => api.invitation.view.mutate({ token }),
    enabled: who() !== undefined && !joined(),
    staleTime: 0,
    gcTime: 0,
  }))
  return (
    <Switch fallback={<main aria-busy="true" />}>
      <Match when={found.isError && problemOf(found.error).code === 'not_found'}>
        <Entry
          title="This invitation does not work any more"
          lead="A link works once, for some days, and ends when it is revoked or made again. Ask whoever invited you for a new one."
        >
          <div class={css.actions}>
            <LinkButton href="/portal/episodes">Go to RoboTrace</LinkButton>
          </div>
        </Entry>
      </Match>
      <Match when={found.isError || me.isError}>
        <main>
          <PageProblem error={found.error ?? me.error} retry={() => void found.refetch()} />
        </main>
      </Match>
      <Match when={found.isSuccess && found.data}>
        {(view) => <Opened view={view()} token={token} joined={() => setJoined(true)} />}
      </Match>
    </Switch>
  )
}

function Opened(props: { view: InvitationView; token: string; joined: () => void }): JSX.Element {
  return (
    <Switch>
      <Match when={props.view.next === 'joined'}>
        <Navigate href="/portal/episodes" />
      </Match>
      <Match when={props.view.next === 'make_account'}>
        <JoinForm view={props.view} token={props.token} joined={props.joined} />
      </Match>
      <Match when={props.view.next === 'sign_in'}>
        <SignIn
          lead={`${props.view.invited_by} invites ${props.view.email} to ${props.view.organization}. This address has an account: sign in with it to join.`}
        />
      </Match>
      <Match when={props.view.next === 'join'}>
        <Join view={props.view} token={props.token} joined={props.joined} />
      </Match>
      <Match when={props.view.next === 'other_account'}>
        <OtherAccount view={props.view} />
      </Match>
    </Switch>
  )
}

function Join(props: { view: InvitationView; token: string; joined: () => void }): JSX.Element {
  const navigate = useNavigate()
  const { error, busy, submit } = createSubmission(async () => {
    await api.invitation.accept.mutate({ token: props.token })
    props.joined()
    await queryClient.invalidateQueries({ queryKey: ['me'] })
    navigate('/portal/episodes', { replace: true })
  })
  return (
    <Entry title={`Join ${props.view.organization}`} lead={<Lead view={props.view} />}>
      <div class={css.actions}>
        <FormProblem error={error()} />
        <Button variant="primary" busy={busy()} onClick={submit} autofocus>
          Join as {roleNoun(props.view.role)}
        </Button>
        <LinkButton href="/portal/episodes">Not now</LinkButton>
      </div>
    </Entry>
  )
}

function OtherAccount(props: { view: InvitationView }): JSX.Element {
  const me = useQuery(() => meQuery)
  const { busy, submit } = createSubmission(signOut)
  return (
    <Entry title="This invitation is for somebody else" lead={<Lead view={props.view} />}>
      <div class={css.actions}>
        <p>
          You are signed in as <strong>{me.isSuccess ? me.data?.account.email : ''}</strong>. Sign out to go
          on as {props.view.email}.
        </p>
        <Button variant="primary" busy={busy()} onClick={submit}>
          Sign out and go on
        </Button>
        <LinkButton href="/portal/episodes">Stay signed in</LinkButton>
      </div>
    </Entry>
  )
}
