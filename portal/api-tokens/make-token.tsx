import { createSignal, type JSX, Show } from 'solid-js'
import { api, fieldError } from '../api.ts'
import { queryClient } from '../query-client.ts'
import { Button } from '../ui/button.tsx'
import { ChoiceField, Field } from '../ui/field.tsx'
import { FormProblem } from '../ui/problem.tsx'
import { createSubmission } from '../ui/submission.ts'
import css from './api-tokens.module.css'

const LIVES = [
  { value: '1h', words: '1 hour' },
  { value: '24h', words: '24 hours' },
  { value: '7d', words: '7 days' },
  { value: '30d', words: '30 days' },
  { value: '90d', words: '90 days' },
  { value: 'custom', words: 'Another number of days…' },
] as const

type Life = (typeof LIVES)[number]['value']

/** The control panel at the bottom: how long, and the button. */
export function MakeToken(props: { onMade: (id: string) => void }): JSX.Element {
  const [life, setLife] = createSignal<Life>('24h')
  const [days, setDays] = createSignal('365')
  const { error, busy, submit, forget } = createSubmission(async () => {
    const chosen = life()
    const wanted = chosen === 'custom' ? Math.round(Number(days()) * 86_400) : chosen
    const { id } = await api.apiTokens.make.mutate({ life: wanted })
    await queryClient.invalidateQueries({ queryKey: ['api-tokens'] })
    props.onMade(id)
  })
  const choose = (value: string): void => {
    forget()
    setLife(LIVES.find((one) => one.value === value)?.value ?? '24h')
  }
  return (
    <form class={css.make} aria-label="Make an API token" onSubmit={submit}>
      <div class={css.fields}>
        <ChoiceField label="Validity" choices={[...LIVES]} value={life()} onChoice={choose} />
        <Show when={life() === 'custom'}>
          <Field
            label="Days"
            type="number"
            min={1}
            max={365}
            step={1}
            required
            value={days()}
            onText={(text) => {
              forget()
              setDays(text)
            }}
          />
        </Show>
        <Button type="submit" variant="primary" busy={busy()}>
          make API token
        </Button>
      </div>
      <Show when={fieldError(error(), 'life')} fallback={<FormProblem error={error()} />}>
        <p class={css.wrong} role="alert">
          A token lives from one hour to 365 days.
        </p>
      </Show>
    </form>
  )
}
