import { queryOptions, useQuery } from '@tanstack/solid-query'
import { For, type JSX, Match, Show, Switch } from 'solid-js'
import { api, type Consequences } from '../api.ts'
import { scopeWords } from '../device-login/scope-words.ts'
import { count } from '../ui/format.ts'
import { FormProblem } from '../ui/problem.tsx'
import { Time } from '../ui/time.tsx'
import css from './consequences.module.css'
import type { Role } from './member-queries.ts'

/** Asked anew each time: what it tells is what will happen now. */
export function consequencesQuery(named: { organization_id: string; account_id: string; role: Role | null }) {
  return queryOptions({
    queryKey: ['consequences', named.organization_id, named.account_id, named.role],
    queryFn: () => api.members.consequences.query(named),
    staleTime: 0,
    gcTime: 0,
  })
}

/** What stops, what is narrowed and what goes on, by name, before it is done. */
export function ConsequencesView(props: {
  organization_id: string
  account_id: string
  /** Null: removed. */
  to: Role | null
}): JSX.Element {
  const found = useQuery(() =>
    consequencesQuery({
      organization_id: props.organization_id,
      account_id: props.account_id,
      role: props.to,
    }),
  )
  return (
    <Switch fallback={<div class={css.waiting} aria-busy="true" />}>
      <Match when={found.isError}>
        <FormProblem error={found.error} />
      </Match>
      <Match when={found.isSuccess && found.data}>{(of) => <Found of={of()} />}</Match>
    </Switch>
  )
}

function Found(props: { of: Consequences }): JSX.Element {
  const removal = () => props.of.to === null
  return (
    <div class={css.all} data-consequences>
      <Show when={props.of.staff}>
        <p class={css.attention}>
          Administrator of this server: may do everything here all the same, with this role or none.
        </p>
      </Show>
      <Show when={!removal() && props.of.loses.length === 0}>
        <p class={css.none}>Nothing stops working.</p>
      </Show>
      <Show when={!removal() && props.of.loses.length > 0}>
        <Part title="Can then no longer">
          <For each={scopeWords(props.of.loses)}>{(words) => <li>{words}</li>}</For>
        </Part>
      </Show>
      <Ends of={props.of} removal={removal()} />
      <Narrowed of={props.of} removal={removal()} />
      <Show when={props.of.service_keys.length > 0}>
        <Part title="Goes on working" note="Keys of the organization, made by this person.">
          <For each={props.of.service_keys}>{(key) => <KeyItem of={key} />}</For>
        </Part>
      </Show>
    </div>
  )
}

/** What ends for good. */
function Ends(props: { of: Consequences; removal: boolean }): JSX.Element {
  const keys = () => (props.removal ? props.of.api_keys : [])
  const logins = () => (props.removal ? props.of.ssh_keys : [])
  const any = () => keys().length + logins().length + props.of.invitations.length > 0
  return (
    <Show when={any()}>
      <Part title="Stops at once, for good" danger>
        <For each={keys()}>{(key) => <KeyItem of={key} />}</For>
        <For each={logins()}>{(key) => <LoginItem of={key} />}</For>
        <For each={props.of.invitations}>
          {(one) => (
            <li>
              Invitation of <b>{one.email}</b> as {one.role}
            </li>
          )}
        </For>
      </Part>
    </Show>
  )
}

/** What lives on with fewer rights, or in other organizations only. */
function Narrowed(props: { of: Consequences; removal: boolean }): JSX.Element {
  const keys = () => [...(props.removal ? [] : props.of.api_keys), ...props.of.personal_keys]
  const logins = () => (props.removal ? [] : props.of.ssh_keys)
  const any = () => keys().length + logins().length + props.of.api_tokens.length + props.of.session_count > 0
  return (
    <Show when={any()}>
      <Part title={props.removal ? 'Loses access here at once' : 'Narrowed at once'} danger>
        <For each={keys()}>{(key) => <KeyItem of={key} />}</For>
        <For each={logins()}>{(key) => <LoginItem of={key} />}</For>
        <For each={props.of.api_tokens}>
          {(token) => (
            <li>
              API token made <Time at={token.created_at} />
            </li>
          )}
        </For>
        <Show when={props.of.session_count > 0}>
          <li>{count(props.of.session_count, 'open session')}</li>
        </Show>
      </Part>
    </Show>
  )
}

function KeyItem(props: { of: Consequences['service_keys'][number] }): JSX.Element {
  return (
    <li>
      API key <b>{props.of.label}</b> <code>{props.of.prefix}</code>{' '}
      <span class={css.used}>
        <Show when={props.of.last_used_at} fallback="never used">
          {(at) => (
            <>
              used <Time at={at()} />
            </>
          )}
        </Show>
      </span>
    </li>
  )
}

function LoginItem(props: { of: Consequences['ssh_keys'][number] }): JSX.Element {
  return (
    <li>
      SSH key <b>{props.of.name}</b> on {props.of.devices.join(', ')}
    </li>
  )
}

function Part(props: { title: string; note?: string; danger?: boolean; children: JSX.Element }): JSX.Element {
  return (
    <section class={css.part} data-danger={props.danger || undefined}>
      <h3>{props.title}</h3>
      <Show when={props.note}>
        <p class={css.note}>{props.note}</p>
      </Show>
      <ul>{props.children}</ul>
    </section>
  )
}
