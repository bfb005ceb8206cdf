import { useParams } from '@solidjs/router'
import { useQuery } from '@tanstack/solid-query'
import { For, type JSX, Match, Switch } from 'solid-js'
import { type ClientDetail, problemOf } from '../api.ts'
import { ApiKeyPanel, NewApiKey } from '../api-keys/api-key-panel.tsx'
import { roleName } from '../organizations/member-queries.ts'
import { OrganizationSections } from '../organizations/organization-sections.tsx'
import { LinkButton } from '../ui/button.tsx'
import { CopyButton } from '../ui/copy-button.tsx'
import { EmptyState } from '../ui/empty-state.tsx'
import { BackLink, PageHead, Section, useTitle } from '../ui/page.tsx'
import { PageProblem } from '../ui/problem.tsx'
import table from '../ui/table.module.css'
import { TableFrame } from '../ui/table.tsx'
import { Time } from '../ui/time.tsx'
import { clientQuery } from './client-queries.ts'
import css from './clients.module.css'
import { ResetLink } from './reset-link.tsx'
import { StaffOnly } from './staff-only.tsx'

/** `/admin/clients/:id`: one organization, as staff sees it. */
export function ClientPage(): JSX.Element {
  return (
    <StaffOnly>
      <Client />
    </StaffOnly>
  )
}

function Client(): JSX.Element {
  const params = useParams<{ id: string }>()
  const client = useQuery(() => clientQuery(params.id))
  useTitle(() => (client.isSuccess ? client.data.name : 'Client'))
  return (
    <Switch fallback={<div aria-busy="true" />}>
      <Match when={client.isError && problemOf(client.error).code === 'not_found'}>
        <EmptyState page title="There is no such client">
          <LinkButton href="/admin/clients">All clients</LinkButton>
        </EmptyState>
      </Match>
      <Match when={client.isError}>
        <PageProblem error={client.error} retry={() => client.refetch()} />
      </Match>
      <Match when={client.isSuccess && client.data}>{(found) => <ClientParts client={found()} />}</Match>
    </Switch>
  )
}

function ClientParts(props: { client: ClientDetail }): JSX.Element {
  return (
    <>
      <BackLink href="/admin/clients">Clients</BackLink>
      <PageHead
        title={props.client.name}
        note={
          <span class={css.facts}>
            <span>
              Client id&nbsp;<code>{props.client.id}</code>{' '}
              <CopyButton text={props.client.id} what="client id" />
            </span>
            <span>
              Slug&nbsp;<code>{props.client.slug}</code>
            </span>
            <span>
              Created&nbsp;
              <Time at={props.client.created_at} />
            </span>
          </span>
        }
      />
      <Section
        title="API access"
        note="Keys belong to this client alone. A revoked key stays in the list for the record."
        actions={<NewApiKey organization_id={props.client.id} ownRole="admin" />}
      >
        <ApiKeyPanel organization_id={props.client.id} ownRole="admin" />
      </Section>
      <OrganizationSections
        organization={props.client}
        own="owner"
        staff
        people={<Members client={props.client} />}
      />
    </>
  )
}

function Members(props: { client: ClientDetail }): JSX.Element {
  return (
    <Section title="Members" id="members">
      <TableFrame label="Members table">
        <table class={`${table.table} ${table.cards}`} role="table">
          <thead>
            <tr>
              <For each={['Name', 'E-mail', 'Role', 'Joined']}>{(name) => <th>{name}</th>}</For>
              <th class={table.end}>
                <span class="visually-hidden">Actions</span>
              </th>
            </tr>
          </thead>
          <tbody>
            <For each={props.client.members}>
              {(member) => (
                <tr role="row">
                  <td role="cell">
                    <bdi>{member.name}</bdi>
                  </td>
                  <td role="cell">{member.email}</td>
                  <td role="cell">{roleName(member.role)}</td>
                  <td role="cell" data-label="Joined">
                    <Time at={member.created_at} />
                  </td>
                  <td role="cell" class={table.end}>
                    <ResetLink member={member} />
                  </td>
                </tr>
              )}
            </For>
          </tbody>
        </table>
      </TableFrame>
    </Section>
  )
}
