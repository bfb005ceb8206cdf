import { useQuery } from '@tanstack/solid-query'
import { createSignal, type JSX, Match, Show, Switch } from 'solid-js'
import { api, fieldError, type KeyPolicy } from '../api.ts'
import { queryClient } from '../query-client.ts'
import { Button } from '../ui/button.tsx'
import { ChoiceField, Field } from '../ui/field.tsx'
import { lifetime, number } from '../ui/format.ts'
import { Section } from '../ui/page.tsx'
import { FormProblem } from '../ui/problem.tsx'
import { createSubmission } from '../ui/submission.ts'
import { toast } from '../ui/toast.tsx'
import { keyPolicyQuery } from './key-facts.ts'
import css from './terminal-policy.module.css'

/** What the organization asks of its keys: told to everybody in it, set by those who run it; the rate by staff. */
export function KeyPolicyPanel(props: {
  organization_id: string
  mayChange: boolean
  staff?: boolean
}): JSX.Element {
  const policy = useQuery(() => keyPolicyQuery(props.organization_id))
  return (
    <Section title="Keys" id="key-policy" note="What the organization asks of all its keys.">
      <Switch fallback={<div aria-busy="true" />}>
        <Match when={policy.isError && !policy.isSuccess}>
          <FormProblem error={policy.error} />
        </Match>
        <Match when={policy.isSuccess && policy.data}>
          {(found) => (
            <Show when={props.mayChange} fallback={<PolicyFacts policy={found()} />}>
              <PolicyForm
                organization_id={props.organization_id}
                policy={found()}
                staff={props.staff ?? false}
              />
            </Show>
          )}
        </Match>
      </Switch>
    </Section>
  )
}

/** What each key of the organization may ask; staff of the server set it. */
function rateWords({ rate_limit }: KeyPolicy): string {
  return rate_limit === null ? 'The server’s default for each key' : `${number(rate_limit)} for each key`
}

const LEAKED = {
  revoke: 'The key is revoked at once',
  notify: 'Its owner is told, the key goes on working',
} as const

function PolicyFacts(props: { policy: KeyPolicy }): JSX.Element {
  return (
    <dl class={css.facts}>
      <dt>A new key works</dt>
      <dd>{lifetime(props.policy.key_days_max)}</dd>
      <dt>Found in public</dt>
      <dd>{LEAKED[props.policy.leaked_keys]}</dd>
      <dt>Requests a minute</dt>
      <dd>{rateWords(props.policy)}</dd>
    </dl>
  )
}

interface Draft {
  days?: string
  leaked_keys?: 'revoke' | 'notify'
  rate?: string
}

function createPolicyForm(props: { organization_id: string; policy: KeyPolicy; staff: boolean }) {
  const [draft, setDraft] = createSignal<Draft>({})
  const value = () => ({
    days: String(props.policy.key_days_max ?? ''),
    leaked_keys: props.policy.leaked_keys,
    rate: String(props.policy.rate_limit ?? ''),
    ...draft(),
  })
  const { error, busy, submit, forget } = createSubmission(async () => {
    const { organization_id } = props
    const { days, leaked_keys, rate } = value()
    await api.keyPolicy.set.mutate({ organization_id, key_days_max: numberOf(days), leaked_keys })
    if (props.staff) await api.keyPolicy.setRateLimit.mutate({ organization_id, rate_limit: numberOf(rate) })
    await queryClient.invalidateQueries({ queryKey: ['key-policy', organization_id] })
    setDraft({})
    toast({ title: 'Saved' })
  })
  const change = (part: Draft): void => {
    forget()
    setDraft((before) => ({ ...before, ...part }))
  }
  return { value, change, error, busy, submit }
}

function PolicyForm(props: { organization_id: string; policy: KeyPolicy; staff: boolean }): JSX.Element {
  const { value, change, error, busy, submit } = createPolicyForm(props)
  return (
    <form class={css.form} aria-label="Key policy" onSubmit={submit}>
      <Field
        label="Longest life of a new key, days"
        type="number"
        min={1}
        max={3650}
        inputMode="numeric"
        placeholder="Until it is revoked"
        hint="Left empty, a key may live until it is revoked. Keys that exist stay as they are."
        value={value().days}
        onText={(days) => change({ days })}
        error={fieldError(error(), 'key_days_max') ?? ''}
      />
      <ChoiceField
        label="When a key is found in public"
        choices={[
          { value: 'revoke', words: LEAKED.revoke },
          { value: 'notify', words: LEAKED.notify },
        ]}
        hint="What an alert of a secret scanner does. Personal rbtk_ keys are always revoked."
        value={value().leaked_keys}
        onChoice={(choice) => change({ leaked_keys: choice === 'notify' ? 'notify' : 'revoke' })}
      />
      <Show
        when={props.staff}
        fallback={
          <p class={css.told}>
            Requests a minute: {rateWords(props.policy)}. Administrators of this server set it.
          </p>
        }
      >
        <Field
          label="Requests a minute for each key"
          type="number"
          min={1}
          inputMode="numeric"
          placeholder="The server’s default"
          hint="Counts from the next request on, for keys that exist as well."
          value={value().rate}
          onText={(rate) => change({ rate })}
          error={fieldError(error(), 'rate_limit') ?? ''}
        />
      </Show>
      <FormProblem error={error()} except={['key_days_max', 'rate_limit']} />
      <div>
        <Button type="submit" busy={busy()}>
          Save
        </Button>
      </div>
    </form>
  )
}

function numberOf(text: string): number | null {
  return text.trim() === '' ? null : Number(text)
}
