import { queryOptions, useQuery } from '@tanstack/solid-query'
import { createSignal, For, type JSX, Match, Show, Switch } from 'solid-js'
import { api, fieldError, problemOf, type TerminalPolicy } from '../api.ts'
import { queryClient } from '../query-client.ts'
import { Button } from '../ui/button.tsx'
import { ChoiceField, LinesField, SwitchField } from '../ui/field.tsx'
import { lifetime } from '../ui/format.ts'
import { Section } from '../ui/page.tsx'
import { FormProblem } from '../ui/problem.tsx'
import { createSubmission } from '../ui/submission.ts'
import { toast } from '../ui/toast.tsx'
import css from './terminal-policy.module.css'

function policyQuery(organization_id: string) {
  return queryOptions({
    queryKey: ['terminal-policy', organization_id],
    queryFn: () => api.deviceLogin.policy.query({ organization_id }),
  })
}

/** How `robotrace login` may be used in an organization: told to everybody in it, set by those who run it. */
export function TerminalPolicyPanel(props: { organization_id: string; mayChange: boolean }): JSX.Element {
  const policy = useQuery(() => policyQuery(props.organization_id))
  return (
    <Section
      title="Terminals"
      id="terminals"
      note={
        <>
          What <code>robotrace login</code> may do here, from the next login on; keys that exist stay as they
          are.
        </>
      }
    >
      <Switch fallback={<div class={css.waiting} aria-busy="true" />}>
        <Match when={policy.isError && !policy.isSuccess}>
          <FormProblem error={policy.error} />
        </Match>
        <Match when={policy.isSuccess && policy.data}>
          {(found) => (
            <Show when={props.mayChange} fallback={<PolicyFacts policy={found()} />}>
              <PolicyForm organization_id={props.organization_id} policy={found()} />
            </Show>
          )}
        </Match>
      </Switch>
    </Section>
  )
}

function PolicyFacts(props: { policy: TerminalPolicy }): JSX.Element {
  return (
    <dl class={css.facts}>
      <dt>Logins</dt>
      <dd>{props.policy.allowed ? 'Allowed' : 'Not allowed'}</dd>
      <dt>Networks</dt>
      <dd>
        <For each={props.policy.networks} fallback="From anywhere">
          {(network) => <p class="mono">{network}</p>}
        </For>
      </dd>
      <dt>A login’s key works</dt>
      <dd>{lifetime(props.policy.key_days)}</dd>
      <dt>Password</dt>
      <dd>{props.policy.step_up ? 'Asked for at every login' : 'Asked for from another network'}</dd>
    </dl>
  )
}

/** What is filled in and not saved yet; what nobody touched follows the server. */
interface Draft {
  allowed?: boolean
  networks?: string
  key_days?: number | null
  step_up?: boolean
}

function createPolicyForm(props: { organization_id: string; policy: TerminalPolicy }) {
  const [draft, setDraft] = createSignal<Draft>({})
  const value = () => ({ ...props.policy, networks: props.policy.networks.join('\n'), ...draft() })
  const { error, busy, submit, forget } = createSubmission(async () => {
    const { allowed, networks, key_days, step_up } = value()
    const { organization_id } = props
    const saved = await api.deviceLogin.setPolicy.mutate({
      ...{ organization_id, allowed, key_days, step_up },
      networks: linesOf(networks),
    })
    queryClient.setQueryData(policyQuery(organization_id).queryKey, saved)
    setDraft({})
    toast({ title: 'Saved', detail: 'It holds from the next login on.' })
  })
  const change = (part: Draft): void => {
    forget()
    setDraft((before) => ({ ...before, ...part }))
  }
  return { value, change, error, busy, submit }
}

function PolicyForm(props: { organization_id: string; policy: TerminalPolicy }): JSX.Element {
  const { value, change, error, busy, submit } = createPolicyForm(props)
  return (
    <form class={css.form} aria-label="Terminals" onSubmit={submit}>
      <SwitchField
        label="Terminals may log in"
        hint="Switched off, keys are made on the page API keys only."
        on={value().allowed}
        onSwitch={(allowed) => change({ allowed })}
      />
      <SwitchField
        label="Ask for the password at every login"
        hint="A login from another network than the browser’s asks for it in any case."
        on={value().step_up}
        onSwitch={(step_up) => change({ step_up })}
      />
      <LinesField
        label="Networks terminals may log in from"
        placeholder="10.0.0.0/8"
        hint="One on each line: an address and its prefix length. Left empty, from anywhere."
        lines={value().networks}
        onText={(networks) => change({ networks })}
        error={networksError(error(), linesOf(value().networks))}
      />
      <ChoiceField
        label="A login’s key works"
        choices={lifetimes(value().key_days)}
        value={String(value().key_days ?? '')}
        onChoice={(days) => change({ key_days: days === '' ? null : Number(days) })}
        error={fieldError(error(), 'key_days')}
      />
      <FormProblem error={error()} except={['networks', 'key_days']} />
      <div>
        <Button type="submit" busy={busy()}>
          Save
        </Button>
      </div>
    </form>
  )
}

/** The usual lifetimes, and the present one where it was set to something else. */
function lifetimes(present: number | null) {
  const all = [null, 30, 90, 365]
  if (!all.includes(present)) all.push(present)
  return all.map((days) => ({ value: String(days ?? ''), words: lifetime(days) }))
}

function linesOf(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean)
}

/** The sentence about the networks, with the one it is about. */
function networksError(error: unknown, networks: string[]): string | undefined {
  if (!error) return undefined
  const wrong = problemOf(error).errors?.find(({ path }) => /^networks(\.|$)/.test(path))
  const network = wrong && networks[Number(wrong.path.split('.')[1])]
  return network ? `${network}: ${wrong.message}` : wrong?.message
}
