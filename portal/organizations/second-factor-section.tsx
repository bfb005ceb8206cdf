import { useQuery } from '@tanstack/solid-query'
import { createSignal, For, type JSX, Match, Show, Switch } from 'solid-js'
import { useSession } from '../accounts/session.tsx'
import { api, type SecondFactorPolicy } from '../api.ts'
import { AskDialog } from '../ui/ask-dialog.tsx'
import { Badge } from '../ui/badge.tsx'
import { Button, LinkButton } from '../ui/button.tsx'
import { Section } from '../ui/page.tsx'
import { FormProblem } from '../ui/problem.tsx'
import { Time } from '../ui/time.tsx'
import { toast } from '../ui/toast.tsx'
import css from './organization.module.css'
import { maySet, refreshOrganization, type SettingsOf, secondFactorQuery } from './organization-queries.ts'

/** Whether people need more than a password here: who has no second factor is named before and after. */
export function SecondFactorSection(props: SettingsOf): JSX.Element {
  const policy = useQuery(() => secondFactorQuery(props.organization.id))
  return (
    <Section
      title="Second factor"
      id="second-factor"
      note="While it is required, people without an authenticator or a passkey can do nothing here: in the browser, with an access or API token, or with an rbtk_ key. The organization’s rt_ keys go on, so no robot stops."
    >
      <Switch fallback={<div class={css.waitingLine} aria-busy="true" />}>
        <Match when={policy.isError && !policy.isSuccess}>
          <FormProblem error={policy.error} />
        </Match>
        <Match when={policy.isSuccess && policy.data}>
          {(found) => <Policy {...props} policy={found()} />}
        </Match>
      </Switch>
    </Section>
  )
}

function Policy(props: SettingsOf & { policy: SecondFactorPolicy }): JSX.Element {
  const session = useSession()
  const [asking, setAsking] = createSignal(false)
  const required = () => props.policy.required_since !== null
  const set = async (next: boolean): Promise<void> => {
    const { id: organization_id } = props.organization
    await api.organization.setSecondFactor.mutate({ organization_id, required: next })
    await refreshOrganization(organization_id)
    toast({
      title: next ? 'A second factor is required' : 'A second factor is no longer required',
      detail: 'It holds from the next request on.',
    })
  }
  return (
    <div class={css.policy}>
      <p class={css.state}>
        <Show when={props.policy.required_since} fallback={<span>Not required</span>}>
          {(since) => (
            <>
              <Badge tone="ready">Required</Badge> since <Time at={since()} />
            </>
          )}
        </Show>
      </p>
      <Without policy={props.policy} />
      <Show when={maySet(props)}>
        <Show
          when={props.policy.own || required()}
          fallback={
            <div class={css.lead}>
              <p>You have none yourself: requiring one would lock you out.</p>
              <LinkButton href={session.href('/portal/settings#second-factor')}>
                Set up yours first
              </LinkButton>
            </div>
          }
        >
          <div>
            <Button variant={required() ? 'danger' : 'secondary'} onClick={() => setAsking(true)}>
              {required() ? 'Stop requiring it' : 'Require a second factor'}
            </Button>
          </div>
        </Show>
        <AskDialog
          open={asking()}
          close={() => setAsking(false)}
          title={required() ? 'Stop requiring a second factor?' : 'Require a second factor?'}
          verb={required() ? 'Stop requiring it' : 'Require it'}
          description={
            required()
              ? 'A password alone lets people in here again, from their next request on.'
              : lockedOut(props.policy)
          }
          act={() => set(!required())}
        >
          <Show when={!required()}>
            <Names policy={props.policy} />
          </Show>
        </AskDialog>
      </Show>
    </div>
  )
}

function lockedOut({ without }: SecondFactorPolicy): string {
  const n = without?.length ?? 0
  if (n === 0) return 'Everybody here has a second factor: nobody is locked out.'
  const people = n === 1 ? '1 person has' : `${n} people have`
  return `${people} no second factor, and can do nothing here from their next request on, until they set one up. They are told so in the portal and led there.`
}

function Without(props: { policy: SecondFactorPolicy }): JSX.Element {
  const n = () => props.policy.without?.length ?? 0
  return (
    <Show when={n() > 0}>
      <p>
        {n() === 1 ? '1 person has none' : `${n()} people have none`}
        {props.policy.required_since === null ? ':' : ', and can do nothing here until they set one up:'}
      </p>
      <Names policy={props.policy} />
    </Show>
  )
}

const SHOWN = 12

function Names(props: { policy: SecondFactorPolicy }): JSX.Element {
  const people = () => props.policy.without ?? []
  return (
    <Show when={people().length > 0}>
      <ul class={css.names}>
        <For each={people().slice(0, SHOWN)}>
          {(one) => (
            <li>
              <bdi>{one.name}</bdi> <span class={css.dim}>{one.email}</span>
            </li>
          )}
        </For>
        <Show when={people().length > SHOWN}>
          <li class={css.dim}>and {people().length - SHOWN} more</li>
        </Show>
      </ul>
    </Show>
  )
}
