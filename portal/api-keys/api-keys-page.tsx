import { A } from '@solidjs/router'
import { type JSX, Show } from 'solid-js'
import { useSession } from '../accounts/session.tsx'
import { NoOrganization } from '../shell/no-organization.tsx'
import { PageHead, useTitle } from '../ui/page.tsx'
import css from './api-key-panel.module.css'
import { ApiKeyPanel, NewApiKey } from './api-key-panel.tsx'

/** `/portal/api-keys`: which keys are live, who made them, when each was used last. */
export function ApiKeysPage(): JSX.Element {
  const session = useSession()
  useTitle(() => 'API keys')
  return (
    <Show when={session.organization()} fallback={<NoOrganization />} keyed>
      {(organization) => {
        const role = () => (session.me().account.staff ? 'admin' : organization.role)
        return (
          <>
            <PageHead
              title="API keys"
              note="A key logs and reads the episodes of this organization. Give every robot its own, so that revoking one stops one."
            >
              <Show when={role() !== 'viewer'}>
                <NewApiKey organization_id={organization.id} ownRole={role()} />
              </Show>
            </PageHead>
            <ApiKeyPanel organization_id={organization.id} ownRole={role()} />
            <p class={css.policies}>
              What the organization asks of its keys, and how terminals may log in, stands on the page{' '}
              <A href={session.href('/portal/organization#key-policy')}>Organization</A>. What a key can be
              sent to stands in the{' '}
              <a href="/docs/api" rel="external">
                API reference
              </a>
              .
            </p>
          </>
        )
      }}
    </Show>
  )
}
