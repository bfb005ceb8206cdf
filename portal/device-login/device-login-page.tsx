import { useNavigate, useSearchParams } from '@solidjs/router'
import { useQuery } from '@tanstack/solid-query'
import { type JSX, Match, onMount, Switch } from 'solid-js'
import { SignIn } from '../accounts/login-page.tsx'
import { meQuery } from '../accounts/session.tsx'
import { useTitle } from '../ui/page.tsx'
import { PageProblem } from '../ui/problem.tsx'
import { OpenCode } from './open-code.tsx'

/**
 * `/cli/auth?code=…`: lets a terminal in, or turns it away. Signing in comes first, on this very page, so that a
 * code means nothing to somebody who is not signed in.
 */
export function DeviceLoginPage(): JSX.Element {
  const [search] = useSearchParams<{ code?: string }>()
  const navigate = useNavigate()
  const me = useQuery(() => meQuery)
  useTitle(() => 'Authorize device')
  // Taken out of the address bar at once: neither the history nor a screenshot shall keep the code.
  const linked = typeof search.code === 'string' ? search.code : undefined
  history.replaceState(history.state, '', '/cli/auth')
  // The router writes the address once more when it brings somebody here from the sign-in page.
  onMount(() => navigate('/cli/auth', { replace: true, scroll: false }))
  return (
    <Switch fallback={<main aria-busy="true" />}>
      <Match when={me.isSuccess && me.data === null}>
        <SignIn lead="A terminal is waiting to be let in." />
      </Match>
      <Match when={me.isSuccess && me.data}>{(who) => <OpenCode me={who()} linked={linked} />}</Match>
      <Match when={me.isError}>
        <main>
          <PageProblem error={me.error} retry={() => me.refetch()} />
        </main>
      </Match>
    </Switch>
  )
}
