import { Navigate, type RouteSectionProps, useLocation } from '@solidjs/router'
import { useQuery } from '@tanstack/solid-query'
import { ErrorBoundary, type JSX, Match, Show, Suspense, Switch } from 'solid-js'
import { meQuery, SessionProvider, useSession } from '../accounts/session.tsx'
import { NoticeStack } from '../notices/notice-stack.tsx'
import { PageProblem } from '../ui/problem.tsx'
import { CommandPalette } from './command-palette.tsx'
import { GlobalShortcuts } from './global-shortcuts.tsx'
import { PlaceBar } from './place-bar.tsx'
import { SecondFactorNeeded } from './second-factor-needed.tsx'
import css from './shell.module.css'
import { SideBar } from './side-bar.tsx'

/** The frame of every signed-in page; somebody who is not signed in is sent to do that, and back. */
export function Shell(props: RouteSectionProps): JSX.Element {
  const me = useQuery(() => meQuery)
  const location = useLocation()
  return (
    <Switch fallback={<div class={css.blank} aria-busy="true" />}>
      <Match when={me.isSuccess && me.data === null}>
        <Navigate href={() => `/login?next=${encodeURIComponent(location.pathname + location.search)}`} />
      </Match>
      <Match when={me.isSuccess && me.data}>
        {(value) => (
          <SessionProvider me={value()}>
            <Frame>{props.children}</Frame>
          </SessionProvider>
        )}
      </Match>
      <Match when={me.isError}>
        <PageProblem error={me.error} retry={() => me.refetch()} />
      </Match>
    </Switch>
  )
}

function Frame(props: { children: JSX.Element }): JSX.Element {
  const location = useLocation()
  const session = useSession()
  // What is one's own stays open, most of all the page on which the second factor is set up.
  const isClosed = (path: string) =>
    session.organization()?.locked === true &&
    !/^\/(?:admin|portal\/(?:settings|tokens|ssh-keys))(?:\/|$)/.test(path)
  return (
    <div class={css.frame}>
      <a class={css.skip} href="#main">
        Skip to content
      </a>
      <SideBar />
      <div class={css.column}>
        <Show when={!location.pathname.startsWith('/admin/')}>
          <PlaceBar />
        </Show>
        <main class={css.main} id="main" tabindex="-1">
          <div class={css.content}>
            <NoticeStack />
            <ErrorBoundary fallback={(error, reset) => <PageProblem error={error} retry={reset} />}>
              <Suspense>
                <Show when={!isClosed(location.pathname)} fallback={<SecondFactorNeeded />}>
                  {props.children}
                </Show>
              </Suspense>
            </ErrorBoundary>
          </div>
        </main>
      </div>
      <CommandPalette />
      <GlobalShortcuts />
    </div>
  )
}
