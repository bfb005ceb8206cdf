import { Navigate, type RouteDefinition, type RoutePreloadFuncArgs, Router } from '@solidjs/router'
import { QueryClientProvider } from '@tanstack/solid-query'
import { ErrorBoundary, type JSX, lazy, Show, Suspense } from 'solid-js'
import { openConfirmation } from './accounts/confirmation.ts'
import { episodeQuery } from './episodes/episode-queries.ts'
import { queryClient } from './query-client.ts'
import { Shell } from './shell/shell.tsx'
import { PageProblem } from './ui/problem.tsx'
import { ToastRegion } from './ui/toast.tsx'

// One file of script a page, fetched when a link to it is hovered or focused.
const EpisodesPage = lazy(() =>
  import('./episodes/episodes-page.tsx').then((m) => ({ default: m.EpisodesPage })),
)
const EpisodePage = lazy(() =>
  import('./episodes/episode-page.tsx').then((m) => ({ default: m.EpisodePage })),
)
const ApiKeysPage = lazy(() =>
  import('./api-keys/api-keys-page.tsx').then((m) => ({ default: m.ApiKeysPage })),
)
const MembersPage = lazy(() =>
  import('./organizations/members-page.tsx').then((m) => ({ default: m.MembersPage })),
)
const OrganizationPage = lazy(() =>
  import('./organizations/organization-page.tsx').then((m) => ({ default: m.OrganizationPage })),
)
const InvitationPage = lazy(() =>
  import('./organizations/invitation-page.tsx').then((m) => ({ default: m.InvitationPage })),
)
const PersonalKeysPage = lazy(() =>
  import('./api-keys/personal-keys-page.tsx').then((m) => ({ default: m.PersonalKeysPage })),
)
const ApiTokensPage = lazy(() =>
  import('./api-tokens/api-tokens-page.tsx').then((m) => ({ default: m.ApiTokensPage })),
)
const SshKeysPage = lazy(() =>
  import('./ssh-keys/ssh-keys-page.tsx').then((m) => ({ default: m.SshKeysPage })),
)
const DevicesPage = lazy(() => import('./fleet/devices-page.tsx').then((m) => ({ default: m.DevicesPage })))
const DevicePage = lazy(() => import('./fleet/device-page.tsx').then((m) => ({ default: m.DevicePage })))
const TrashPage = lazy(() => import('./storage/trash-page.tsx').then((m) => ({ default: m.TrashPage })))
const AuditPage = lazy(() => import('./audit/audit-page.tsx').then((m) => ({ default: m.AuditPage })))
const WholeAuditPage = lazy(() =>
  import('./audit/audit-page.tsx').then((m) => ({ default: m.WholeAuditPage })),
)
const SettingsPage = lazy(() =>
  import('./accounts/settings-page.tsx').then((m) => ({ default: m.SettingsPage })),
)
const ClientsPage = lazy(() => import('./clients/clients-page.tsx').then((m) => ({ default: m.ClientsPage })))
const ClientPage = lazy(() => import('./clients/client-page.tsx').then((m) => ({ default: m.ClientPage })))
const LoginPage = lazy(() => import('./accounts/login-page.tsx').then((m) => ({ default: m.LoginPage })))
const ForgotPasswordPage = lazy(() =>
  import('./accounts/forgot-password-page.tsx').then((m) => ({ default: m.ForgotPasswordPage })),
)
const ResetPasswordPage = lazy(() =>
  import('./accounts/reset-password-page.tsx').then((m) => ({ default: m.ResetPasswordPage })),
)
const SetupPage = lazy(() => import('./accounts/setup-page.tsx').then((m) => ({ default: m.SetupPage })))
const DeviceLoginPage = lazy(() =>
  import('./device-login/device-login-page.tsx').then((m) => ({ default: m.DeviceLoginPage })),
)
const NotFoundPage = lazy(() =>
  import('./shell/not-found-page.tsx').then((m) => ({ default: m.NotFoundPage })),
)

const ConfirmDialog = lazy(() =>
  import('./accounts/confirm-dialog.tsx').then((m) => ({ default: m.ConfirmDialog })),
)

function toEpisodes(): JSX.Element {
  return <Navigate href="/portal/episodes" />
}

/** Where these pages are in rerobots. */
function toTokens(): JSX.Element {
  return <Navigate href="/portal/tokens" />
}

function toSshKeys(): JSX.Element {
  return <Navigate href="/portal/ssh-keys" />
}

function preloadEpisode({ params, intent }: RoutePreloadFuncArgs): void {
  if (params.id && intent === 'preload') void queryClient.prefetchQuery(episodeQuery(params.id))
}

const ROUTES: RouteDefinition[] = [
  { path: '/', component: toEpisodes },
  { path: '/login', component: LoginPage },
  { path: '/forgot-password', component: ForgotPasswordPage },
  { path: '/reset-password', component: ResetPasswordPage },
  { path: '/setup', component: SetupPage },
  { path: '/cli/auth', component: DeviceLoginPage },
  { path: '/tokens', component: toTokens },
  { path: '/invitation', component: InvitationPage },
  { path: '/sshkeys', component: toSshKeys },
  {
    path: '/',
    component: Shell,
    children: [
      { path: '/portal', component: toEpisodes },
      { path: '/portal/episodes', component: EpisodesPage },
      { path: '/portal/episodes/:id', component: EpisodePage, preload: preloadEpisode },
      { path: '/portal/api-keys', component: ApiKeysPage },
      { path: '/portal/settings/api-keys', component: PersonalKeysPage },
      { path: '/portal/tokens', component: ApiTokensPage },
      { path: '/portal/members', component: MembersPage },
      { path: '/portal/organization', component: OrganizationPage },
      { path: '/portal/ssh-keys', component: SshKeysPage },
      { path: '/portal/devices', component: DevicesPage },
      { path: '/portal/devices/:device', component: DevicePage },
      { path: '/portal/trash', component: TrashPage },
      { path: '/portal/audit', component: AuditPage },
      { path: '/portal/settings', component: SettingsPage },
      { path: '/admin/clients', component: ClientsPage },
      { path: '/admin/clients/:id', component: ClientPage },
      { path: '/admin/audit', component: WholeAuditPage },
    ],
  },
  { path: '*', component: NotFoundPage },
]

/** The whole portal. */
export function Portal(): JSX.Element {
  return (
    <QueryClientProvider client={queryClient}>
      <Router root={(props) => <Frame>{props.children}</Frame>}>{ROUTES}</Router>
    </QueryClientProvider>
  )
}

function Frame(props: { children?: JSX.Element }): JSX.Element {
  return (
    <>
      <ErrorBoundary fallback={(error, reset) => <PageProblem error={error} retry={reset} />}>
        <Suspense>{props.children}</Suspense>
      </ErrorBoundary>
      {/* Its own fallback: while its file is on the way, the page below stays as it is. */}
      <Suspense>
        <Show when={openConfirmation()}>
          <ConfirmDialog />
        </Show>
      </Suspense>
      <ToastRegion />
    </>
  )
}
