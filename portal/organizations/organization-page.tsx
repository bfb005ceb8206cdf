import { useLocation } from '@solidjs/router'
import { createEffect, For, type JSX, on, Show } from 'solid-js'
import { useSession } from '../accounts/session.tsx'
import { NoOrganization } from '../shell/no-organization.tsx'
import { PageHead, useTitle } from '../ui/page.tsx'
import css from './organization.module.css'
import { OrganizationSections, SECTIONS } from './organization-sections.tsx'
import { PeopleSection } from './people-section.tsx'

/** `/portal/organization`: its name and projects, its people, and what it asks of them and of its keys. */
export function OrganizationPage(): JSX.Element {
  const session = useSession()
  useTitle(() => 'Organization')
  return (
    <Show when={session.organization()} fallback={<NoOrganization />}>
      {(organization) => (
        <>
          <PageHead
            title="Organization"
            note={<>Everybody in {organization().name} can see this page; admins and owners change it.</>}
          />
          <Anchors />
          <Show when={organization().id} keyed>
            <OrganizationSections
              organization={organization()}
              own={session.me().account.staff ? 'owner' : organization().role}
              staff={session.me().account.staff}
              people={<PeopleSection organization_id={organization().id} />}
            />
          </Show>
        </>
      )}
    </Show>
  )
}

/** The way to a section of a long page; it stands in the address, so it can be sent to somebody. */
function Anchors(): JSX.Element {
  const location = useLocation()
  // What is asked for comes a moment after the address does.
  createEffect(
    on(
      () => location.hash,
      (hash) => hash && setTimeout(() => document.getElementById(hash.slice(1))?.scrollIntoView(), 100),
    ),
  )
  return (
    <nav class={css.anchors} aria-label="Sections">
      <For each={SECTIONS}>
        {(one) => (
          <a
            href={`${location.pathname}${location.search}#${one.id}`}
            class={css.anchor}
            aria-current={location.hash === `#${one.id}` ? 'location' : undefined}
          >
            {one.label}
          </a>
        )}
      </For>
    </nav>
  )
}
